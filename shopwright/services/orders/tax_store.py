"""The taxes of orders a version before has written, in SQL: read from their receipts, once."""

import asyncio
from collections.abc import Sequence

from shopwright.kit.work import Transaction, Work
from shopwright.services.orders import store, taxes

Found = tuple[str, taxes.Kept]  # the id of an order, its taxes


async def read_missing(work: Work, most: int) -> list[Found]:
    """Those of so many orders, in no transaction: reading a receipt may take a while, and others write meanwhile."""
    rows = await work.fetch("SELECT id, source FROM orders WHERE taxes IS NULL ORDER BY id LIMIT :most", most=most)
    return [(row["id"], await _of_order(work, row["id"], past=bool(row["source"]))) for row in rows]


async def _of_order(work: Work, order_id: str, *, past: bool) -> taxes.Kept:
    found = taxes.Kept(unknown=taxes.UNREADABLE)
    with work.aside.guard("order", order_id):
        order = await store.read(work, order_id)
        if order is not None:
            await asyncio.sleep(0)  # requests have their turn between two orders
            found = taxes.of_receipt(order, past=past)
    return found


async def write(tx: Transaction, found: Sequence[Found]) -> None:
    """Write them down, where nobody else has."""
    await tx.run_many(
        "UPDATE orders SET taxes = :taxes WHERE id = :id AND taxes IS NULL",
        [{"id": order_id, "taxes": store.to_json(one)} for order_id, one in found],
    )
