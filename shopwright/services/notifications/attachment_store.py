"""Which document went out with which message, in SQL."""

from collections.abc import Iterable

from shopwright.kit.clock import to_micros
from shopwright.kit.work import Reading, Transaction
from shopwright.services.notifications.contract import AttachedDocument


async def attach(tx: Transaction, message_id: str, document_id: str, name: str) -> bool:
    """Does this document go with this message? With another, if that was first."""
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


async def with_others(source: Reading, message_id: str, document_ids: Iterable[str]) -> set[str]:
    """Those of these documents that go with another message."""
    rows = await source.fetch_in(
        "SELECT id FROM attached_documents WHERE id IN (:each) AND message_id <> :message_id",
        document_ids,
        message_id=message_id,
    )
    return {str(row["id"]) for row in rows}


async def has_left_without(tx: Transaction, order_id: str, kind: str) -> bool:
    """Was a message of this order sent that should have had such a document, and had none?"""
    row = await tx.one(
        "SELECT 1 AS found FROM messages m WHERE m.order_id = :order_id AND m.documents = :kind AND m.state = 'sent'"
        " AND NOT EXISTS (SELECT 1 FROM attached_documents a WHERE a.message_id = m.id) LIMIT 1",
        order_id=order_id,
        kind=kind,
    )
    return row is not None


async def of_message(source: Reading, message_id: str) -> tuple[AttachedDocument, ...]:
    """What goes with a message."""
    rows = await source.fetch(
        "SELECT id, name FROM attached_documents WHERE message_id = :id ORDER BY id", id=message_id
    )
    return tuple(AttachedDocument(row["id"], row["name"]) for row in rows)
