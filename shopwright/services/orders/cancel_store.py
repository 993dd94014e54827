"""SQL for cancellations in progress: the refund comes first, and the order is locked against other changes meanwhile."""

import msgspec

from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.personal import Personal


class PendingCancellation(msgspec.Struct, frozen=True, kw_only=True):
    """A cancellation in progress: reason, actor, and the idempotency key of its refund."""

    reason: Personal[str]
    key: str
    who: Personal[str] = ""
    user_id: str | None = None
    role: str = ""
    took_goods: bool = False


async def begin(tx: Transaction, order_id: str, cancelling: PendingCancellation) -> bool:
    """Mark a paid order as being cancelled. Returns False if it already is, or is not paid."""
    return bool(
        await tx.run(
            "UPDATE orders SET cancelling = :cancelling WHERE id = :id AND status = 'paid' AND cancelling IS NULL",
            id=order_id,
            cancelling=msgspec.json.encode(cancelling).decode(),
        )
    )


async def end(tx: Transaction, order_id: str) -> None:
    """Clear the mark, whether the order was cancelled or stays as it was."""
    await tx.run("UPDATE orders SET cancelling = NULL WHERE id = :id AND cancelling IS NOT NULL", id=order_id)


async def cancelling_of(source: ServiceDatabase | Transaction, order_id: str) -> PendingCancellation | None:
    """Return the cancellation in progress of an order, or None."""
    row = await source.one("SELECT cancelling FROM orders WHERE id = :id AND cancelling IS NOT NULL", id=order_id)
    return decode_tolerant(row["cancelling"], PendingCancellation) if row else None


async def unfinished(source: ServiceDatabase, limit: int) -> list[str]:
    """Return the ids of orders with a cancellation in progress."""
    rows = await source.fetch(
        "SELECT id FROM orders WHERE cancelling IS NOT NULL ORDER BY id LIMIT :limit", limit=limit
    )
    return [row["id"] for row in rows]
