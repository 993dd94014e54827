"""Pages of a list: `?limit=24&after=CURSOR` → `{"items": […], "next": CURSOR or null}`."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.params import Parameter

T = TypeVar("T")
Limit = Annotated[int, Parameter(ge=1, le=100, description="how many at most")]
After = Annotated[str, Parameter(max_length=200, description="`next` of the page before")]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page, and the cursor of the next one (null at the end)."""

    items: list[T]
    next: str | None


def page(found: Sequence[T], limit: int, cursor: Callable[[T], str]) -> Page[T]:
    """A page from `limit + 1` things that were asked for."""
    items = list(found[:limit])
    return Page(items, cursor(items[-1]) if len(found) > limit else None)
