"""The events of search."""

from typing import ClassVar

from shopwright.kit.data.events import Event


class SearchesMade(Event, frozen=True, kw_only=True):
    """How often each text was searched since the last such event, by anyone."""

    SUBJECT: ClassVar[str] = "day"
    day: str
    counts: dict[str, int]
