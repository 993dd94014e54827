"""Detection of clock jumps, and repair of times set by a wrong clock.

Retries are stored with their time. A clock that was ahead for seconds leaves such times far in the future; each kind
has a maximum, beyond which it is due at once.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import msgspec

from shopwright.kit.clock import Clock, to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.ids import Ids
from shopwright.kit.translation import gettext as _

log = logging.getLogger("shopwright.clock")
LOOKED_EVERY_S = 1.0
# A correction up to this is no jump; clocks of several machines differ by less.
JUMP_S = 2.0
REPORTED_FOR_S = 3600.0
LATEST = 100
SECOND = 1_000_000


class ClockWatch:
    """Compares time of day and monotonic clock. `jumped` gets the difference in seconds."""

    def __init__(self, clock: Clock, jumped: Callable[[float], None]) -> None:
        self._clock = clock
        self._jumped = jumped
        self._before = (clock.now(), clock.monotonic())
        self._last: tuple[float, float] | None = None  # by how much it jumped, and when (monotonic)

    async def run(self) -> None:
        """Check every second, until cancelled."""
        while True:
            await asyncio.sleep(LOOKED_EVERY_S)
            self.look()

    def look(self) -> None:
        """Check for a jump since the last check."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        by_s = (now - self._before[0]).total_seconds() - (monotonic - self._before[1])
        self._before = (now, monotonic)
        if abs(by_s) < JUMP_S:
            return
        self._last = (by_s, monotonic)
        log.warning("the clock jumped by %+.0f seconds: synchronise the machine's clock (NTP)", by_s)
        self._jumped(by_s)

    def problem(self) -> str:
        """A sentence about a jump within the last hour, or ""."""
        if self._last is None or self._clock.monotonic() - self._last[1] > REPORTED_FOR_S:
            return ""
        return _(
            "The clock of this process jumped by {seconds} seconds within the last hour.",
            seconds=f"{self._last[0]:+.0f}",
        )


class DueTime(msgspec.Struct, frozen=True):
    """A column with the time of a retry, at most `longest` from now; `where`: the rows it applies to."""

    table: str
    column: str
    longest: timedelta
    where: str


async def reset_times(work: ServiceDatabase, times: Sequence[DueTime]) -> None:
    """Scheduled job: make retries due at once that are later than their maximum."""
    count = 0
    for one in times:
        farthest = to_micros(work.now() + one.longest)
        late = f"{one.where} AND {one.column} > :farthest"
        if await work.one(f"SELECT 1 AS found FROM {one.table} WHERE {late} LIMIT 1", farthest=farthest):
            async with work.begin() as tx:
                sql = f"UPDATE {one.table} SET {one.column} = :now WHERE {late}"
                count += await tx.run(sql, farthest=farthest, now=to_micros(tx.now))
    if count:
        log.warning("%s: %s were delayed by a clock that was ahead, and are due now", work.name, count)


async def behind_s(work: ServiceDatabase) -> float:
    """By how many seconds the clock is behind this service's events; 0 unless a clock was ahead or set back."""
    rows = await work.fetch("SELECT time FROM facts ORDER BY id DESC LIMIT :latest", latest=LATEST)
    newest = max((row["time"] for row in rows), default=0)
    return max(0.0, (newest - to_micros(work.now())) / SECOND)


async def continue_ids(ids: Ids, works: Iterable[ServiceDatabase]) -> None:
    """Let ids sort after those of existing events, even if a clock was ahead."""
    for work in works:
        row = await work.one("SELECT max(id) AS id FROM facts")
        if row is not None and row["id"]:
            ids.go_on_after(row["id"])
