"""What this process told and nobody is at yet, in order. An import tells hundreds of thousands of facts before they are heard.

So the first of them are kept as they are, and of what is told behind them the ids alone: they are read again from the
outbox when their turn comes.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import timedelta

from shopwright.engines.bus.leases import OURS, PORTION, Lease, LeasedDeliveries, Leases, Unread
from shopwright.kit.clock import to_micros
from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import ServiceDatabase, read_fact

MOST = 10_000  # deliveries that are kept as they are
# Deeds of one transaction that began within so long have one lease. It is less than the shortest pause after a failure.
NEAR = timedelta(milliseconds=100)


class Backlog:
    """First in, first out. `most`: so many deliveries are kept as they are."""

    def __init__(self, leases: Leases, most: int = MOST) -> None:
        self._leases = leases
        self._most = most
        self._whole: deque[LeasedDeliveries] = deque()
        self._unread: deque[Unread] = deque()
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._whole or self._unread)

    def add(self, work: ServiceDatabase, ones: Sequence[Delivery]) -> None:
        """Told just now."""
        for some in _portions(ones):
            times = [one.fact.time for one in some]
            lease = Lease(to_micros(min(times) + work.lease), to_micros(max(times) + work.lease))
            if self._unread or self._count >= self._most:
                self._unread.append(_by_ids(LeasedDeliveries(work, some, lease)))
            else:
                self._append(LeasedDeliveries(work, some, lease))

    def _append(self, told: LeasedDeliveries) -> None:
        self._whole.append(told)
        self._count += told.size

    async def take(self, count: int) -> list[LeasedDeliveries]:
        """The next deliveries: so many, and what belongs to them; none where nothing is left."""
        while self._unread and not self._whole:
            await self._read_on()
        taken: list[LeasedDeliveries] = []
        while count > 0 and self._whole:
            taken.append(told := self._whole.popleft())
            self._count -= told.size
            count -= told.size
        return taken

    async def _read_on(self) -> None:
        """Read what comes next, and is still ours."""
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
        hearers: dict[str, list[str]] = {}
        for row in rows:
            hearers.setdefault(row["id"], []).append(row["hearer"])
        each = list({row["id"]: row for row in rows}.values())
        facts = unread.work.aside.readable("fact", each, lambda row: str(row["id"]), read_fact)
        ones = [
            Delivery(fact, name) for fact in sorted(facts, key=lambda one: one.id) for name in sorted(hearers[fact.id])
        ]
        if ones:
            self._append(LeasedDeliveries(unread.work, ones, unread.lease))

    def put_back(self, taken: Sequence[LeasedDeliveries]) -> None:
        """Nobody is at these after all: they come first again."""
        self._whole.extendleft(reversed(taken))
        self._count += sum(told.size for told in taken)

    def clear(self) -> None:
        """Others bring all of it."""
        self._whole.clear()
        self._unread.clear()
        self._count = 0

    def by_ids(self) -> list[Unread]:
        """All of it, in order."""
        return [*map(_by_ids, self._whole), *self._unread]


def _by_ids(told: LeasedDeliveries) -> Unread:
    return Unread(told.work, " ".join(dict.fromkeys(one.fact.id for one in told.ones)), told.lease)


def _portions(ones: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """In their order; all that is to be heard of a fact is in one of them."""
    some: list[Delivery] = []
    for one in ones:
        if (
            some
            and one.fact is not some[-1].fact
            and (len(some) >= PORTION or abs(one.fact.time - some[0].fact.time) > NEAR)
        ):
            yield some
            some = []
        some.append(one)
    if some:
        yield some
