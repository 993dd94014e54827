"""The unit of work of a service: its database with clock, ids and the events it emits.

    async with self._work.begin() as tx:
        await store.write(tx, order)
        await tx.emit(OrderPlaced(order_id=order.id, …))

When the block ends, the change and its events are durable together, or neither is.
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
from shopwright.kit.data.database import Database, DatabaseSession, Queryable, Row
from shopwright.kit.data.events import Delivery, Event, StoredEvent, Subscriptions, decode
from shopwright.kit.data.quarantine import Quarantine
from shopwright.kit.errors import Unavailable
from shopwright.kit.ids import Ids
from shopwright.kit.observability import tracing
from shopwright.kit.personal import personal_fields, redacted
from shopwright.kit.translation import gettext as _

# How long a process keeps its deliveries before others may take them over. A live one renews it
# (`engines/bus/relay.py`); those of a crashed process are soon taken over.
LEASE = timedelta(seconds=3)
FORGOTTEN_WITHIN = timedelta(days=30)
REQUEST_S = 1.0
STATEMENT = "db.query.text"  # as OpenTelemetry calls it; values never stand in it
# The number of values per query.
MANY = 500
DEMO = "demo"
ENCODER = msgspec.json.Encoder()
EACH = tuple(f"each{n}" for n in range(MANY))
# Open transactions of this task for several units of work, by service.
_together: ContextVar[Mapping[str, "Transaction"]] = ContextVar("together", default={})  # noqa: B039 -- never changed


class AlreadyDone(Exception):
    """`begin(dedup_key=…)` found a key that was used before."""


@lru_cache(maxsize=256)
def _for_each(sql: str, count: int) -> str:
    """Replace `(:each)` by this many parameters."""
    return sql.replace("(:each)", f"({', '.join(f':{name}' for name in EACH[:count])})")


class Reader(ABC):
    """Queries inside or outside a transaction."""

    @abstractmethod
    async def fetch(self, sql: str, **params: Any) -> Sequence[Row]: ...

    def pinned(self) -> AbstractAsyncContextManager["Reader"]:
        """Several queries on one connection, cheaper than one by one."""
        return nullcontext(self)

    async def one(self, sql: str, **params: Any) -> Row | None:
        rows = await self.fetch(sql, **params)
        return rows[0] if rows else None

    async def fetch_in(self, sql: str, values: Iterable[str] | Iterable[int], **params: Any) -> list[Row]:
        """Return the rows for any number of values at `(:each)`, in no order."""
        wanted = list(dict.fromkeys(values))
        rows: list[Row] = []
        for start in range(0, len(wanted), MANY):
            some = wanted[start : start + MANY]
            rows += await self.fetch(_for_each(sql, len(some)), **dict(zip(EACH, some, strict=False)), **params)
        return rows

    async def fetch_rows(self, sql: str, values: Sequence[Sequence[Any]], **params: Any) -> list[Row]:
        """Return the result of writing any number of rows, whose values start at `(:each, …)`, in no order."""
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
    """A transaction of one service."""

    def __init__(self, session: DatabaseSession, work: "ServiceDatabase") -> None:
        self.session = session
        self.name = work.name
        self._work = work
        self.now = work.clock.now()
        self.deliveries: list[Delivery] = []
        self.events: list[StoredEvent] = []
        self.then: dict[Callable[[ServiceDatabase], Awaitable[None]], None] = {}
        self.failed = 0
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
        """Call this once after the commit. It must not raise, as the transaction is done."""
        self.then[act] = None

    async def emit(self, *events: Event) -> None:
        """Emit events: stored with this transaction and delivered afterwards to all handlers."""
        subjects = [getattr(event, type(event).SUBJECT) for event in events]
        # Handlers get events of a subject in id order, including those of other processes in this millisecond.
        ids = self._work.ids.many("evt", len(events), after=await self._last_event(subjects))
        due = to_micros(self.now + self._work.lease)
        time = to_micros(self.now)
        began, request = tracing.current(), tracing.request_id()
        subscriptions = {kind: self._work.subscriptions.of(kind) for kind in {type(event).__name__ for event in events}}
        rows, deliveries = [], []
        for event, subject, fact_id in zip(events, subjects, ids, strict=True):
            kind = type(event).__name__
            stored = StoredEvent(
                id=fact_id, type=kind, time=self.now, subject=subject, data=event, trace=began, request=request
            )
            data = ENCODER.encode(event).decode()
            self.events.append(stored)
            rows.append({"id": fact_id, "type": kind, "subject": subject, "time": time, "data": data,
                "trace": began, "request": request,
            })  # fmt: skip
            for hearer in subscriptions[kind]:
                self.deliveries.append(Delivery(stored, hearer))
                deliveries.append({"fact_id": fact_id, "hearer": hearer, "subject": subject, "due": due})
        await self.run_many(
            "INSERT INTO facts (id, type, subject, time, data, trace, request)"
            " VALUES (:id, :type, :subject, :time, :data, :trace, :request)",
            rows,
        )
        await self.run_many(
            "INSERT INTO deliveries (fact_id, hearer, subject, due) VALUES (:fact_id, :hearer, :subject, :due)",
            deliveries,
        )

    async def _last_event(self, subjects: Sequence[str]) -> str:
        """The id of the last event about any of these subjects."""
        # One by one: a search for the last event of any of these might scan back from the last event of all.
        sql = "SELECT max(id) AS id FROM facts WHERE subject IN (:each) GROUP BY subject"
        return max((row["id"] for row in await self.fetch_in(sql, subjects)), default="")

    async def redact(self, subject: str) -> None:
        """Remove personal data from this service's events about `subject`."""
        await self._redact(await self.fetch("SELECT * FROM facts WHERE subject = :subject", subject=subject))

    async def _redact(self, rows: Sequence[Row]) -> None:
        for row in rows:
            clean = msgspec.json.encode(redacted(decode(row["type"], row["data"]))).decode()
            await self.run("UPDATE facts SET data = :data WHERE id = :id", id=row["id"], data=clean)

    async def redact_delivered(self, event_type: str, since: datetime) -> None:
        """Remove personal data from fully delivered events of a type."""
        rows = await self.fetch(
            "SELECT * FROM facts f WHERE f.type = :type AND f.time >= :since"
            " AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.fact_id = f.id)",
            type=event_type,
            since=to_micros(since),
        )
        await self._redact(rows)


class PinnedConnection(Reader):
    """Queries on one connection."""

    def __init__(self, reads: Queryable, name: str) -> None:
        self._reads = reads
        self._name = name

    async def fetch(self, sql: str, **params: Any) -> Sequence[Row]:
        with tracing.span(self._name, "client", notes={STATEMENT: sql}):
            return await self._reads.fetch(sql, params)


class ReplicaReader(Reader):
    """Reads that may lag behind other processes: for reports, never for decisions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(self, sql: str, **params: Any) -> Sequence[Row]:
        return await self._database.fetch_late(sql, params)


class Request:
    """Versions within a request: those first read hold until it ends, or we change something.

    They expire after a moment, as a task started in a request may outlive it.
    """

    def __init__(self) -> None:
        self.versions: Any = None
        self.changes = 0
        self._until = time.monotonic() + REQUEST_S

    @property
    def holds(self) -> bool:
        """Whether the versions still hold."""
        return self.versions is not None and time.monotonic() < self._until


_request: ContextVar[Request | None] = ContextVar("request", default=None)


def this_request() -> Request | None:
    """The current request, or None."""
    return _request.get()


@contextmanager
def one_request() -> Iterator[None]:
    """Treat everything inside as one request."""
    before = _request.set(Request())
    try:
        yield
    finally:
        _request.reset(before)


class VersionStore(Protocol):
    """Versions of databases that have none: writers mark a change just before and right after the commit.

    While a commit may be in progress the version is unknown; after a crash in between, for a while.
    """

    async def before(self, name: str) -> str:
        """Announce a commit to `name`; returns a token for `after`, or "" if that failed."""
        ...

    async def after(self, name: str, token: str) -> None:
        """Report the commit; if that fails, it is retried as soon as possible."""
        ...

    async def versions(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return a version for each name, which differs after each change; None if unknown for now."""
        ...

    async def close(self) -> None: ...


class ServiceDatabase(Reader):
    """The database of a service. `name`: the service's; `lease`: how long this process keeps its deliveries.

    `versions`: the version store, for databases without versions. `zone`: the shop's, for times without one. `aside`: rows
    that could not be read or done.
    """

    zone = ZoneInfo("UTC")

    def __init__(self, name: str, database: Database, clock: Clock, ids: Ids, subscriptions: Subscriptions) -> None:
        self.name = name
        self.database = database
        self.clock = clock
        self.ids = ids
        self.subscriptions = subscriptions
        self.after_commit: Callable[[ServiceDatabase, list[Delivery]], None] = lambda _work, _deliveries: None
        self.counted: Callable[[str, int], None] = lambda _type, _count: None
        self.lease = LEASE
        self.versions: VersionStore | None = None
        self.replica: Reader = ReplicaReader(database)
        self.aside = Quarantine(name)

    async def fetch(self, sql: str, **params: Any) -> Sequence[Row]:
        with tracing.span(self.name, "client", notes={STATEMENT: sql}):
            return await self.database.fetch(sql, params)

    @asynccontextmanager
    async def pinned(self) -> AsyncIterator[Reader]:
        async with self.database.pinned() as reads:
            yield PinnedConnection(reads, self.name)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Reader]:
        """Read everything as it is now, for as long as needed."""
        async with self.database.snapshot() as snapshot:
            yield PinnedConnection(snapshot, self.name)

    def now(self) -> datetime:
        return self.clock.now()

    @asynccontextmanager
    async def begin(self, dedup_key: str | None = None) -> AsyncIterator[Transaction]:
        """A transaction. With `dedup_key` only one with this key ever commits; later ones raise AlreadyDone."""
        outer = _together.get().get(self.name)
        if outer is not None:
            tx = Transaction(outer.session, self)
            await self._once(tx, dedup_key)
            outer.failed += 1  # until it is known to be whole
            yield tx
            outer.failed -= 1
            outer.deliveries += tx.deliveries
            outer.events += tx.events
            outer.then |= tx.then
            return
        async with self.database.begin() as session:
            tx = Transaction(session, self)
            await self._once(tx, dedup_key)
            yield tx
        for kind, count in Counter(event.type for event in tx.events).items():
            self.counted(kind, count)
        for event in tx.events:
            business.note_event(event)
        if tx.deliveries:
            self.after_commit(self, tx.deliveries)
        for act in tx.then:
            await act(self)

    @asynccontextmanager
    async def batch(self) -> AsyncIterator[None]:
        """Commit everything this task begins inside as one; if anything fails, all is rolled back: Unavailable.

        For many small transactions within this service: one disk sync instead of many.
        """
        async with self.begin() as tx:
            before = _together.set({**_together.get(), self.name: tx})
            try:
                yield
            finally:
                _together.reset(before)
            if tx.failed:
                raise Unavailable(_("One of several changes failed; none of them was made."))

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
        """Whether this is a demo shop, according to its data; no setting decides that."""
        return await self.one("SELECT 1 AS found FROM shop_marks WHERE name = :name", name=DEMO) is not None

    async def mark_demo(self) -> None:
        """Mark this as a demo shop, permanently."""
        async with self.begin() as tx:
            await tx.run(
                "INSERT INTO shop_marks (name, time) VALUES (:name, :time) ON CONFLICT (name) DO NOTHING",
                name=DEMO,
                time=to_micros(tx.now),
            )

    async def redact_erased(self) -> None:
        """Scheduled job: remove erased people from events, once these are delivered."""
        async with self.begin() as tx:
            for name, kind in Event.types.items():
                if kind.FORGETS and personal_fields(kind):
                    await tx.redact_delivered(name, tx.now - FORGOTTEN_WITHIN)

    async def events_after(self, fact_id: str, limit: int) -> list[StoredEvent]:
        """Return this service's events after an id ("": the first), oldest first."""
        rows = await self.fetch("SELECT * FROM facts WHERE id > :id ORDER BY id LIMIT :limit", id=fact_id, limit=limit)
        return self.aside.readable("event", rows, lambda row: str(row["id"]), read_event)


def read_event(row: Row) -> StoredEvent:
    """Decode a stored event.

    Fields only newer versions know stay as JSON, for the handlers; no decision here depends on them.
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
