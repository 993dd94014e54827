"""SQL for messages on their way."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.ports import Message
from shopwright.services.notifications.contract import DeliveryReport, State, Topic
from shopwright.services.notifications.outgoing_message import Secret

LEASE = timedelta(seconds=60)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SECOND = 1_000_000


class PendingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message to send, its secrets still missing. `attempts`: including this one.

    `order_id`: its order; `documents`: as in `OutgoingMessage`; `request`, `trace`: its origin. Microseconds, or 0 if
    unset: `expires_at` (the last try), `away_since` (first failure of the channel), `documents_since` (documents
    unavailable).
    """

    message: Message
    topic: Topic
    secret: Secret | None
    attempts: int
    created_at: datetime
    expires_at: int
    away_since: int
    order_id: str = ""
    documents: str = ""
    documents_since: int = 0
    request: str = ""
    trace: str = ""


class MessageKind(msgspec.Struct, frozen=True):
    """The fields that decide how long a message is of use. `secret`: the kind of its link, or ""."""

    id: str
    topic: Topic
    secret: str
    created_at: datetime


class AttemptResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a try. `due` (microseconds): the next try, or when it failed."""

    state: State
    problem: str = ""
    due: int
    away_since: int = 0


async def due(source: ServiceDatabase, channels: Sequence[str]) -> bool:
    """Whether any message is due on these channels."""
    rows = await source.fetch_in(
        "SELECT 1 AS found FROM messages WHERE state = 'waiting' AND due <= :now AND channel IN (:each) LIMIT 1",
        channels,
        now=to_micros(source.now()),
    )
    return bool(rows)


async def claim(tx: Transaction, limit: int, channels: Sequence[str]) -> list[PendingMessage]:
    """Lease due messages of these channels to this process."""
    rows = await tx.fetch_in(
        "UPDATE messages SET due = :lease, attempts = attempts + 1 WHERE id IN ("
        " SELECT id FROM messages WHERE state = 'waiting' AND due <= :now AND channel IN (:each) ORDER BY due LIMIT :limit)"
        " AND state = 'waiting' AND due <= :now RETURNING *",
        channels,
        lease=to_micros(tx.now + LEASE),
        now=to_micros(tx.now),
        limit=limit,
    )
    return sorted((_pending(row) for row in rows), key=lambda one: one.message.id)


def _pending(row: Row) -> PendingMessage:
    parts = ("id", "channel", "recipient", "subject", "text", "html", "unsubscribe")
    return PendingMessage(
        message=Message(**{name: row[name] for name in parts}),
        topic=row["topic"],
        secret=Secret(row["secret"], row["secret_of"]) if row["secret"] else None,
        attempts=row["attempts"],
        created_at=from_micros(row["created_at"]),
        expires_at=row["expires_at"],
        away_since=row["away_since"],
        order_id=row["order_id"],
        documents=row["documents"],
        documents_since=row["documents_since"],
        request=row["request"],
        trace=row["trace"],
    )


async def finish(tx: Transaction, message_id: str, result: AttemptResult) -> None:
    """Store the result of a claimed message."""
    await tx.run(
        "UPDATE messages SET state = :state, problem = :problem, due = :due, away_since = :away_since WHERE id = :id",
        id=message_id,
        state=result.state,
        problem=result.problem,
        due=result.due,
        away_since=result.away_since,
    )


async def release(tx: Transaction, message_ids: Sequence[str]) -> None:
    """Release claimed messages that were not tried."""
    await tx.run_many(
        "UPDATE messages SET due = :now, attempts = attempts - 1 WHERE id = :id AND state = 'waiting'",
        [{"id": one, "now": to_micros(tx.now)} for one in message_ids],
    )


async def retry(tx: Transaction, message_id: str, expires_at: int) -> bool:
    """Set a failed message to waiting."""
    return bool(
        await tx.run(
            "UPDATE messages SET state = 'waiting', attempts = 0, problem = '', due = :now, expires_at = :expires_at,"
            " away_since = 0 WHERE id = :id AND state = 'failed'",
            id=message_id,
            expires_at=expires_at,
            now=to_micros(tx.now),
        )
    )


async def failed(
    source: ServiceDatabase, since: datetime, until: datetime, after: str, limit: int
) -> list[MessageKind]:
    """Return tried and failed messages of a period, after this id."""
    rows = await source.fetch(
        "SELECT id, topic, secret, created_at FROM messages WHERE state = 'failed' AND attempts > 0"
        " AND created_at >= :since AND created_at <= :until AND id > :after ORDER BY id LIMIT :limit",
        since=to_micros(since),
        until=to_micros(until),
        after=after,
        limit=limit,
    )
    return [_kind(row) for row in rows]


async def find(source: ServiceDatabase, message_id: str) -> MessageKind | None:
    """Return a message."""
    row = await source.one("SELECT id, topic, secret, created_at FROM messages WHERE id = :id", id=message_id)
    return _kind(row) if row else None


def _kind(row: Row) -> MessageKind:
    return MessageKind(row["id"], row["topic"], row["secret"], from_micros(row["created_at"]))


async def report(source: ServiceDatabase) -> DeliveryReport:
    """Return counts of waiting and recently failed messages."""
    moment = source.now()
    now = to_micros(moment)
    waiting = await source.one(
        "SELECT count(*) AS n, MIN(created_at) AS oldest, MIN(CASE WHEN due <= :now THEN due END) AS due,"
        " MIN(CASE WHEN away_since > 0 THEN away_since END) AS away FROM messages WHERE state = 'waiting'",
        now=now,
    )
    ended = await source.one(
        "SELECT SUM(CASE WHEN due >= expires_at AND expires_at > 0 THEN 1 ELSE 0 END) AS given_up,"
        " SUM(CASE WHEN due < expires_at AND due >= :hour THEN 1 ELSE 0 END) AS refused, MIN(created_at) AS first"
        " FROM messages WHERE state = 'failed' AND due >= :day AND attempts > 0",
        hour=to_micros(moment - HOUR),
        day=to_micros(moment - DAY),
    )
    if waiting is None or ended is None:
        return DeliveryReport()
    late = min(waiting["due"] or now, waiting["away"] or now)
    return DeliveryReport(
        waiting=waiting["n"],
        oldest_s=max(0.0, (now - (waiting["oldest"] or now)) / SECOND),
        late_s=max(0.0, (now - late) / SECOND),
        given_up=ended["given_up"] or 0,
        refused=ended["refused"] or 0,
        failed_since=from_micros(ended["first"]) if ended["first"] else None,
    )
