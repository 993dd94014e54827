"""Leases of deliveries: the process that emitted or claimed one keeps it until `due`, as long as its value stands.

Others claim it afterwards, or postpone it, by writing another `due`. No process renews, returns or handles a delivery that
another process has claimed, or that is done.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import msgspec

from shopwright.kit.clock import to_micros
from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import LEASE, ServiceDatabase, Transaction

PORTION = 500  # deliveries per statement, so that other writers wait briefly
# `<>` makes the engine look at these events instead of scanning all that wait.
OURS = "state <> 'dead' AND due BETWEEN :first AND :last"
EXTEND = "UPDATE deliveries SET due = :due WHERE"


class Lease(msgspec.Struct, eq=False):
    """The range of `due` values (µs since 1970) this process wrote for deliveries with one lease."""

    first: int
    last: int

    @classmethod
    def until(cls, due: int) -> "Lease":
        return cls(due, due)

    @property
    def ours(self) -> dict[str, int]:
        """The parameters of `OURS`."""
        return {"first": self.first, "last": self.last}

    def renewed(self, due: int) -> None:
        self.first = self.last = due


class LeasedDeliveries(msgspec.Struct, frozen=True, eq=False):
    """Deliveries of a service under one lease."""

    work: ServiceDatabase
    ones: Sequence[Delivery]
    lease: Lease

    @property
    def size(self) -> int:
        return len(self.ones)

    async def extend(self, tx: Transaction, due: int) -> None:
        more = {"due": due, **self.lease.ours}
        await tx.run_many(
            f"{EXTEND} fact_id = :fact_id AND hearer = :hearer AND {OURS}",
            [{"fact_id": one.stored.id, "hearer": one.handler, **more} for one in self.ones],
        )


class CompactDeliveries(msgspec.Struct, frozen=True, eq=False):
    """Deliveries by event ids in one text, as separate texts for hundreds of thousands take three times the memory."""

    work: ServiceDatabase
    events: str
    lease: Lease

    @property
    def ids(self) -> list[str]:
        return self.events.split(" ")

    @property
    def size(self) -> int:
        return self.events.count(" ") + 1

    async def extend(self, tx: Transaction, due: int) -> None:
        await tx.fetch_in(f"{EXTEND} fact_id IN (:each) AND {OURS}", self.ids, due=due, **self.lease.ours)


H = TypeVar("H", LeasedDeliveries, CompactDeliveries)


class Leases:
    """The leases of this process, and those of deliveries in progress."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, str, str], tuple[ServiceDatabase, Delivery, Lease]] = {}
        self.still = asyncio.Lock()  # who holds it knows that no lease is just being written

    def add(self, deliveries: LeasedDeliveries) -> None:
        """Mark deliveries as in progress."""
        work = deliveries.work
        self._at |= {(work.name, one.stored.id, one.handler): (work, one, deliveries.lease) for one in deliveries.ones}

    def let_be(self, work: ServiceDatabase, ones: Iterable[Delivery]) -> None:
        """Mark deliveries as no longer in progress."""
        for one in ones:
            self._at.pop((work.name, one.stored.id, one.handler), None)

    @contextmanager
    def at(self, several: Sequence[LeasedDeliveries]) -> Iterator[None]:
        """Mark deliveries as in progress inside; a lease renewed for ever would keep them from everyone."""
        for deliveries in several:
            self.add(deliveries)
        try:
            yield
        finally:
            for deliveries in several:
                self.let_be(deliveries.work, deliveries.ones)

    def clear(self) -> None:
        """Mark nothing as in progress."""
        self._at.clear()

    def held(self) -> list[LeasedDeliveries]:
        """Return deliveries in progress."""
        return _by_lease(self._at.values())

    async def leave(self, work: ServiceDatabase, left: Sequence[Delivery]) -> None:
        """Release deliveries in progress for others to claim at once."""
        found = [self._at.pop((work.name, one.stored.id, one.handler), None) for one in left]
        await self.extend(_by_lease([one for one in found if one is not None]), timedelta(0))

    async def extend(self, held: Sequence[H], lease: timedelta) -> None:
        """Extend leases that are still ours; a zero time releases them.

        Each batch is a transaction, so that finished ones stand if time runs out, and others can write in between.
        """
        for some in _portions(held):
            async with self.still:
                async with some[0].work.begin() as tx:
                    await one_at_a_time(tx)
                    due = to_micros(tx.now + lease)
                    for one in some:
                        await one.extend(tx, due)
                if lease:
                    for one in some:
                        one.lease.renewed(due)
            await asyncio.sleep(0)

    async def renew_all(self, deliveries: LeasedDeliveries) -> LeasedDeliveries:
        """Return those that are still ours and will be for a while."""
        if deliveries.lease.first > to_micros(deliveries.work.now() + LEASE / 3):
            return deliveries
        async with self.still:
            async with deliveries.work.begin() as tx:
                await one_at_a_time(tx)
                due = to_micros(tx.now + LEASE)
                rows = await tx.fetch_in(
                    f"{EXTEND} fact_id IN (:each) AND {OURS} RETURNING fact_id, hearer",
                    [one.stored.id for one in deliveries.ones],
                    due=due,
                    **deliveries.lease.ours,
                )
            deliveries.lease.renewed(due)
        ours = {(row["fact_id"], row["hearer"]) for row in rows}
        return LeasedDeliveries(
            deliveries.work, [one for one in deliveries.ones if (one.stored.id, one.handler) in ours], deliveries.lease
        )


async def one_at_a_time(tx: Transaction) -> None:
    """Serialise processes, as two statements on the same deliveries could deadlock."""
    await tx.run("INSERT INTO timers (name, due) VALUES ('claim', 0) ON CONFLICT (name) DO UPDATE SET due = 0")


def _by_lease(ones: Iterable[tuple[ServiceDatabase, Delivery, Lease]]) -> list[LeasedDeliveries]:
    found: dict[tuple[ServiceDatabase, Lease], list[Delivery]] = {}
    for work, one, lease in ones:
        found.setdefault((work, lease), []).append(one)
    return [LeasedDeliveries(work, several, lease) for (work, lease), several in found.items()]


def _portions(held: Iterable[H]) -> Iterator[list[H]]:
    """Batches in order, each of one service."""
    some: list[H] = []
    count = 0
    for one in held:
        if some and (some[0].work is not one.work or count >= PORTION):
            yield some
            some, count = [], 0
        some.append(one)
        count += one.size
    if some:
        yield some
