"""SQL for retained buyers."""

from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction


async def insert(tx: Transaction, order_id: str, until: int, body: str) -> None:
    """Insert a buyer unless the order has one: the first version is the buyer at the sale."""
    await tx.run(
        "INSERT INTO kept_buyers (order_id, until, body) VALUES (:order_id, :until, :body) ON CONFLICT (order_id) DO NOTHING",
        order_id=order_id,
        until=until,
        body=body,
    )


async def find(source: ServiceDatabase, order_id: str) -> str | None:
    """Return the encrypted buyer, or None."""
    row = await source.one("SELECT body FROM kept_buyers WHERE order_id = :order_id", order_id=order_id)
    return str(row["body"]) if row else None
