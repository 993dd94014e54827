"""Strict requests: values must have the documented types ("1" is no number) and lengths."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.exceptions import ClientException, ValidationException

from shopwright.kit.bounds import BY_NAME, LINE, TextLimit, bounds_of, faults, wrong_with
from shopwright.kit.errors import Invalid, Problem

MOST_NAMED = 20
FILLED_IN = "filled_in"


class StrictRequest(Request[Any, Any, Any]):
    """Decodes bodies into the route's type without coercion, within its limits."""

    async def json(self) -> Any:
        field = self.route_handler.parsed_data_field
        wanted = field.annotation if field is not None else Any
        try:
            value = msgspec.json.decode(await self.body() or b"null", type=wanted)
        except msgspec.ValidationError as error:
            raise ValidationException(str(error)) from None
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise ClientException(f"JSON is malformed: {error}") from None
        refuse_faults(faults(value, wanted))
        return value

    async def form(self) -> FormMultiDict:
        form = await super().form()
        filled_in = self.route_handler.opt.get(FILLED_IN)
        bounds = {**BY_NAME, **bounds_of(filled_in)} if filled_in else BY_NAME
        refuse_faults(named_faults(form.multi_items(), bounds))
        return form


def filling_in(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Route option: the form fills in fields of this struct and gets their bounds."""
    return {FILLED_IN: kind}


def named_faults(pairs: Iterable[tuple[str, Any]], bounds: Mapping[str, TextLimit]) -> Iterator[Problem]:
    """Faults of untyped named fields. Browsers end lines with two characters."""
    for name, value in pairs:
        if isinstance(value, str):
            bound = bounds.get(name, LINE)
            shown, typed = name[:60], value.replace("\r\n", "\n") if bound.lines else value
            if problem := wrong_with(name, LINE, shown) or wrong_with(typed, bound, shown):
                yield Problem(f"/{shown}", "invalid", problem)


def refuse_faults(found: Any) -> None:
    """Raise Invalid naming the first faults."""
    problems = tuple(one for one, _ in zip(found, range(MOST_NAMED), strict=False))
    if problems:
        raise Invalid(" ".join(one.detail for one in problems), problems=problems)
