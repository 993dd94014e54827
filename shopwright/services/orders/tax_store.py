"""SQL for taxes of orders: older orders are read from their receipts, once; corrections may follow."""

import asyncio
from collections.abc import Sequence

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import Reader, ServiceDatabase, Transaction
from shopwright.services.orders import store, taxes
from shopwright.services.orders.contract import Order, tax_texts

SEEN_TO = "parcels seen to"
KNOWN = 2  # of `rates_due`: the rates of the day were asked for; 0 where a process of an earlier version shipped
Found = tuple[str, taxes.CurrentTaxes]  # the id of an order, its taxes


async def read_missing(work: ServiceDatabase, most: int) -> list[Found]:
    """Read taxes of older orders from their receipts, outside a transaction, as parsing takes time."""
    rows = await work.fetch("SELECT id, source FROM orders WHERE taxes IS NULL ORDER BY id LIMIT :most", most=most)
    return [(row["id"], await _of_order(work, row["id"], past=bool(row["source"]))) for row in rows]


async def _of_order(work: ServiceDatabase, order_id: str, *, past: bool) -> taxes.CurrentTaxes:
    found = taxes.CurrentTaxes(unknown=tax_texts.UNREADABLE)
    with work.aside.guard("order", order_id):
        order = await store.read(work, order_id)
        if order is not None:
            await asyncio.sleep(0)  # requests have their turn between two orders
            found = taxes.of_receipt(order, past=past)
    return found


async def correct(tx: Transaction, order: Order) -> None:
    """Write the corrected taxes; the order is locked."""
    shipping = order.shipping.tax_parts if order.shipping else ()
    kept = taxes.kept(
        [line.tax_parts for line in order.lines], shipping, order.tax_corrections, [line.id for line in order.lines]
    )
    await tx.run("UPDATE orders SET taxes = :taxes WHERE id = :id", id=order.id, taxes=store.to_json(kept))


async def parcels_seen_to(source: Reader) -> int | None:
    """Return up to when (microseconds) parcels were checked for missed ones, or None before the first time."""
    row = await source.one("SELECT value FROM counters WHERE name = :name", name=SEEN_TO)
    return int(row["value"]) if row else None


async def note_parcels_seen(tx: Transaction, until: int) -> None:
    """Note that parcels were checked up to then."""
    await store.set_counter(tx, SEEN_TO, until)


async def missed_parcels(source: Reader, first: str, last: str) -> list[str]:
    """Return the parcels between these ids whose rates no process of this version has looked at."""
    rows = await source.fetch(
        "SELECT id FROM shipments WHERE id >= :first AND id < :last AND rates_due = 0 ORDER BY id",
        first=first,
        last=last,
    )
    return [row["id"] for row in rows]


async def rates_known(tx: Transaction, shipment_id: str) -> None:
    """Note that a shipment has the rates of its day."""
    await tx.run("UPDATE shipments SET rates_due = :known WHERE id = :id", known=KNOWN, id=shipment_id)


async def await_rates(tx: Transaction, shipment_id: str) -> None:
    """Note that a shipment's rates are still due."""
    await tx.run("UPDATE shipments SET rates_due = 1 WHERE id = :id", id=shipment_id)


async def awaiting_rates(work: ServiceDatabase, most: int) -> list[tuple[str, str]]:
    """Return shipments whose rates are due with their orders, least recently tried first."""
    rows = await work.fetch(
        "SELECT id, order_id FROM shipments WHERE rates_due = 1 ORDER BY rates_asked, id LIMIT :most", most=most
    )
    return [(row["id"], row["order_id"]) for row in rows]


async def ask_rates(tx: Transaction, shipment_ids: Sequence[str]) -> None:
    """Note that rates are being requested, so that after a failure others go first."""
    await tx.run_many(
        "UPDATE shipments SET rates_asked = :now WHERE id = :id",
        [{"id": one, "now": to_micros(tx.now)} for one in shipment_ids],
    )


async def have_rates(tx: Transaction, shipment_id: str) -> bool:
    """Clear the note. Returns False if another process did; the order is locked."""
    return bool(
        await tx.run(
            "UPDATE shipments SET rates_due = :known WHERE id = :id AND rates_due = 1", known=KNOWN, id=shipment_id
        )
    )


async def write(tx: Transaction, found: Sequence[Found]) -> None:
    """Write the taxes that were read, unless another process has."""
    await tx.run_many(
        "UPDATE orders SET taxes = :taxes WHERE id = :id AND taxes IS NULL",
        [{"id": order_id, "taxes": store.to_json(one)} for order_id, one in found],
    )
