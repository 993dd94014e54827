"""SQL for messages."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.observability import tracing
from shopwright.kit.ports import Message
from shopwright.services.notifications.contract import MessageSummary, MessageView, Outcome, Topic
from shopwright.services.notifications.outgoing_message import OutgoingMessage, masked
from shopwright.services.notifications.retries import lifetime

HOUR = timedelta(hours=1)
# Includes whether a message was kept instead of sent: without a mail server the transport records it.
MESSAGES = "SELECT messages.*, EXISTS (SELECT 1 FROM viewer WHERE viewer.id = messages.id) AS kept FROM messages"


async def insert(
    tx: Transaction,
    message: Message,
    outgoing: OutgoingMessage,
    person: str,
    *,
    forget_after: timedelta | None = None,
    held: str = "",
) -> None:
    """Insert a message to send. `forget_after`: when to delete it; `held`: why it is kept without sending."""
    await tx.run(
        "INSERT INTO messages (id, channel, recipient, subject, text, html, unsubscribe, about, account, topic, secret,"
        " secret_of, state, due, created_at, expires_at, forget_at, problem, order_id, request, trace, documents)"
        " VALUES (:id, :channel, :recipient, :subject, :text, :html, :unsubscribe, :about, :account, :topic, :secret,"
        " :secret_of, :state, :now, :now, :expires_at, :forget_at, :held, :order_id, :request, :trace, :documents)",
        id=message.id,
        channel=message.channel,
        recipient=message.recipient,
        subject=message.subject,
        text=message.text,
        html=message.html,
        unsubscribe=message.unsubscribe,
        about=person,
        account=outgoing.account,
        topic=outgoing.topic,
        secret=outgoing.secret.kind if outgoing.secret else "",
        secret_of=outgoing.secret.of if outgoing.secret else "",
        state="failed" if held else "waiting",
        held=held,
        expires_at=to_micros(tx.now + lifetime(outgoing.topic, outgoing.secret.kind if outgoing.secret else "")),
        forget_at=to_micros(tx.now + forget_after) if forget_after else 0,
        now=to_micros(tx.now),
        order_id=outgoing.order_id,
        request=tracing.request_id(),
        trace=tracing.current(),
        documents=outgoing.documents if message.channel == "email" else "",
    )


async def search(source: ServiceDatabase, text: str, after: str, limit: int) -> list[MessageSummary]:
    """List the delivery log, newest first."""
    rows: Sequence[Row] = await source.fetch(
        f"{MESSAGES} WHERE (:after = '' OR id < :after)"
        " AND (:text = '' OR lower(recipient) LIKE :like OR lower(subject) LIKE :like) ORDER BY id DESC LIMIT :limit",
        after=after,
        text=text,
        like=f"%{text.lower()}%",
        limit=limit,
    )
    return [_summary(row) for row in rows]


async def about_order(source: ServiceDatabase, order_id: str, limit: int) -> list[MessageSummary]:
    """List messages about an order, oldest first."""
    rows = await source.fetch(
        f"{MESSAGES} WHERE order_id = :order_id AND order_id <> '' ORDER BY id LIMIT :limit",
        order_id=order_id,
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
        ended_at=None if row["state"] == "waiting" else from_micros(row["due"]),
        order_id=row["order_id"],
        request_id=row["request"],
        trace_id=tracing.id_of(row["trace"]),
        outcome=_outcome(row),
    )


def _outcome(row: Row) -> Outcome:
    """The outcome in one word."""
    if row["state"] == "sent":
        return "kept" if row["kept"] else "sent"
    if row["state"] == "failed":
        return "failed" if row["attempts"] else "held"
    return "retrying" if row["problem"] else "waiting"


async def get(source: ServiceDatabase, message_id: str) -> MessageView | None:
    """Return a message."""
    row = await source.one(f"{MESSAGES} WHERE id = :id", id=message_id)
    return _view(row) if row else None


def _view(row: Row) -> MessageView:
    return MessageView(
        summary=_summary(row),
        text=masked(row["text"]),
        html=masked(row["html"]),
        unsubscribe=masked(row["unsubscribe"]),
    )


async def messages_for(source: ServiceDatabase, person: str, account: str) -> list[MessageView]:
    """Return all messages to an address and for an account ("" for none)."""
    rows = await source.fetch(
        f"{MESSAGES} WHERE (:person <> '' AND about = :person) OR (:account <> '' AND account = :account) ORDER BY id",
        person=person,
        account=account,
    )
    return [_view(row) for row in rows]


async def to_be_forgotten(source: ServiceDatabase) -> list[str]:
    """Return messages that are due for deletion."""
    rows = await source.fetch(
        "SELECT id FROM messages WHERE forget_at > 0 AND forget_at <= :now LIMIT 100", now=to_micros(source.now())
    )
    return [row["id"] for row in rows]


async def drop(tx: Transaction, message_ids: Sequence[str]) -> None:
    """Delete messages."""
    await tx.run_many("DELETE FROM messages WHERE id = :id", [{"id": one} for one in message_ids])


async def preferences(source: ServiceDatabase | Transaction, person: str) -> dict[tuple[str, str], bool]:
    """Return a person's stored preferences by topic and channel."""
    rows = await source.fetch("SELECT topic, channel, wanted FROM preferences WHERE person = :person", person=person)
    return {(row["topic"], row["channel"]): bool(row["wanted"]) for row in rows}


async def set_preference(tx: Transaction, person: str, topic: str, channel: str, *, wanted: bool) -> None:
    """Write one preference."""
    await tx.run(
        "INSERT INTO preferences (person, topic, channel, wanted) VALUES (:person, :topic, :channel, :wanted)"
        " ON CONFLICT (person, topic, channel) DO UPDATE SET wanted = excluded.wanted",
        person=person,
        topic=topic,
        channel=channel,
        wanted=int(wanted),
    )


async def drop_preferences(tx: Transaction, person: str) -> None:
    """Delete a person's preferences."""
    await tx.run("DELETE FROM preferences WHERE person = :person", person=person)


def digest(token: str) -> str:
    """The stored hash of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def add_unsubscribe(tx: Transaction, token: str, person: str, topic: str) -> None:
    """Insert an unsubscribe token."""
    await tx.run(
        "INSERT INTO unsubscribes (hash, person, topic, created_at) VALUES (:hash, :person, :topic, :now)",
        now=to_micros(tx.now),
        hash=digest(token),
        person=person,
        topic=topic,
    )


async def unsubscribe(source: ServiceDatabase | Transaction, token: str) -> tuple[str, Topic] | None:
    """Return person and topic of a token."""
    row = await source.one("SELECT person, topic FROM unsubscribes WHERE hash = :hash", hash=digest(token))
    return (row["person"], row["topic"]) if row else None


async def written_lately(tx: Transaction, message: Message, *, security: bool) -> int:
    """Count the messages to this recipient on this channel within the last hour."""
    row = await tx.one(
        "SELECT count(*) AS n FROM messages WHERE recipient = :recipient AND channel = :channel AND created_at > :since"
        " AND (CASE WHEN topic = 'account' THEN 1 ELSE 0 END) = :security",
        recipient=message.recipient,
        channel=message.channel,
        since=to_micros(tx.now - HOUR),
        security=int(security),
    )
    return row["n"] if row else 0


async def forget(tx: Transaction, person: str, account: str) -> None:
    """Delete all data of an address ("" for none) and an account."""
    await tx.run("DELETE FROM messages WHERE account = :account", account=account)
    await drop_preferences(tx, account)
    if person:
        await drop_preferences(tx, person)
        await tx.run("DELETE FROM messages WHERE about = :person", person=person)
        await tx.run("DELETE FROM unsubscribes WHERE person = :person", person=person)
