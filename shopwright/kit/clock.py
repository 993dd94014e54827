"""Time from an injected clock, always UTC. Databases store whole microseconds since 1970."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """The port to time."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float:
        """Seconds since some moment in the past, unaffected by changes of the time of day."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class HandClock:
    """A clock moved by hand, for tests and simulations."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._passed = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._passed

    def move(self, **by: float) -> None:
        """Let time pass: `clock.move(minutes=31)`."""
        self._now += timedelta(**by)
        self._passed += timedelta(**by).total_seconds()

    def set_wrong(self, **by: float) -> None:
        """Shift the time of day forwards or (negative) back, while no time passes."""
        self._now += timedelta(**by)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The moment this many microseconds after 1970, in UTC."""
    return EPOCH + timedelta(microseconds=micros)
