"""Where orders of earlier shops came from, in SQL."""

from shopwright.kit.work import Transaction, Work


async def by_source(source: Work | Transaction, name: str) -> str | None:
    """The order that came from there."""
    row = await source.one("SELECT id FROM orders WHERE source = :name AND source <> ''", name=name)
    return row["id"] if row else None


async def is_past(source: Transaction, order_id: str) -> bool:
    """Did it come from an earlier shop?"""
    return await source.one("SELECT id FROM orders WHERE id = :id AND source <> ''", id=order_id) is not None


async def set_past(tx: Transaction, order_id: str, name: str, *, sent: bool) -> None:
    """It came from an earlier shop; with `sent`, all of it has left."""
    await tx.run("UPDATE orders SET source = :name WHERE id = :order_id", name=name, order_id=order_id)
    if sent:
        await tx.run("UPDATE order_lines SET shipped = quantity WHERE order_id = :order_id", order_id=order_id)
