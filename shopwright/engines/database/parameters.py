"""Converting `:name` parameters to numbered ones."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any

PARAMETER = re.compile(r"'(?:[^']|'')*'|(?<![:\w]):([a-z_]\w*)")


@lru_cache(maxsize=2048)
def positional(sql: str, sign: str = "$") -> tuple[str, tuple[str, ...]]:
    """SQL with `$1, $2 …` (or another sign) for `:name`, and the names in order."""
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return match.group(0)
        return f"{sign}{numbers.setdefault(name, len(numbers) + 1)}"

    text = PARAMETER.sub(number, sql)
    return text, tuple(numbers)


def in_order(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """A function that turns a mapping into a tuple in this order."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: tuple(row[name] for name in names)
