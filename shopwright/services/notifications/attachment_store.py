"""SQL for documents attached to messages, and messages that wait for theirs."""

from collections.abc import Iterable

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import Reader, Transaction
from shopwright.services.notifications.contract import AttachedDocument


async def attach(tx: Transaction, message_id: str, document_id: str, name: str) -> bool:
    """Attach a document to a message. Returns False if another message has it."""
    await tx.run(
        "INSERT INTO attached_documents (id, message_id, name, created_at) VALUES (:id, :message_id, :name, :now)"
        " ON CONFLICT (id) DO NOTHING",
        id=document_id,
        message_id=message_id,
        name=name,
        now=to_micros(tx.now),
    )
    row = await tx.one("SELECT message_id FROM attached_documents WHERE id = :id", id=document_id)
    return row is not None and row["message_id"] == message_id


async def with_others(source: Reader, message_id: str, document_ids: Iterable[str]) -> set[str]:
    """Return which of these documents belong to other messages."""
    rows = await source.fetch_in(
        "SELECT id FROM attached_documents WHERE id IN (:each) AND message_id <> :message_id",
        document_ids,
        message_id=message_id,
    )
    return {str(row["id"]) for row in rows}


async def has_left_without(tx: Transaction, order_id: str, kind: str) -> bool:
    """Whether a message of this order that needed such a document was sent without one."""
    row = await tx.one(
        "SELECT 1 AS found FROM messages m WHERE m.order_id = :order_id AND m.documents = :kind AND m.state <> 'waiting'"
        " AND NOT EXISTS (SELECT 1 FROM attached_documents a WHERE a.message_id = m.id) LIMIT 1",
        order_id=order_id,
        kind=kind,
    )
    return row is not None


async def of_message(source: Reader, message_id: str) -> tuple[AttachedDocument, ...]:
    """Return the documents of a message."""
    rows = await source.fetch(
        "SELECT id, name FROM attached_documents WHERE message_id = :id ORDER BY id", id=message_id
    )
    return tuple(AttachedDocument(row["id"], row["name"]) for row in rows)


async def await_documents(tx: Transaction, message_id: str) -> None:
    """Note that a message's documents are unavailable from now on."""
    await tx.run(
        "UPDATE messages SET documents_since = :now WHERE id = :id AND documents_since = 0",
        id=message_id,
        now=to_micros(tx.now),
    )


async def have_documents(tx: Transaction, message_id: str) -> None:
    """Clear that note."""
    await tx.run("UPDATE messages SET documents_since = 0 WHERE id = :id", id=message_id)


async def left_without(source: Reader, limit: int) -> list[tuple[str, str, str]]:
    """Return messages sent without their documents: id, order, kind of document."""
    rows = await source.fetch(
        "SELECT id, order_id, documents FROM messages WHERE documents_since > 0 AND state = 'sent' ORDER BY id LIMIT :limit",
        limit=limit,
    )
    return [(row["id"], row["order_id"], row["documents"]) for row in rows]
