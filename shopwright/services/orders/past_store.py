"""SQL for the origin of imported orders."""

from typing import Any

from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.services.orders import store, taxes

EARLIER = ("shopify", "woocommerce", "magento")  # shops whose orders are imported


def known_as(number: str) -> tuple[str, dict[str, Any]]:
    """Return the condition, and its parameters, for an e-mail address (`lower`) or an earlier shop's order number."""
    olds = [f"{kind}/{sign}{number}" for kind in EARLIER for sign in ("", "#")]
    names = {f"from{place}": old for place, old in enumerate(olds)}
    found = f"source <> '' AND source IN ({', '.join(f':{name}' for name in names)})"
    return f"(lower(email) = :lower AND email <> '' OR ({found}))", dict(names)


async def by_source(source: ServiceDatabase | Transaction, name: str) -> str | None:
    """Return the id of the order imported from this source."""
    row = await source.one("SELECT id FROM orders WHERE source = :name AND source <> ''", name=name)
    return row["id"] if row else None


async def is_past(source: Transaction, order_id: str) -> bool:
    """Whether the order was imported."""
    return await source.one("SELECT id FROM orders WHERE id = :id AND source <> ''", id=order_id) is not None


async def begin_after(tx: Transaction, number: int) -> None:
    """Continue order numbers above this one; the skipped numbers were the earlier shop's and are noted as a gap."""
    if not await tx.run("UPDATE counters SET value = :n WHERE name = 'order_number' AND value < :n", n=number):
        return
    last = await tx.one("SELECT max(number) AS n FROM orders")
    await store.set_counter(tx, f"gap after {(last and last['n']) or 1000}", number)


async def set_past(tx: Transaction, order_id: str, name: str, found: taxes.CurrentTaxes, *, sent: bool) -> None:
    """Mark an order as imported with these taxes; `sent`: everything has been shipped."""
    await tx.run(
        "UPDATE orders SET source = :name, taxes = :taxes WHERE id = :order_id",
        name=name,
        taxes=store.to_json(found),
        order_id=order_id,
    )
    if sent:
        await tx.run("UPDATE order_lines SET shipped = quantity WHERE order_id = :order_id", order_id=order_id)


async def insert_source(tx: Transaction, order_id: str, body: str) -> None:
    """Store the encrypted rows the order was imported from."""
    await tx.run("INSERT INTO order_sources (order_id, body) VALUES (:order_id, :body)", order_id=order_id, body=body)


async def source_of(source: ServiceDatabase, order_id: str) -> str | None:
    """Return the encrypted rows, or None."""
    row = await source.one("SELECT body FROM order_sources WHERE order_id = :order_id", order_id=order_id)
    return str(row["body"]) if row else None


async def delete_source(tx: Transaction, order_id: str) -> None:
    """Delete the rows of an erased buyer."""
    await tx.run("DELETE FROM order_sources WHERE order_id = :order_id", order_id=order_id)
