"""The bus without a server: the outbox tables themselves, read by every process.

The process that told a fact delivers it right after the commit. Should it die, the lease on its deliveries runs out and
any other process takes them over. A hearer that fails is tried again, later and later; after the last attempt the
delivery is kept as `dead`, to be seen and replayed. Facts about one subject reach one hearer in order.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Unavailable
from shopwright.kit.facts import Heard, Reaction, Timer
from shopwright.kit.work import LEASE, AlreadyDone, Work, read_fact

log = logging.getLogger("shopwright.bus")

BATCH = 100
BREATH = 10
POLL_S = 0.5
ATTEMPTS = 12
FIRST_RETRY = timedelta(milliseconds=500)
LONGEST_RETRY = timedelta(minutes=10)
Waiting = tuple[Work, Heard, int]  # whose fact, for whom, how often it failed before
Failed = tuple[Waiting, Exception]


class LocalBus:
    """Delivers the facts of all `works` to `reactions` and keeps `timers`."""

    def __init__(self, works: Sequence[Work], reactions: Sequence[Reaction], timers: Sequence[Timer]) -> None:
        self._works = works
        self._by_name = {work.name: work for work in works}
        self._reactions = {reaction.name: reaction for reaction in reactions}
        self._timers = timers
        self._fresh: deque[tuple[Work, Heard]] = deque()
        self._wake = asyncio.Event()
        for work in works:
            work.after_commit = self._committed

    def _committed(self, work: Work, told: list[Heard]) -> None:
        self._fresh.extend((work, heard) for heard in told)
        self._wake.set()

    async def run(self) -> None:
        while True:
            try:
                await self._deliver_fresh()
                await self._take_over()
                await self._ring()
            except Unavailable as error:
                log.warning("delivery waits: %s", error.detail)
                await asyncio.sleep(POLL_S)
            except Exception:
                log.exception("delivery stumbled and goes on")
                await asyncio.sleep(POLL_S)
            if not self._fresh:
                self._wake.clear()
                try:
                    await asyncio.wait_for(self._wake.wait(), POLL_S)
                except TimeoutError:
                    continue

    async def settle(self) -> int:
        count, made = 0, 1
        while made:
            made = await self._deliver_fresh() + await self._take_over() + await self._ring()
            count += made
        return count

    async def _deliver_fresh(self) -> int:
        """What this process told itself: its lease is still ours, no claim is needed."""
        count = 0
        while self._fresh:
            batch = [self._fresh.popleft() for _ in range(min(BATCH, len(self._fresh)))]
            waiting = await self._waiting(batch)
            ready: list[Waiting] = []
            later: list[tuple[Work, Heard]] = []
            for work, heard in batch:
                place = (work.name, heard.hearer, heard.fact.subject)
                if waiting.get(place, heard.fact.id) < heard.fact.id:
                    later.append((work, heard))
                else:
                    ready.append((work, heard, 0))
            later += await self._handle(ready)
            for work, left in _by_work(later).items():
                await self._leave(work, left)
            count += len(batch)
        return count

    @staticmethod
    async def _waiting(batch: Sequence[tuple[Work, Heard]]) -> dict[tuple[str, str, str], str]:
        """The first fact for a hearer about a subject that waits outside of this batch: it failed, or others are at it."""
        mine = {(work.name, heard.key) for work, heard in batch}
        subjects: dict[Work, dict[str, None]] = {}
        for work, heard in batch:
            subjects.setdefault(work, {})[heard.fact.subject] = None
        found: dict[tuple[str, str, str], str] = {}
        for work, ones in subjects.items():
            # `<>`, so that nobody looks through all that wait instead of at these subjects.
            sql = "SELECT fact_id, hearer, subject FROM deliveries WHERE state <> 'dead' AND subject IN (:each)"
            rows = await work.fetch_in(sql, ones)
            for row in sorted(rows, key=lambda row: str(row["fact_id"]), reverse=True):
                if (work.name, f"{row['fact_id']}/{row['hearer']}") not in mine:
                    found[work.name, row["hearer"], row["subject"]] = row["fact_id"]
        return found

    @staticmethod
    async def _leave(work: Work, left: Sequence[Heard]) -> None:
        """Not before those that come first: `_take_over` delivers them in order, as soon as it can."""
        async with work.begin() as tx:
            await tx.run_many(
                "UPDATE deliveries SET due = :now WHERE fact_id = :fact_id AND hearer = :hearer",
                [{"now": to_micros(tx.now), "fact_id": one.fact.id, "hearer": one.hearer} for one in left],
            )

    async def _take_over(self) -> int:
        count = 0
        for work in self._works:
            claimed = await self._claim(work)
            await self._handle([(work, heard, attempts) for heard, attempts in claimed])
            count += len(claimed)
        return count

    async def _claim(self, work: Work) -> list[tuple[Heard, int]]:
        """Due deliveries, the first of each hearer and subject, with a new lease so that no other process takes them."""
        now = to_micros(work.now())
        if not await work.one(
            "SELECT 1 AS due FROM deliveries WHERE state = 'waiting' AND due <= :now LIMIT 1", now=now
        ):
            return []
        async with work.begin() as tx:
            # One process at a time: two statements that claim the same rows could wait for each other in a ring.
            await tx.run("INSERT INTO timers (name, due) VALUES ('claim', 0) ON CONFLICT (name) DO UPDATE SET due = 0")
            rows = await tx.fetch(
                "UPDATE deliveries SET due = :lease WHERE (fact_id, hearer) IN ("
                " SELECT d.fact_id, d.hearer FROM deliveries d WHERE d.state = 'waiting' AND d.due <= :now AND NOT EXISTS ("
                "  SELECT 1 FROM deliveries e WHERE e.hearer = d.hearer AND e.subject = d.subject"
                "  AND e.fact_id < d.fact_id AND e.state = 'waiting')"
                " ORDER BY d.fact_id LIMIT :batch) AND due <= :now RETURNING fact_id, hearer, attempts",
                lease=to_micros(tx.now + LEASE),
                now=now,
                batch=BATCH,
            )
            claimed = sorted((row["fact_id"], row["hearer"], row["attempts"]) for row in rows)
            facts = {}
            for fact_id in {fact_id for fact_id, _, _ in claimed}:
                row = await tx.one("SELECT * FROM facts WHERE id = :id", id=fact_id)
                if row is not None:
                    facts[fact_id] = read_fact(row)
        return [(Heard(facts[fact_id], hearer), attempts) for fact_id, hearer, attempts in claimed if fact_id in facts]

    async def _handle(self, waiting: Sequence[Waiting]) -> list[tuple[Work, Heard]]:
        """Let everything be heard, and forget what was; answers what has to wait because what comes before it failed.

        Hearers that change nothing but their own service's database hear many facts in one transaction.
        """
        alone: list[Waiting] = []
        together: dict[str, list[Waiting]] = {}
        waiting = [one for one in waiting if one[1].hearer in self._reactions]  # the others are served elsewhere
        for one in waiting:
            reaction = self._reactions[one[1].hearer]
            (alone if reaction.alone else together.setdefault(reaction.service, [])).append(one)
        for name, ones in together.items():
            if not await self._hear_together(name, ones):
                alone += ones
        failed, left = await self._hear_in_order(alone)
        for (work, heard, attempts), error in failed:
            await self._postpone(work, heard, attempts, error)
        open_still = {heard.key for (_, heard, _), _ in failed} | {heard.key for _, heard in left}
        handled = [(work, heard) for work, heard, _ in waiting if heard.key not in open_still]
        for work, done in _by_work(handled).items():
            await self._forget(work, done)
        return left

    async def _hear_together(self, name: str, ones: Sequence[Waiting]) -> bool:
        """Everything in one transaction of that service; False (and nothing is changed) where any of it fails."""
        try:
            async with self._by_name[name].together():
                for number, (_, heard, _) in enumerate(ones):
                    with suppress(AlreadyDone):
                        await self._reactions[heard.hearer].handler(heard)
                    if number % BREATH == 0:
                        await asyncio.sleep(0)
        except Exception as error:  # noqa: BLE001 -- each is tried alone next: who fails then is told of
            log.info("%s hears one by one: %r", name, error)
            return False
        return True

    async def _hear_in_order(self, ones: Sequence[Waiting]) -> tuple[list[Failed], list[tuple[Work, Heard]]]:
        """What failed, and what has to wait because an earlier fact about the same subject did."""
        failed: list[Failed] = []
        later: list[tuple[Work, Heard]] = []
        stuck: set[tuple[str, str, str]] = set()
        for work, heard, attempts in ones:
            place = (work.name, heard.hearer, heard.fact.subject)
            if place in stuck:
                later.append((work, heard))
                continue
            try:
                await self._reactions[heard.hearer].handler(heard)
            except AlreadyDone:
                continue
            except Exception as error:
                log.warning(
                    "%s could not handle %s %s: %r",
                    heard.hearer,
                    heard.fact.type,
                    heard.fact.id,
                    error,
                    exc_info=attempts == 0,
                )
                failed.append(((work, heard, attempts), error))
                stuck.add(place)
            finally:
                await asyncio.sleep(0)
        return failed, later

    async def _postpone(self, work: Work, heard: Heard, attempts: int, error: Exception) -> None:
        """Only what failed counts: a process that died in the middle says nothing against the hearer."""
        async with work.begin() as tx:
            pause = min(FIRST_RETRY * 2**attempts, LONGEST_RETRY)
            await tx.run(
                "UPDATE deliveries SET due = :due, attempts = :attempts, state = :state, problem = :problem"
                " WHERE fact_id = :fact_id AND hearer = :hearer",
                due=to_micros(tx.now + pause),
                attempts=attempts + 1,
                state="dead" if attempts + 1 >= ATTEMPTS else "waiting",
                problem=repr(error)[:500],
                fact_id=heard.fact.id,
                hearer=heard.hearer,
            )

    @staticmethod
    async def _forget(work: Work, handled: Sequence[Heard]) -> None:
        async with work.begin() as tx:
            await tx.run_many(
                "DELETE FROM deliveries WHERE fact_id = :fact_id AND hearer = :hearer",
                [{"fact_id": heard.fact.id, "hearer": heard.hearer} for heard in handled],
            )

    async def _ring(self) -> int:
        """Timers that are due, each in the one process that moved its hand on."""
        rung = 0
        for timer in self._timers:
            work = self._by_name[timer.name.partition(".")[0]]
            now = work.now()
            row = await work.one("SELECT due FROM timers WHERE name = :name", name=timer.name)
            if row is not None and row["due"] > to_micros(now):
                continue
            async with work.begin() as tx:
                mine = await tx.run(
                    "INSERT INTO timers (name, due) VALUES (:name, :due) ON CONFLICT (name) DO UPDATE"
                    " SET due = excluded.due WHERE timers.due <= :now",
                    name=timer.name,
                    due=to_micros(now + timer.every),
                    now=to_micros(now),
                )
            if mine:
                rung += 1
                try:
                    await timer.handler()
                except Unavailable as error:
                    log.warning("timer %s rings again in %s: %s", timer.name, timer.every, error.detail)
                except Exception:
                    log.exception("timer %s failed; it rings again in %s", timer.name, timer.every)
        return rung


def _by_work(pairs: Sequence[tuple[Work, Heard]]) -> dict[Work, list[Heard]]:
    found: dict[Work, list[Heard]] = {}
    for work, heard in pairs:
        found.setdefault(work, []).append(heard)
    return found
