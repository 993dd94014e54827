"""The taxes of orders a version before has written, in SQL: read from their receipts, once."""

from shopwright.kit.work import Transaction
from shopwright.services.orders import store, taxes


async def write_missing(tx: Transaction, most: int) -> int:
    """Those of so many orders; answers how many there were."""
    rows = await tx.fetch("SELECT id, source FROM orders WHERE taxes IS NULL ORDER BY id LIMIT :most", most=most)
    for row in rows:
        found = taxes.Kept(unknown=taxes.UNREADABLE)
        with tx.aside.guard("order", row["id"]):
            order = await store.read(tx, row["id"])
            if order is not None:
                found = taxes.of_receipt(order, past=bool(row["source"]))
        await tx.run(
            "UPDATE orders SET taxes = :taxes WHERE id = :id AND taxes IS NULL",
            id=row["id"],
            taxes=store.to_json(found),
        )
    return len(rows)
