"""What this process told and nobody is at yet, in order. An import tells hundreds of thousands of facts before they are heard.

So the first of them are kept as they are, and of what is told behind them the ids alone: they are read again from the
outbox when their turn comes.
"""

import math
import time
from collections import deque
from collections.abc import Sequence

import msgspec

from shopwright.kit.facts import Heard
from shopwright.kit.work import Work, read_fact

MOST = 10_000  # deliveries that are kept as they are


class Told(msgspec.Struct, frozen=True):
    """Deliveries of one transaction of a service, and since when their lease is ours (monotonic)."""

    work: Work
    ones: Sequence[Heard]
    since: float


class Unread(msgspec.Struct, frozen=True):
    """The facts of one transaction by their ids, as one text: hundreds of thousands wait, and a text each is three times that."""

    work: Work
    facts: str
    since: float

    @property
    def ids(self) -> list[str]:
        return self.facts.split(" ")


class Backlog:
    """First in, first out. `most`: so many deliveries are kept as they are."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._whole: deque[Told] = deque()
        self._unread: deque[Unread] = deque()
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._whole or self._unread)

    def add(self, work: Work, ones: Sequence[Heard]) -> None:
        """Told just now."""
        now = time.monotonic()
        if self._unread or self._count >= self._most:
            self._unread.append(Unread(work, " ".join(dict.fromkeys(one.fact.id for one in ones)), now))
        else:
            self._append(Told(work, ones, now))

    def _append(self, told: Told) -> None:
        self._whole.append(told)
        self._count += len(told.ones)

    async def take(self, count: int) -> list[Told]:
        """The next deliveries, at most so many; none where nothing is left."""
        if not self._whole:
            await self._read_on()
        taken: list[Told] = []
        while count and self._whole:
            told = self._whole.popleft()
            if len(told.ones) > count:
                self._whole.appendleft(Told(told.work, told.ones[count:], told.since))
                told = Told(told.work, told.ones[:count], told.since)
            self._count -= len(told.ones)
            count -= len(told.ones)
            taken.append(told)
        return taken

    async def _read_on(self) -> None:
        """Read the facts that come next. What others have brought meanwhile is brought twice, and heard once."""
        if not self._unread:
            return
        unread = self._unread.popleft()
        try:
            rows = await unread.work.fetch_in("SELECT * FROM facts WHERE id IN (:each)", unread.ids)
        except BaseException:
            self._unread.appendleft(unread)
            raise
        facts = unread.work.aside.readable("fact", rows, lambda row: str(row["id"]), read_fact)
        hearers = unread.work.hearers
        ones = [Heard(fact, name) for fact in sorted(facts, key=lambda one: one.id) for name in hearers.of(fact.type)]
        self._append(Told(unread.work, ones, unread.since))

    def put_back(self, taken: Sequence[Told]) -> None:
        """Nobody is at these after all: they come first again."""
        self._whole.extendleft(reversed(taken))
        self._count += sum(len(told.ones) for told in taken)

    def clear(self) -> None:
        """Others bring all of it."""
        self._whole.clear()
        self._unread.clear()
        self._count = 0

    def whole(self, until: float = math.inf) -> list[Told]:
        """What is kept as it is, of what was told until then (monotonic)."""
        return [told for told in self._whole if told.since <= until]

    def unread(self, until: float = math.inf) -> list[Unread]:
        """What is kept by its ids, of what was told until then (monotonic)."""
        return [unread for unread in self._unread if unread.since <= until]
