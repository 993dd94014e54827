"""Time comes from an injected clock, always UTC. Databases keep it as whole microseconds since 1970."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Whoever needs to know the time asks one of these."""

    def now(self) -> datetime: ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class HandClock:
    """A clock that stands still until it is moved by hand: for tests and simulations."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def move(self, **by: float) -> None:
        """Move forward: `clock.move(minutes=31)`."""
        self._now += timedelta(**by)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The moment `micros` microseconds after 1970, in UTC."""
    return EPOCH + timedelta(microseconds=micros)
