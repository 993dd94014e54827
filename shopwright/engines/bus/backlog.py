"""The backlog of this process's undelivered events, in order.

An import emits hundreds of thousands before they are handled. So only the first ones are kept in memory, and of the
others their ids; they are read from the outbox again in turn.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import timedelta

from shopwright.engines.bus.leases import OURS, PORTION, CompactDeliveries, Lease, LeasedDeliveries, Leases
from shopwright.kit.clock import to_micros
from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import ServiceDatabase, read_event

MOST = 10_000  # deliveries that are kept as they are
# Transactions of a batch that began within this time share a lease. It is shorter than the first retry pause.
NEAR = timedelta(milliseconds=100)


class Backlog:
    """A queue, first in, first out. `most`: the deliveries kept in memory."""

    def __init__(self, leases: Leases, most: int = MOST) -> None:
        self._leases = leases
        self._most = most
        self._ready: deque[LeasedDeliveries] = deque()
        self._unread: deque[CompactDeliveries] = deque()
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._ready or self._unread)

    def add(self, work: ServiceDatabase, ones: Sequence[Delivery]) -> None:
        """Add deliveries that were just emitted."""
        for some in _portions(ones):
            times = [one.stored.time for one in some]
            lease = Lease(to_micros(min(times) + work.lease), to_micros(max(times) + work.lease))
            if self._unread or self._count >= self._most:
                self._unread.append(_by_ids(LeasedDeliveries(work, some, lease)))
            else:
                self._append(LeasedDeliveries(work, some, lease))

    def _append(self, deliveries: LeasedDeliveries) -> None:
        self._ready.append(deliveries)
        self._count += deliveries.size

    async def next_deliveries(self, count: int) -> list[LeasedDeliveries]:
        """Return the next deliveries, with those that belong to them; empty at the end."""
        while self._unread and not self._ready:
            await self._read_on()
        taken: list[LeasedDeliveries] = []
        while count > 0 and self._ready:
            taken.append(deliveries := self._ready.popleft())
            self._count -= deliveries.size
            count -= deliveries.size
        return taken

    async def _read_on(self) -> None:
        """Read the next ones that are still ours."""
        async with self._leases.still:
            unread = self._unread.popleft()
            try:
                rows = await unread.work.fetch_in(
                    f"SELECT f.*, d.hearer FROM deliveries d JOIN facts f ON f.id = d.fact_id WHERE fact_id IN (:each) AND {OURS}",
                    unread.ids,
                    **unread.lease.ours,
                )
            except BaseException:
                self._unread.appendleft(unread)
                raise
        handlers: dict[str, list[str]] = {}
        for row in rows:
            handlers.setdefault(row["id"], []).append(row["hearer"])
        each = list({row["id"]: row for row in rows}.values())
        events = unread.work.aside.readable("event", each, lambda row: str(row["id"]), read_event)
        ones = [
            Delivery(event, name)
            for event in sorted(events, key=lambda one: one.id)
            for name in sorted(handlers[event.id])
        ]
        if ones:
            self._append(LeasedDeliveries(unread.work, ones, unread.lease))

    def put_back(self, taken: Sequence[LeasedDeliveries]) -> None:
        """Put deliveries back in front."""
        self._ready.extendleft(reversed(taken))
        self._count += sum(deliveries.size for deliveries in taken)

    def clear(self) -> None:
        """Leave everything to other processes."""
        self._ready.clear()
        self._unread.clear()
        self._count = 0

    def by_ids(self) -> list[CompactDeliveries]:
        """Return everything in order, by ids."""
        return [*map(_by_ids, self._ready), *self._unread]


def _by_ids(deliveries: LeasedDeliveries) -> CompactDeliveries:
    return CompactDeliveries(
        deliveries.work, " ".join(dict.fromkeys(one.stored.id for one in deliveries.ones)), deliveries.lease
    )


def _portions(ones: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """Batches in order; all deliveries of an event are in one."""
    some: list[Delivery] = []
    for one in ones:
        if (
            some
            and one.stored is not some[-1].stored
            and (len(some) >= PORTION or abs(one.stored.time - some[0].stored.time) > NEAR)
        ):
            yield some
            some = []
        some.append(one)
    if some:
        yield some
