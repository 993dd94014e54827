"""Orders that are being placed: one row a key, from before anything is set aside until the order is written."""

from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.services.orders import whole_store


async def claim_key(tx: Transaction, key: str, fingerprint: str, order_id: str) -> tuple[str, str]:
    """The id of the order this key places, and the fingerprint of the request that came with it first."""
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
    """Held, and written down as one that became an order, until the transaction ends; False where it was given up meanwhile."""
    return bool(
        await tx.run(
            "UPDATE placements SET written = 1 WHERE order_id = :order_id AND key <> :order_id",
            order_id=order_id,
        )
    )


async def give_up_placement(tx: Transaction, order_id: str) -> bool:
    """From here on it cannot become an order, and its key is free for another; False where it has become one.

    The row stays, under the order's id (no key is one), until what was set aside for it has gone back.
    """
    # Held first, asked second: PostgreSQL gives each statement a view of its own, and one that had to wait for the row
    # would not see the order that was written meanwhile.
    await keep_placement(tx, order_id)
    if await tx.one("SELECT 1 AS found FROM orders WHERE id = :order_id", order_id=order_id):
        return False
    await tx.run("UPDATE placements SET key = order_id, written = 0 WHERE order_id = :order_id", order_id=order_id)
    return True


async def abandoned_placements(source: ServiceDatabase, before: str) -> list[str]:
    """Orders that were begun before that id was made, and never came to be."""
    rows = await source.fetch(
        "SELECT p.order_id FROM placements p LEFT JOIN orders o ON o.id = p.order_id"
        " WHERE p.written = 0 AND p.order_id < :before AND o.id IS NULL ORDER BY p.order_id LIMIT 100",
        before=before,
    )
    return [row["order_id"] for row in rows]


async def note_written(tx: Transaction, most: int) -> int:
    """Placements of orders that a process of the version before has written; answers how many there were of them."""
    return await tx.run(
        "UPDATE placements SET written = 1 WHERE written = 0 AND order_id IN ("
        " SELECT p.order_id FROM placements p JOIN orders o ON o.id = p.order_id WHERE p.written = 0"
        " ORDER BY p.order_id LIMIT :most)",
        most=most,
    )


async def drop_placement(tx: Transaction, order_id: str) -> None:
    """One that was given up, and of which nothing is left."""
    await tx.run("DELETE FROM placements WHERE key = :order_id", order_id=order_id)


async def units(source: ServiceDatabase, order_id: str) -> list[tuple[str, int]]:
    """What an order is of: variants, and how many."""
    rows = await source.fetch("SELECT body, quantity FROM order_lines WHERE order_id = :id", id=order_id)
    return [(decode_tolerant(row["body"], whole_store.LineBody).variant_id, row["quantity"]) for row in rows]
