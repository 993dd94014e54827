"""Rows with a period of validity: a row that has applied is never changed. Pure functions.

Rows of one key follow each other without overlap: a new row ends the one that applies when it begins. Only the end of a
row is ever written, and only to now or a later moment.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from shopwright.kit.clock import EPOCH
from shopwright.kit.days import aware, day_of, write_start
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _


def period_of(
    valid_from: datetime | None, valid_to: datetime | None, now: datetime, zone: ZoneInfo
) -> tuple[datetime, datetime | None]:
    """Return the period of a new row; today means now. Raises Invalid for the past."""
    start, end = aware(valid_from, zone, "/valid_from"), aware(valid_to, zone, "/valid_to")
    if start is None or (start < now and day_of(start, zone) == day_of(now, zone)):
        start = now
    if start < now:
        raise Invalid.at(
            "/valid_from", _("What already applied is not changed: it starts now (leave it out) or in the future.")
        )
    return start, end


class DatedRow(Protocol):
    """A row with a period; `valid_to` is the first moment it does not apply."""

    @property
    def id(self) -> str: ...

    @property
    def valid_from(self) -> datetime | None: ...

    @property
    def valid_to(self) -> datetime | None: ...


D = TypeVar("D", bound=DatedRow)


class DatedChange(msgspec.Struct, Generic[D], frozen=True, kw_only=True):
    """The writes for a new row: its end (`until`), and the row that gets a new end (`ended`, `end`).

    `after`: the row that continues behind a temporary one.
    """

    until: datetime | None
    ended: D | None = None
    end: datetime | None = None
    after: D | None = None


def lasting(rows: Sequence[D]) -> list[D]:
    """Return the rows that apply at any moment, oldest first."""
    return sorted((one for one in rows if one.valid_to is None or one.valid_to > start_of(one)), key=start_of)


def start_of(one: DatedRow) -> datetime:
    """The start of a row's period."""
    return one.valid_from or EPOCH


def covering(rows: Sequence[D], at: datetime) -> D | None:
    """Return the row that applies at this moment."""
    return next((one for one in rows if start_of(one) <= at and (one.valid_to is None or at < one.valid_to)), None)


def put(rows: Sequence[D], start: datetime, end: datetime | None, zone: ZoneInfo) -> DatedChange[D]:
    """Return the writes for a new row that applies from `start`. Raises Invalid if others prevent it."""
    if end is not None and end <= start:
        raise Invalid.at("/valid_to", _("It ends after it begins; write a later end, or leave it out."))
    every = lasting(rows)
    now = covering(every, start)
    following = next((one for one in every if start_of(one) > start), None)
    free = now.valid_to if now else None if following is None else start_of(following)
    if end is not None and free is not None and end > free:
        raise Invalid.at(
            "/valid_to",
            _(
                "Another one applies from {free}; end that first, or enter an earlier end.",
                free=write_start(free, zone),
            ),
        )
    rest = now if now is not None and end is not None and end != free else None
    return DatedChange(until=free if end is None else end, ended=now, end=start if now else None, after=rest)


def withdraw(rows: Sequence[D], one: DatedRow) -> D | None:
    """Return the row that continues if the future row `one` is withdrawn."""
    return next((other for other in lasting(rows) if other.id != one.id and other.valid_to == one.valid_from), None)
