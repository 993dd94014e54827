"""Time comes from an injected clock, always UTC. Databases keep it as whole microseconds since 1970."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Whoever needs to know the time asks one of these."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float:
        """Seconds since some moment in the past; it only goes forward, whatever is done to the time of day."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class HandClock:
    """A clock that stands still until it is moved by hand: for tests and simulations."""

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
        """The time of day jumps, forwards or (negative) back, while no time passes."""
        self._now += timedelta(**by)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The moment `micros` microseconds after 1970, in UTC."""
    return EPOCH + timedelta(microseconds=micros)
