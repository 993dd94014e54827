"""Values inside JSON, changed one at a time."""

from typing import Any

Path = tuple[str | int, ...]


def plus_one(value: Any, path: Path) -> Any:
    """The value, with one added at the end of the path."""
    first, *rest = path
    value[first] = plus_one(value[first], tuple(rest)) if rest else value[first] + 1
    return value
