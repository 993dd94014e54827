"""A service at work: its own database with clock, ids and the facts it tells.

    async with self._work.begin() as tx:
        await store.write(tx, order)
        await tx.tell(OrderPlaced(order_id=order.id, …))

When the block ends, the change and its facts are on disk together, or neither is.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec

from shopwright.kit.clock import Clock, from_micros, to_micros
from shopwright.kit.database import Database, Row, Session
from shopwright.kit.facts import Event, Fact, Heard, Hearers, decode, redacted
from shopwright.kit.ids import Ids

# How long the process that told a fact keeps the deliveries to itself before others may take them over.
LEASE = timedelta(seconds=20)
ANSWERS_KEPT = timedelta(days=1)
FORGOTTEN_WITHIN = timedelta(days=30)


class AlreadyDone(Exception):
    """`begin(once=…)` met a key that an earlier transaction has used."""


class Transaction:
    """One transaction of one service."""

    def __init__(self, session: Session, work: "Work") -> None:
        self.session = session
        self._work = work
        self.now = work.clock.now()
        self.told: list[Heard] = []

    async def fetch(self, sql: str, **params: Any) -> Sequence[Row]:
        return await self.session.fetch(sql, params)

    async def one(self, sql: str, **params: Any) -> Row | None:
        rows = await self.session.fetch(sql, params)
        return rows[0] if rows else None

    async def run(self, sql: str, **params: Any) -> int:
        return await self.session.run(sql, params)

    async def run_many(self, sql: str, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            await self.session.run_many(sql, rows)

    async def tell(self, event: Event) -> None:
        """Tell a fact: stored with this transaction, delivered after it to everyone who listens."""
        kind = type(event)
        subject = getattr(event, kind.SUBJECT)
        # Hearers are told about a subject in the order of ids: also of those another process made in this millisecond.
        last = await self.one("SELECT max(id) AS id FROM facts WHERE subject = :subject", subject=subject)
        fact = Fact(
            id=self._work.ids.new("evt", after=last["id"] or "" if last else ""),
            type=kind.__name__,
            time=self.now,
            subject=subject,
            data=event,
        )
        await self.run(
            "INSERT INTO facts (id, type, subject, time, data) VALUES (:id, :type, :subject, :time, :data)",
            id=fact.id,
            type=fact.type,
            subject=fact.subject,
            time=to_micros(fact.time),
            data=msgspec.json.encode(event).decode(),
        )
        due = to_micros(self.now + LEASE)
        heard = [Heard(fact, hearer) for hearer in self._work.hearers.of(fact.type)]
        await self.run_many(
            "INSERT INTO deliveries (fact_id, hearer, subject, due) VALUES (:fact_id, :hearer, :subject, :due)",
            [{"fact_id": fact.id, "hearer": one.hearer, "subject": fact.subject, "due": due} for one in heard],
        )
        self.told += heard

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


class Work:
    """What a service works with. `name` is the service's."""

    def __init__(self, name: str, database: Database, clock: Clock, ids: Ids, hearers: Hearers) -> None:
        self.name = name
        self.database = database
        self.clock = clock
        self.ids = ids
        self.hearers = hearers
        self.after_commit: Callable[[Work, list[Heard]], None] = lambda _work, _heard: None

    def __deepcopy__(self, _memo: dict[int, Any]) -> "Work":
        return self  # Litestar copies routes with all they hold; there is one of these a service

    async def fetch(self, sql: str, **params: Any) -> Sequence[Row]:
        return await self.database.fetch(sql, params)

    async def one(self, sql: str, **params: Any) -> Row | None:
        rows = await self.database.fetch(sql, params)
        return rows[0] if rows else None

    def now(self) -> datetime:
        return self.clock.now()

    @asynccontextmanager
    async def begin(self, once: str | None = None) -> AsyncIterator[Transaction]:
        """A transaction. With `once`, at most one transaction with that key ever commits; later ones raise AlreadyDone."""
        async with self.database.begin() as session:
            tx = Transaction(session, self)
            if once is not None:
                fresh = await tx.run(
                    "INSERT INTO inbox (key, time) VALUES (:key, :time) ON CONFLICT (key) DO NOTHING",
                    key=once,
                    time=to_micros(tx.now),
                )
                if not fresh:
                    raise AlreadyDone(once)
            yield tx
        if tx.told:
            self.after_commit(self, tx.told)

    async def tidy(self) -> None:
        """A timer: answers kept for an Idempotency-Key are forgotten, and so is who was forgotten once all have heard of it."""
        async with self.begin() as tx:
            await tx.run("DELETE FROM idempotency WHERE time < :old", old=to_micros(tx.now - ANSWERS_KEPT))
            for name, kind in Event.types.items():
                if kind.FORGETS and kind.PERSONAL:
                    await tx.redact_delivered(name, tx.now - FORGOTTEN_WITHIN)

    async def facts_after(self, fact_id: str, limit: int) -> list[Fact]:
        """This service's own facts after `fact_id` ("" for the first), oldest first."""
        rows = await self.fetch("SELECT * FROM facts WHERE id > :id ORDER BY id LIMIT :limit", id=fact_id, limit=limit)
        return [read_fact(row) for row in rows]


def read_fact(row: Row) -> Fact:
    """A row of `facts` as the fact it keeps."""
    return Fact(
        id=row["id"],
        type=row["type"],
        time=from_micros(row["time"]),
        subject=row["subject"],
        data=decode(row["type"], row["data"]),
    )
