"""When the time of day jumps: it is noticed and told, and what a wrong clock has put off is brought back.

What is tried again later says in the database when. A clock that was ahead for some seconds leaves such times far away;
each of them has a farthest there can be, beyond which it is due at once.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import msgspec

from shopwright.kit.clock import Clock, to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.ids import Ids

log = logging.getLogger("shopwright.clock")
LOOKED_EVERY_S = 1.0
# By so much the time of day may be corrected without being called a jump; clocks of several machines differ by less.
JUMP_S = 2.0
TOLD_FOR_S = 3600.0
LATEST = 100
SECOND = 1_000_000


class ClockWatch:
    """Compares the time of day of this process with its monotonic clock. `jumped` is told by how many seconds."""

    def __init__(self, clock: Clock, jumped: Callable[[float], None]) -> None:
        self._clock = clock
        self._jumped = jumped
        self._before = (clock.now(), clock.monotonic())
        self._last: tuple[float, float] | None = None  # by how much it jumped, and when (monotonic)

    async def run(self) -> None:
        """Look every second, until cancelled."""
        while True:
            await asyncio.sleep(LOOKED_EVERY_S)
            self.look()

    def look(self) -> None:
        """Has it jumped since it was looked at last?"""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        by_s = (now - self._before[0]).total_seconds() - (monotonic - self._before[1])
        self._before = (now, monotonic)
        if abs(by_s) < JUMP_S:
            return
        self._last = (by_s, monotonic)
        log.warning("the clock jumped by %+.0f seconds: see to it that the machine's time is kept (NTP)", by_s)
        self._jumped(by_s)

    def told(self) -> str:
        """What is to be said of the last hour; "" where it did not jump."""
        if self._last is None or self._clock.monotonic() - self._last[1] > TOLD_FOR_S:
            return ""
        return f"The clock of this process jumped by {self._last[0]:+.0f} seconds within the last hour."


class DueTime(msgspec.Struct, frozen=True):
    """A column that says when something is tried again, at most `longest` from now; `where`: which rows it holds for."""

    table: str
    column: str
    longest: timedelta
    where: str


async def bring_back(work: ServiceDatabase, times: Sequence[DueTime]) -> None:
    """A job: what is put off for longer than it can be is due at once."""
    count = 0
    for one in times:
        farthest = to_micros(work.now() + one.longest)
        late = f"{one.where} AND {one.column} > :farthest"
        if await work.one(f"SELECT 1 AS found FROM {one.table} WHERE {late} LIMIT 1", farthest=farthest):
            async with work.begin() as tx:
                sql = f"UPDATE {one.table} SET {one.column} = :now WHERE {late}"
                count += await tx.run(sql, farthest=farthest, now=to_micros(tx.now))
    if count:
        log.warning("%s: %s were put off by a clock that was ahead, and are due now", work.name, count)


async def behind_s(work: ServiceDatabase) -> float:
    """By how many seconds the clock is behind what this service has told: 0, or a clock was ahead or was set back."""
    rows = await work.fetch("SELECT time FROM facts ORDER BY id DESC LIMIT :latest", latest=LATEST)
    newest = max((row["time"] for row in rows), default=0)
    return max(0.0, (newest - to_micros(work.now())) / SECOND)


async def continue_ids(ids: Ids, works: Iterable[ServiceDatabase]) -> None:
    """Ids sort after those of the events there are, also where a clock was ahead when these were made."""
    for work in works:
        row = await work.one("SELECT max(id) AS id FROM facts")
        if row is not None and row["id"]:
            ids.go_on_after(row["id"])
