"""A service at work: its own database with clock, ids and the facts it tells.

    async with self._work.begin() as tx:
        await store.write(tx, order)
        await tx.emit(OrderPlaced(order_id=order.id, …))

When the block ends, the change and its facts are on disk together, or neither is.
"""

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from shopwright.kit import business
from shopwright.kit.clock import Clock, from_micros, to_micros
from shopwright.kit.data.aside import SetAside
from shopwright.kit.data.database import Database, DatabaseSession, Reads, Row
from shopwright.kit.data.events import Delivery, Event, StoredEvent, Subscriptions, decode
from shopwright.kit.errors import Unavailable
from shopwright.kit.ids import Ids
from shopwright.kit.observability import tracing
from shopwright.kit.personal import personal_fields, redacted
from shopwright.kit.translation import gettext as _

# How long the process that told a fact keeps the deliveries to itself before others may take them over. Who is still at
# them renews it (`engines/bus/relay.py`): what a process that died had is taken up by another soon.
LEASE = timedelta(seconds=3)
FORGOTTEN_WITHIN = timedelta(days=30)
REQUEST_S = 1.0
STATEMENT = "db.query.text"  # as OpenTelemetry calls it; values never stand in it
# So many values are asked for at once.
MANY = 500
DEMO = "demo"
ENCODER = msgspec.json.Encoder()
EACH = tuple(f"each{n}" for n in range(MANY))
# The transactions this task holds open for several deeds, by the name of the service.
_together: ContextVar[Mapping[str, "Transaction"]] = ContextVar("together", default={})  # noqa: B039 -- never changed


class AlreadyDone(Exception):
    """`begin(dedup_key=…)` met a key that an earlier transaction has used."""


@lru_cache(maxsize=256)
def _for_each(sql: str, count: int) -> str:
    """With the names of so many values where it says `(:each)`."""
    return sql.replace("(:each)", f"({', '.join(f':{name}' for name in EACH[:count])})")


class Reader(ABC):
    """What can be asked, in a transaction or outside of one."""

    @abstractmethod
    async def fetch(self, sql: str, **params: Any) -> Sequence[Row]: ...

    def in_a_row(self) -> AbstractAsyncContextManager["Reader"]:
        """Several questions, one after the other, for less than each by itself. Nobody else is asked meanwhile."""
        return nullcontext(self)

    async def one(self, sql: str, **params: Any) -> Row | None:
        rows = await self.fetch(sql, **params)
        return rows[0] if rows else None

    async def fetch_in(self, sql: str, values: Iterable[str] | Iterable[int], **params: Any) -> list[Row]:
        """The rows for any number of values, which stand where `sql` says `(:each)`; in no order."""
        wanted = list(dict.fromkeys(values))
        rows: list[Row] = []
        for start in range(0, len(wanted), MANY):
            some = wanted[start : start + MANY]
            rows += await self.fetch(_for_each(sql, len(some)), **dict(zip(EACH, some, strict=False)), **params)
        return rows

    async def fetch_rows(self, sql: str, values: Sequence[Sequence[Any]], **params: Any) -> list[Row]:
        """What writing any number of rows answers, whose first values stand where `sql` says `(:each, …)`; in no order."""
        rows: list[Row] = []
        begun, _unused, rest = sql.partition("(:each")
        own, _unused, end = rest.partition(")")
        for start in range(0, len(values), MANY):
            some = values[start : start + MANY]
            names = {f"each{n}_{m}": one for n, row in enumerate(some) for m, one in enumerate(row)}
            each = (", ".join(f":each{n}_{m}" for m in range(len(row))) for n, row in enumerate(some))
            written = ", ".join(f"({one}{own})" for one in each)
            rows += await self.fetch(f"{begun}{written}{end}", **names, **params)
        return rows


class Transaction(Reader):
    """One transaction of one service."""

    def __init__(self, session: DatabaseSession, work: "ServiceDatabase") -> None:
        self.session = session
        self.name = work.name
        self._work = work
        self.now = work.clock.now()
        self.told: list[Delivery] = []
        self.facts: list[StoredEvent] = []
        self.then: dict[Callable[[ServiceDatabase], Awaitable[None]], None] = {}
        self.torn = 0
        self.zone = work.zone
        self.aside = work.aside

    async def fetch(self, sql: str, **params: Any) -> Sequence[Row]:
        with tracing.span(self.name, "client", notes={STATEMENT: sql}):
            return await self.session.fetch(sql, params)

    async def run(self, sql: str, **params: Any) -> int:
        with tracing.span(self.name, "client", notes={STATEMENT: sql}):
            return await self.session.run(sql, params)

    async def run_many(self, sql: str, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            with tracing.span(self.name, "client", notes={STATEMENT: sql, "rows": len(rows)}):
                await self.session.run_many(sql, rows)

    def on_commit(self, act: Callable[["ServiceDatabase"], Awaitable[None]]) -> None:
        """Do this once, after the transaction is committed. It may not raise: whoever began the transaction is done."""
        self.then[act] = None

    async def emit(self, *events: Event) -> None:
        """Tell facts: stored with this transaction, delivered after it to everyone who listens."""
        subjects = [getattr(event, type(event).SUBJECT) for event in events]
        # Hearers are told about a subject in the order of ids: also of those another process made in this millisecond.
        ids = self._work.ids.many("evt", len(events), after=await self._last_fact(subjects))
        due = to_micros(self.now + self._work.lease)
        time = to_micros(self.now)
        began, request = tracing.here(), tracing.request_id()
        hearers = {kind: self._work.hearers.of(kind) for kind in {type(event).__name__ for event in events}}
        facts, deliveries = [], []
        for event, subject, fact_id in zip(events, subjects, ids, strict=True):
            kind = type(event).__name__
            fact = StoredEvent(
                id=fact_id, type=kind, time=self.now, subject=subject, data=event, trace=began, request=request
            )
            data = ENCODER.encode(event).decode()
            self.facts.append(fact)
            facts.append({"id": fact_id, "type": kind, "subject": subject, "time": time, "data": data,
                "trace": began, "request": request,
            })  # fmt: skip
            for hearer in hearers[kind]:
                self.told.append(Delivery(fact, hearer))
                deliveries.append({"fact_id": fact_id, "hearer": hearer, "subject": subject, "due": due})
        await self.run_many(
            "INSERT INTO facts (id, type, subject, time, data, trace, request)"
            " VALUES (:id, :type, :subject, :time, :data, :trace, :request)",
            facts,
        )
        await self.run_many(
            "INSERT INTO deliveries (fact_id, hearer, subject, due) VALUES (:fact_id, :hearer, :subject, :due)",
            deliveries,
        )

    async def _last_fact(self, subjects: Sequence[str]) -> str:
        """The id of the last fact about any of these."""
        # One by one of them: the last of all facts that is about one of these may be looked for from the last fact on.
        sql = "SELECT max(id) AS id FROM facts WHERE subject IN (:each) GROUP BY subject"
        return max((row["id"] for row in await self.fetch_in(sql, subjects)), default="")

    async def redact(self, subject: str) -> None:
        """What this service has told about `subject` says nothing personal any more."""
        await self._redact(await self.fetch("SELECT * FROM facts WHERE subject = :subject", subject=subject))

    async def _redact(self, rows: Sequence[Row]) -> None:
        for row in rows:
            clean = msgspec.json.encode(redacted(decode(row["type"], row["data"]))).decode()
            await self.run("UPDATE facts SET data = :data WHERE id = :id", id=row["id"], data=clean)

    async def redact_delivered(self, event_type: str, since: datetime) -> None:
        """The same for facts of a type that everyone has heard."""
        rows = await self.fetch(
            "SELECT * FROM facts f WHERE f.type = :type AND f.time >= :since"
            " AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.fact_id = f.id)",
            type=event_type,
            since=to_micros(since),
        )
        await self._redact(rows)


class PinnedConnection(Reader):
    """Questions on one connection."""

    def __init__(self, reads: Reads, name: str) -> None:
        self._reads = reads
        self._name = name

    async def fetch(self, sql: str, **params: Any) -> Sequence[Row]:
        with tracing.span(self._name, "client", notes={STATEMENT: sql}):
            return await self._reads.fetch(sql, params)


class ReplicaReader(Reader):
    """Reads that may lag a moment behind what other processes write: reports, never what is decided on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(self, sql: str, **params: Any) -> Sequence[Row]:
        return await self._database.fetch_late(sql, params)


class Request:
    """One request, as far as versions go: what they were when it first asked holds until it ends, or we change something.

    Not for longer than a moment: a task that was begun in a request may outlive it.
    """

    def __init__(self) -> None:
        self.told: Any = None
        self.changes = 0
        self._until = time.monotonic() + REQUEST_S

    @property
    def holds(self) -> bool:
        """Does what was told hold?"""
        return self.told is not None and time.monotonic() < self._until


_request: ContextVar[Request | None] = ContextVar("request", default=None)


def this_request() -> Request | None:
    """The request that is answered here, if it is one."""
    return _request.get()


@contextmanager
def one_request() -> Iterator[None]:
    """What is done in here is one request."""
    before = _request.set(Request())
    try:
        yield
    finally:
        _request.reset(before)


class VersionStore(Protocol):
    """Versions of what has none by itself: whoever changes it marks it just before the commit and right after it.

    While a commit may be under way nobody knows a version; who dies in between leaves that so for a while, not for good.
    """

    async def before(self, name: str) -> str:
        """A change of `name` is about to be committed; answers what `after` is to be told. "": could not be marked."""
        ...

    async def after(self, name: str, token: str) -> None:
        """It is committed. What cannot be marked now is marked as soon as possible."""
        ...

    async def versions(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """A text for each, another one after each change; None where that cannot be said just now."""
        ...

    async def close(self) -> None: ...


class ServiceDatabase(Reader):
    """What a service works with. `name` is the service's; `lease`: how long this process keeps what it tells to itself.

    `marks`: who tells its version, where its database does not. `zone`: the shop's, in which times without one are read.
    `aside`: what could be neither read nor done.
    """

    zone = ZoneInfo("UTC")

    def __init__(self, name: str, database: Database, clock: Clock, ids: Ids, hearers: Subscriptions) -> None:
        self.name = name
        self.database = database
        self.clock = clock
        self.ids = ids
        self.hearers = hearers
        self.after_commit: Callable[[ServiceDatabase, list[Delivery]], None] = lambda _work, _heard: None
        self.counted: Callable[[str, int], None] = lambda _type, _count: None
        self.lease = LEASE
        self.marks: VersionStore | None = None
        self.late: Reader = ReplicaReader(database)
        self.aside = SetAside(name)

    async def fetch(self, sql: str, **params: Any) -> Sequence[Row]:
        with tracing.span(self.name, "client", notes={STATEMENT: sql}):
            return await self.database.fetch(sql, params)

    @asynccontextmanager
    async def in_a_row(self) -> AsyncIterator[Reader]:
        async with self.database.in_a_row() as reads:
            yield PinnedConnection(reads, self.name)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Reader]:
        """Everything as it is now, however long one goes on asking."""
        async with self.database.snapshot() as snapshot:
            yield PinnedConnection(snapshot, self.name)

    def now(self) -> datetime:
        return self.clock.now()

    @asynccontextmanager
    async def begin(self, dedup_key: str | None = None) -> AsyncIterator[Transaction]:
        """A transaction. With `dedup_key`, at most one transaction with that key ever commits; later ones raise AlreadyDone."""
        outer = _together.get().get(self.name)
        if outer is not None:
            tx = Transaction(outer.session, self)
            await self._once(tx, dedup_key)
            outer.torn += 1  # until it is known to be whole
            yield tx
            outer.torn -= 1
            outer.told += tx.told
            outer.facts += tx.facts
            outer.then |= tx.then
            return
        async with self.database.begin() as session:
            tx = Transaction(session, self)
            await self._once(tx, dedup_key)
            yield tx
        for kind, count in Counter(fact.type for fact in tx.facts).items():
            self.counted(kind, count)
        for fact in tx.facts:
            business.note_fact(fact)
        if tx.told:
            self.after_commit(self, tx.told)
        for act in tx.then:
            await act(self)

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """What this task begins in here is committed as one at the end; where any of it fails, nothing is: Unavailable.

        For many small deeds in a row that touch nothing but this service: one wait for the disk instead of many.
        """
        async with self.begin() as tx:
            before = _together.set({**_together.get(), self.name: tx})
            try:
                yield
            finally:
                _together.reset(before)
            if tx.torn:
                raise Unavailable(_("One of several deeds failed; none of them was done."))

    @staticmethod
    async def _once(tx: Transaction, key: str | None) -> None:
        if key is None:
            return
        fresh = await tx.run(
            "INSERT INTO inbox (key, time) VALUES (:key, :time) ON CONFLICT (key) DO NOTHING",
            key=key,
            time=to_micros(tx.now),
        )
        if not fresh:
            raise AlreadyDone(key)

    async def is_demo(self) -> bool:
        """Is this a demo shop? Its own data say so; no setting does."""
        return await self.one("SELECT 1 AS found FROM shop_marks WHERE name = :name", name=DEMO) is not None

    async def mark_demo(self) -> None:
        """From here on this is a demo shop, for good."""
        async with self.begin() as tx:
            await tx.run(
                "INSERT INTO shop_marks (name, time) VALUES (:name, :time) ON CONFLICT (name) DO NOTHING",
                name=DEMO,
                time=to_micros(tx.now),
            )

    async def redact_erased(self) -> None:
        """A job: who was erased is erased from the facts that tell of it, once everyone has heard them."""
        async with self.begin() as tx:
            for name, kind in Event.types.items():
                if kind.FORGETS and personal_fields(kind):
                    await tx.redact_delivered(name, tx.now - FORGOTTEN_WITHIN)

    async def facts_after(self, fact_id: str, limit: int) -> list[StoredEvent]:
        """This service's own facts after `fact_id` ("" for the first), oldest first."""
        rows = await self.fetch("SELECT * FROM facts WHERE id > :id ORDER BY id LIMIT :limit", id=fact_id, limit=limit)
        return self.aside.readable("fact", rows, lambda row: str(row["id"]), read_fact)


def read_fact(row: Row) -> StoredEvent:
    """A row that keeps a fact.

    What only a newer version tells is JSON as it is: it goes to who hears it, and is held against nobody here.
    """
    return StoredEvent(
        id=row["id"],
        type=row["type"],
        time=from_micros(row["time"]),
        subject=row["subject"],
        data=decode(row["type"], row["data"]) if row["type"] in Event.types else msgspec.Raw(row["data"].encode()),
        trace=row["trace"],
        request=row["request"],
    )
