"""Messages in SQL."""

from collections.abc import Sequence
from datetime import timedelta

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.database import Row
from shopwright.kit.ports import Message
from shopwright.kit.work import Transaction, Work
from shopwright.services.notifications.contract import MessageSummary, MessageView, State

LEASE = timedelta(seconds=60)


async def insert(tx: Transaction, message: Message) -> None:
    """A message to be sent."""
    await tx.run(
        "INSERT INTO messages (id, channel, recipient, subject, text, html, state, due, created_at)"
        " VALUES (:id, :channel, :recipient, :subject, :text, :html, 'waiting', :now, :now)",
        id=message.id,
        channel=message.channel,
        recipient=message.recipient,
        subject=message.subject,
        text=message.text,
        html=message.html,
        now=to_micros(tx.now),
    )


async def claim(tx: Transaction, limit: int) -> list[tuple[Message, int]]:
    """Messages that are due, ours for a while; with how often each was tried."""
    rows = await tx.fetch(
        "UPDATE messages SET due = :lease, attempts = attempts + 1 WHERE id IN ("
        " SELECT id FROM messages WHERE state = 'waiting' AND due <= :now ORDER BY due LIMIT :limit)"
        " AND state = 'waiting' AND due <= :now RETURNING *",
        lease=to_micros(tx.now + LEASE),
        now=to_micros(tx.now),
        limit=limit,
    )
    return [(_message(row), row["attempts"]) for row in rows]


def _message(row: Row) -> Message:
    return Message(
        id=row["id"],
        channel=row["channel"],
        recipient=row["recipient"],
        subject=row["subject"],
        text=row["text"],
        html=row["html"],
    )


async def due(source: Work) -> bool:
    """Is there anything to send?"""
    row = await source.one(
        "SELECT 1 AS found FROM messages WHERE state = 'waiting' AND due <= :now LIMIT 1", now=to_micros(source.now())
    )
    return row is not None


async def finish(tx: Transaction, message_id: str, state: State, problem: str, due_at: int) -> None:
    """How it went."""
    await tx.run(
        "UPDATE messages SET state = :state, problem = :problem, due = :due WHERE id = :id",
        id=message_id,
        state=state,
        problem=problem,
        due=due_at,
    )


async def search(source: Work, text: str, after: str, limit: int) -> list[MessageSummary]:
    """The delivery log, newest first."""
    rows: Sequence[Row] = await source.fetch(
        "SELECT * FROM messages WHERE (:after = '' OR id < :after)"
        " AND (:text = '' OR lower(recipient) LIKE :like OR lower(subject) LIKE :like) ORDER BY id DESC LIMIT :limit",
        after=after,
        text=text,
        like=f"%{text.lower()}%",
        limit=limit,
    )
    return [_summary(row) for row in rows]


def _summary(row: Row) -> MessageSummary:
    return MessageSummary(
        id=row["id"],
        channel=row["channel"],
        recipient=row["recipient"],
        subject=row["subject"],
        state=row["state"],
        attempts=row["attempts"],
        problem=row["problem"],
        created_at=from_micros(row["created_at"]),
    )


async def get(source: Work, message_id: str) -> MessageView | None:
    """One message."""
    row = await source.one("SELECT * FROM messages WHERE id = :id", id=message_id)
    return MessageView(summary=_summary(row), text=row["text"], html=row["html"]) if row else None
