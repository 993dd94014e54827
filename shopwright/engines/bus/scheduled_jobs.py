"""Scheduled jobs: each runs once per interval, in one of the processes sharing a database, whatever their clocks do.

The next run is stored by time of day, so it outlives restarts. It is never taken to be further away than the interval,
as a clock that was ahead would suggest; and each process also measures the interval by its monotonic clock, so that a
clock set back delays nothing.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from shopwright.kit.clock import to_micros
from shopwright.kit.data.events import ScheduledJob
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Unavailable
from shopwright.kit.observability import tracing

log = logging.getLogger("shopwright.bus")
# Clocks of a shop's machines differ by less.
SKEW = timedelta(seconds=5)
NEVER = -1


class JobScheduler:
    """The scheduled jobs of a process. `works`: the services by name."""

    def __init__(self, works: Mapping[str, ServiceDatabase], timers: Sequence[ScheduledJob]) -> None:
        self._databases = works
        self._timers: dict[str, list[ScheduledJob]] = {}  # by the service whose database says when they are due
        for timer in timers:
            self._timers.setdefault(timer.name.partition(".")[0], []).append(timer)
        self._seen: dict[str, tuple[int, float]] = {}  # when each is due, and since when that stands (monotonic)

    async def run_due(self) -> int:
        """Run due jobs. Returns how many."""
        count = 0
        for service, timers in self._timers.items():
            work = self._databases[service]
            rows = await work.fetch_in(
                "SELECT name, due FROM timers WHERE name IN (:each)", [timer.name for timer in timers]
            )
            due = {row["name"]: int(row["due"]) for row in rows}
            for timer in timers:
                if await self._claim(work, timer, due.get(timer.name, NEVER)):
                    count += 1
                    await self._run(work, timer)
        return count

    async def _claim(self, work: ServiceDatabase, timer: ScheduledJob, due: int) -> bool:
        """Claim a due run by moving it on. `due`: as read, which another process may have moved."""
        now = work.now()
        farthest = to_micros(now + timer.every + SKEW)
        overdue = self._is_overdue(work, timer, due)
        if not overdue and to_micros(now) < due <= farthest:
            return False
        if due > farthest:
            log.warning("job %s was due later than its interval: the clock went back", timer.name)
        async with work.begin() as tx:
            mine = await tx.run(
                "INSERT INTO timers (name, due) VALUES (:name, :due) ON CONFLICT (name) DO UPDATE SET due = excluded.due"
                " WHERE timers.due <= :now OR timers.due > :farthest OR timers.due = :overdue",
                name=timer.name,
                due=to_micros(now + timer.every),
                now=to_micros(now),
                farthest=farthest,
                overdue=due if overdue else NEVER,
            )
        if mine:
            self._seen[timer.name] = (to_micros(now + timer.every), work.clock.monotonic())
        return bool(mine)

    def _is_overdue(self, work: ServiceDatabase, timer: ScheduledJob, due: int) -> bool:
        """Whether no process has moved it on for longer than the interval, by the monotonic clock."""
        monotonic = work.clock.monotonic()
        known, since = self._seen.get(timer.name, (NEVER, monotonic))
        if known != due:
            self._seen[timer.name] = (due, monotonic)
            return False
        return monotonic - since > (timer.every + SKEW).total_seconds()

    @staticmethod
    async def _run(work: ServiceDatabase, timer: ScheduledJob) -> None:
        """Run a job under an id of its own, like a request."""
        with tracing.for_request(work.ids.new(timer.name)):
            try:
                await timer.handler()
            except Unavailable as error:
                log.warning("job %s runs again in %s: %s", timer.name, timer.every, error.detail)
            except Exception:
                log.exception("job %s failed; it runs again in %s", timer.name, timer.every)
