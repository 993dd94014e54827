"""The relay of events out of the services' outboxes: the tables `facts` and `deliveries`, read by every process.

The emitting process delivers right after the commit. If it stops first it releases its deliveries; if it crashes, their
lease expires and other processes claim them. Events about one subject reach a handler in order.
"""

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from shopwright.engines.bus.backlog import Backlog
from shopwright.engines.bus.leases import Lease, LeasedDeliveries, Leases, one_at_a_time
from shopwright.engines.bus.scheduled_jobs import JobScheduler
from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.events import Delivery, PendingEvents, ScheduledJob
from shopwright.kit.data.unit_of_work import LEASE, ServiceDatabase, Transaction, read_event
from shopwright.kit.errors import Unavailable
from shopwright.kit.observability.process_admin import DeadDelivery
from shopwright.kit.tasks import ended, woken

log = logging.getLogger("shopwright.bus")

BATCH = 100
EMITTED_AT_ONCE = 500  # own events per round; only a burst exceeds it
POLL_S = 0.5
RENEWED_S = LEASE.total_seconds() / 3
SECOND = 1_000_000
GIVE_BACK_S = 2.0  # who ends tries for no longer
Waiting = tuple[ServiceDatabase, Delivery, int]  # the service that emitted it, the handler, earlier failures


class Relay(ABC):
    """Takes due events of all `works` from their outboxes, and runs `timers`."""

    def __init__(self, works: Sequence[ServiceDatabase], timers: Sequence[ScheduledJob]) -> None:
        self._databases = works
        self._by_name = {work.name: work for work in works}
        self._jobs = JobScheduler(self._by_name, timers)
        self._leases = Leases()
        self._backlog = Backlog(self._leases)
        self._wake = asyncio.Event()
        self._look_at = 0.0  # monotonic: when it is time to look around again
        for work in works:
            work.after_commit = self._committed

    def _committed(self, work: ServiceDatabase, deliveries: list[Delivery]) -> None:
        self._backlog.add(work, deliveries)
        self._wake.set()

    async def run(self) -> None:
        listener = asyncio.create_task(self._databases[0].database.listen(self._wake.set))
        renewing = asyncio.create_task(self._keep_leases())
        try:
            await self._carry()
        finally:
            await ended([listener, renewing])

    async def _keep_leases(self) -> None:
        """Renew leases of long deliveries, while this process lives."""
        while True:
            await asyncio.sleep(RENEWED_S)
            try:
                await self.renew(RENEWED_S)
            except Unavailable as error:
                log.info("leases cannot be renewed: %s", error.detail)

    async def renew(self, older_s: float) -> None:
        """Renew leases that are older than this."""
        late = to_micros(self._databases[0].now() + LEASE - timedelta(seconds=older_s))
        await self._leases.extend(
            [deliveries for deliveries in self._leases.held() if deliveries.lease.first <= late], LEASE
        )
        await self._leases.extend([one for one in self._backlog.by_ids() if one.lease.first <= late], LEASE)

    async def leave_to_others(self) -> None:
        """Instead of `run`, until cancelled: other processes are woken to deliver this one's events."""
        for work in self._databases:
            work.lease = timedelta(0)
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._backlog.clear()
            self._leases.clear()
            with suppress(Unavailable):  # then they look by themselves
                await self._databases[0].database.announce()

    async def close(self) -> None:
        """Release everything that is not in progress, for others to claim at once."""
        with suppress(Unavailable, TimeoutError):  # then when its lease is over
            async with asyncio.timeout(GIVE_BACK_S):
                await self._leases.extend(self._backlog.by_ids(), timedelta(0))
        self._backlog.clear()
        self._leases.clear()

    async def _carry(self) -> None:
        problem = ""
        while True:
            try:
                # Our own events are delivered at once. Looking for due or abandoned ones takes several queries, so that
                # is done
                # twice a second and on wake-ups, not after each event.
                if self._backlog and time.monotonic() < self._look_at:
                    await self._deliver_fresh()
                else:
                    self._look_at = time.monotonic() + POLL_S
                    await self._round()
                problem = ""
            except Unavailable as error:
                if error.detail != problem:
                    log.warning("delivery is waiting: %s", error.detail)
                problem = error.detail
                await asyncio.sleep(POLL_S)
            except Exception:
                log.exception("delivery failed and continues")
                await asyncio.sleep(POLL_S)
            if not self._backlog:
                self._wake.clear()
                await woken(self._wake, max(0.0, self._look_at - time.monotonic()))

    async def settle(self) -> int:
        count, made = 0, 1
        while made:
            made = await self._round()
            count += made
        return count

    async def dead(self) -> list[DeadDelivery]:
        """Return dead deliveries, oldest first."""
        found = []
        for work in self._databases:
            rows = await work.fetch(
                "SELECT d.fact_id, d.hearer, d.subject, d.problem, d.attempts, f.type, f.request FROM deliveries d"
                " LEFT JOIN facts f ON f.id = d.fact_id WHERE d.state = 'dead' ORDER BY d.fact_id"
            )
            found += [
                DeadDelivery(
                    event_id=row["fact_id"],
                    type=row["type"] or "",
                    subject=row["subject"],
                    source=work.name,
                    hearer=row["hearer"],
                    problem=row["problem"],
                    request=row["request"] or "",
                )
                for row in rows
            ]
        return sorted(found, key=lambda one: (one.event_id, one.hearer))

    async def under_way(self, service: str = "") -> list[PendingEvents]:
        """Return undelivered events in outboxes, by handler."""
        found: dict[str, list[Row]] = {}
        for work in self._databases:
            for row in await work.fetch(
                "SELECT d.hearer, d.subject, f.time FROM deliveries d LEFT JOIN facts f ON f.id = d.fact_id"
                " WHERE d.state = 'waiting'"
            ):
                if handles_for(service, row["hearer"]):
                    found.setdefault(row["hearer"], []).append(row)
        now = to_micros(self._databases[0].now())
        return [
            PendingEvents(
                hearer=hearer,
                count=len(rows),
                oldest_s=max(0.0, (now - min(row["time"] or now for row in rows)) / SECOND),
                subjects=frozenset(row["subject"] for row in rows),
            )
            for hearer, rows in found.items()
        ]

    async def replay(self, dead: Sequence[DeadDelivery]) -> None:
        """Deliver these again, with all tries."""
        for one in dead:
            async with self._by_name[one.source].begin() as tx:
                await tx.run(
                    "UPDATE deliveries SET state = 'waiting', attempts = 0, due = :now"
                    " WHERE fact_id = :fact_id AND hearer = :hearer AND state = 'dead'",
                    now=to_micros(tx.now),
                    fact_id=one.event_id,
                    hearer=one.hearer,
                )
        self._wake.set()

    async def _round(self) -> int:
        """Process due deliveries once; return their number."""
        return await self._deliver_fresh() + await self._take_over() + await self._jobs.run_due()

    @abstractmethod
    async def _handle(self, waiting: Sequence[Waiting]) -> list[tuple[ServiceDatabase, Delivery]]:
        """Deliver these in order and delete the delivered; returns those that must wait for others."""

    async def _deliver_fresh(self) -> int:
        """Deliver events of this process that are still its own."""
        count = 0
        while taken := await self._backlog.next_deliveries(EMITTED_AT_ONCE):
            try:
                kept = [await self._leases.renew_all(deliveries) for deliveries in taken]
                with self._leases.at(kept):
                    await self._deliver([(deliveries.work, one) for deliveries in kept for one in deliveries.ones])
            except asyncio.CancelledError:
                self._backlog.put_back(taken)  # `close` gives it back
                raise
            count += sum(deliveries.size for deliveries in kept)
        return count

    async def _deliver(self, batch: Sequence[tuple[ServiceDatabase, Delivery]]) -> None:
        waiting = await self._waiting(batch)
        ready: list[Waiting] = []
        later: list[tuple[ServiceDatabase, Delivery]] = []
        for work, delivery in batch:
            place = (work.name, delivery.handler, delivery.stored.subject)
            if waiting.get(place, delivery.stored.id) < delivery.stored.id:
                later.append((work, delivery))
            else:
                ready.append((work, delivery, 0))
        later += await self._handle(ready)
        for work, left in by_work(later).items():
            # Not before earlier ones: `_take_over` delivers them in order as soon as it can.
            await self._leases.leave(work, left)
            self._look_at = 0.0

    @staticmethod
    async def _waiting(batch: Sequence[tuple[ServiceDatabase, Delivery]]) -> dict[tuple[str, str, str], str]:
        """The first waiting event by handler and subject outside this batch, failed or claimed by others."""
        mine = {(work.name, delivery.key) for work, delivery in batch}
        subjects: dict[ServiceDatabase, dict[str, None]] = {}
        for work, delivery in batch:
            subjects.setdefault(work, {})[delivery.stored.subject] = None
        found: dict[tuple[str, str, str], str] = {}
        for work, ones in subjects.items():
            # `<>` makes the engine look at these subjects instead of scanning all that wait.
            sql = "SELECT fact_id, hearer, subject FROM deliveries WHERE state <> 'dead' AND subject IN (:each)"
            rows = await work.fetch_in(sql, ones)
            for row in sorted(rows, key=lambda row: str(row["fact_id"]), reverse=True):
                if (work.name, f"{row['fact_id']}/{row['hearer']}") not in mine:
                    found[work.name, row["hearer"], row["subject"]] = row["fact_id"]
        return found

    async def _take_over(self) -> int:
        count = 0
        for work in self._databases:
            claimed, lease = await self._claim(work)
            with self._leases.at([LeasedDeliveries(work, [delivery for delivery, _ in claimed], lease)]):
                await self._handle([(work, delivery, attempts) for delivery, attempts in claimed])
            count += len(claimed)
        return count

    async def _claim(self, work: ServiceDatabase) -> tuple[list[tuple[Delivery, int]], Lease]:
        """Claim due deliveries, the first of each handler and subject."""
        now = to_micros(work.now())
        if not await work.one(
            "SELECT 1 AS due FROM deliveries WHERE state = 'waiting' AND due <= :now LIMIT 1", now=now
        ):
            return [], Lease.until(now)
        async with work.begin() as tx:
            await one_at_a_time(tx)
            lease = Lease.until(to_micros(tx.now + LEASE))
            rows = await tx.fetch(
                "UPDATE deliveries SET due = :lease WHERE (fact_id, hearer) IN ("
                " SELECT d.fact_id, d.hearer FROM deliveries d WHERE d.state = 'waiting' AND d.due <= :now AND NOT EXISTS ("
                "  SELECT 1 FROM deliveries e WHERE e.hearer = d.hearer AND e.subject = d.subject"
                "  AND e.fact_id < d.fact_id AND e.state = 'waiting')"
                " ORDER BY d.fact_id LIMIT :batch) AND due <= :now RETURNING fact_id, hearer, attempts",
                lease=lease.last,
                now=now,
                batch=BATCH,
            )
            claimed = sorted((row["fact_id"], row["hearer"], row["attempts"]) for row in rows)
            events = {}
            for fact_id in {fact_id for fact_id, _, _ in claimed}:
                row = await tx.one("SELECT * FROM facts WHERE id = :id", id=fact_id)
                with work.aside.guard("event", fact_id):
                    if row is not None:
                        events[fact_id] = read_event(row)
                if fact_id not in events:
                    await _give_up(tx, fact_id, "The event cannot be read.")
        each = [
            (Delivery(events[fact_id], hearer), attempts) for fact_id, hearer, attempts in claimed if fact_id in events
        ]
        return each, lease

    async def _forget(self, work: ServiceDatabase, handled: Sequence[Delivery]) -> None:
        self._leases.let_be(work, handled)
        async with work.begin() as tx:
            await tx.run_many(
                "DELETE FROM deliveries WHERE fact_id = :fact_id AND hearer = :hearer",
                [{"fact_id": delivery.stored.id, "hearer": delivery.handler} for delivery in handled],
            )


async def _give_up(tx: Transaction, fact_id: str, problem: str) -> None:
    """Mark undeliverable events as dead."""
    await tx.run(
        "UPDATE deliveries SET state = 'dead', problem = :problem WHERE fact_id = :id", id=fact_id, problem=problem
    )


def handles_for(service: str, hearer: str) -> bool:
    """Whether the handler belongs to this service ("": any)."""
    return not service or hearer.startswith(f"{service}.")


def by_work(pairs: Sequence[tuple[ServiceDatabase, Delivery]]) -> dict[ServiceDatabase, list[Delivery]]:
    """Deliveries by emitting service."""
    found: dict[ServiceDatabase, list[Delivery]] = {}
    for work, delivery in pairs:
        found.setdefault(work, []).append(delivery)
    return found
