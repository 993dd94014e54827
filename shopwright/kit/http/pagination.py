"""Pages of a list: `?limit=24&after=CURSOR` → `{"items": […], "next": CURSOR or null}`."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import Parameter

from shopwright.kit.ids import ALPHABET, LENGTH
from shopwright.kit.translation import gettext_noop

T = TypeVar("T")
Limit = Annotated[int, Parameter(ge=1, le=100, description="maximum number of items")]
NO_CURSOR = gettext_noop("This is not a valid cursor; use `next` of the previous response.")
CURSOR = "`next` of the previous page"
# Cursors of counted lists, and opaque ones that are checked by the service that made them.
AfterNumber = Annotated[str, Parameter(pattern=r"^([0-9]{1,15})?$", description=CURSOR)]
AfterPlace = Annotated[str, Parameter(max_length=200, description=CURSOR)]


def after_id(prefix: str) -> Any:
    """The parameter type of a cursor that is an id with this prefix."""
    return Parameter(pattern=rf"^({prefix}_[{ALPHABET}]{{{LENGTH}}})?$", description=CURSOR)


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page, and the cursor of the next one (null at the end)."""

    items: list[T]
    next: str | None


def page(found: Sequence[T], limit: int, cursor: Callable[[T], str]) -> Page[T]:
    """A page from `limit + 1` found items."""
    items = list(found[:limit])
    return Page(items, cursor(items[-1]) if len(found) > limit else None)
