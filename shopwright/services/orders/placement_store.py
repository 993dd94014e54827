"""SQL for placements in progress: one row per idempotency key, from before any reservation until the order is stored."""

from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.services.orders import whole_store


async def claim_key(tx: Transaction, key: str, fingerprint: str, order_id: str) -> tuple[str, str]:
    """Return the order id of this key and the fingerprint of its first request."""
    await tx.run(
        "INSERT INTO placements (key, fingerprint, order_id) VALUES (:key, :fingerprint, :order_id)"
        " ON CONFLICT (key) DO NOTHING",
        key=key,
        fingerprint=fingerprint,
        order_id=order_id,
    )
    row = await tx.one("SELECT order_id, fingerprint FROM placements WHERE key = :key", key=key)
    return (row["order_id"], row["fingerprint"]) if row else (order_id, fingerprint)


async def keep_placement(tx: Transaction, order_id: str) -> bool:
    """Lock the placement and mark it as stored until the transaction ends. Returns False if it was abandoned."""
    return bool(
        await tx.run(
            "UPDATE placements SET written = 1 WHERE order_id = :order_id AND key <> :order_id",
            order_id=order_id,
        )
    )


async def give_up_placement(tx: Transaction, order_id: str) -> bool:
    """Abandon a placement and free its key. Returns False if it has become an order.

    The row stays under the order's id, which is never a key, until everything reserved for it is released.
    """
    # Lock first, then read: each PostgreSQL statement has its own snapshot, and one that had to wait for the row
    # would not see the order written meanwhile.
    await keep_placement(tx, order_id)
    if await tx.one("SELECT 1 AS found FROM orders WHERE id = :order_id", order_id=order_id):
        return False
    await tx.run("UPDATE placements SET key = order_id, written = 0 WHERE order_id = :order_id", order_id=order_id)
    return True


async def abandoned_placements(source: ServiceDatabase, before: str) -> list[str]:
    """Return orders whose placement began before that id was made and was never finished."""
    rows = await source.fetch(
        "SELECT p.order_id FROM placements p LEFT JOIN orders o ON o.id = p.order_id"
        " WHERE p.written = 0 AND p.order_id < :before AND o.id IS NULL ORDER BY p.order_id LIMIT 100",
        before=before,
    )
    return [row["order_id"] for row in rows]


async def note_written(tx: Transaction, most: int) -> int:
    """Mark placements whose orders were stored by a process of the previous version. Returns how many."""
    return await tx.run(
        "UPDATE placements SET written = 1 WHERE written = 0 AND order_id IN ("
        " SELECT p.order_id FROM placements p JOIN orders o ON o.id = p.order_id WHERE p.written = 0"
        " ORDER BY p.order_id LIMIT :most)",
        most=most,
    )


async def drop_placement(tx: Transaction, order_id: str) -> None:
    """Delete an abandoned placement once everything is released."""
    await tx.run("DELETE FROM placements WHERE key = :order_id", order_id=order_id)


async def units(source: ServiceDatabase, order_id: str) -> list[tuple[str, int]]:
    """Return the variants of an order and their quantities."""
    rows = await source.fetch("SELECT body, quantity FROM order_lines WHERE order_id = :id", id=order_id)
    return [(decode_tolerant(row["body"], whole_store.LineBody).variant_id, row["quantity"]) for row in rows]
