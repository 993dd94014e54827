"""The bus without a server: the outbox tables themselves, read by every process.

The process that told a fact delivers it right after the commit. Should it die, the lease on its deliveries runs out and
any other process takes them over. A hearer that fails is tried again, later and later; after the last attempt the
delivery is kept as `dead`, to be seen and replayed. Facts about one subject reach one hearer in order.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from datetime import timedelta

from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Unavailable
from shopwright.kit.facts import Heard, Reaction, Timer
from shopwright.kit.work import LEASE, AlreadyDone, Work, read_fact

log = logging.getLogger("shopwright.bus")

BATCH = 100
POLL_S = 0.5
ATTEMPTS = 12
FIRST_RETRY = timedelta(milliseconds=500)
LONGEST_RETRY = timedelta(minutes=10)


class LocalBus:
    """Delivers the facts of all `works` to `reactions` and keeps `timers`."""

    def __init__(self, works: Sequence[Work], reactions: Sequence[Reaction], timers: Sequence[Timer]) -> None:
        self._works = works
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
            done: dict[Work, list[Heard]] = {}
            later: dict[Work, list[Heard]] = {}
            waiting = await self._waiting(batch)
            for work, heard in batch:
                place = (work.name, heard.hearer, heard.fact.subject)
                if waiting.get(place, heard.fact.id) < heard.fact.id:
                    later.setdefault(work, []).append(heard)
                elif await self._handle(work, heard, attempts=0):
                    done.setdefault(work, []).append(heard)
                else:
                    waiting[place] = ""
                await asyncio.sleep(0)
            for work, left in later.items():
                await self._leave(work, left)
            for work, handled in done.items():
                await self._forget(work, handled)
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
            names = {f"s{n}": subject for n, subject in enumerate(ones)}
            for row in await work.fetch(
                "SELECT fact_id, hearer, subject FROM deliveries WHERE state = 'waiting'"
                f" AND subject IN ({', '.join(f':{name}' for name in names)}) ORDER BY fact_id DESC",
                **names,
            ):
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
            for heard, attempts in await self._claim(work):
                if await self._handle(work, heard, attempts):
                    await self._forget(work, [heard])
                count += 1
        return count

    async def _claim(self, work: Work) -> list[tuple[Heard, int]]:
        """Due deliveries, the first of each hearer and subject, with a new lease so that no other process takes them."""
        now = to_micros(work.now())
        if not await work.one(
            "SELECT 1 AS due FROM deliveries WHERE state = 'waiting' AND due <= :now LIMIT 1", now=now
        ):
            return []
        async with work.begin() as tx:
            rows = await tx.fetch(
                "UPDATE deliveries SET due = :lease, attempts = attempts + 1 WHERE (fact_id, hearer) IN ("
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

    async def _handle(self, work: Work, heard: Heard, attempts: int) -> bool:
        reaction = self._reactions.get(heard.hearer)
        if reaction is None:
            return False  # served elsewhere
        try:
            await reaction.handler(heard)
        except AlreadyDone:
            return True
        except Exception as error:
            log.warning(
                "%s could not handle %s %s: %r",
                heard.hearer,
                heard.fact.type,
                heard.fact.id,
                error,
                exc_info=attempts == 0,
            )
            await self._postpone(work, heard, attempts, error)
            return False
        return True

    async def _postpone(self, work: Work, heard: Heard, attempts: int, error: Exception) -> None:
        async with work.begin() as tx:
            pause = min(FIRST_RETRY * 2**attempts, LONGEST_RETRY)
            await tx.run(
                "UPDATE deliveries SET due = :due, state = :state, problem = :problem"
                " WHERE fact_id = :fact_id AND hearer = :hearer",
                due=to_micros(tx.now + pause),
                state="dead" if attempts >= ATTEMPTS else "waiting",
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
            work = next(work for work in self._works if timer.name.startswith(f"{work.name}."))
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
                except Exception:
                    log.exception("timer %s failed; it rings again in %s", timer.name, timer.every)
        return rung
