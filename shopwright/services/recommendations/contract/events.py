"""The events of recommendations."""

from typing import ClassVar

from shopwright.kit.data.events import Event


class ProductsViewed(Event, frozen=True, kw_only=True):
    """Page views by product since the last such event, by anyone."""

    SUBJECT: ClassVar[str] = "day"
    day: str
    counts: dict[str, int]
