"""Where orders of earlier shops came from, in SQL."""

from typing import Any

from shopwright.kit.work import Transaction, Work

EARLIER = ("shopify", "woocommerce", "magento")  # shops whose orders are imported


def known_as(number: str) -> tuple[str, dict[str, Any]]:
    """By the address (`text`, `lower`), or by the number it had in an earlier shop: a condition, and what it is given."""
    olds = [f"{kind}/{sign}{number}" for kind in EARLIER for sign in ("", "#")]
    names = {f"from{place}": old for place, old in enumerate(olds)}
    found = f"source <> '' AND source IN ({', '.join(f':{name}' for name in names)})"
    return f"(email IN (:text, :lower) OR ({found}))", dict(names)


async def by_source(source: Work | Transaction, name: str) -> str | None:
    """The order that came from there."""
    row = await source.one("SELECT id FROM orders WHERE source = :name AND source <> ''", name=name)
    return row["id"] if row else None


async def is_past(source: Transaction, order_id: str) -> bool:
    """Did it come from an earlier shop?"""
    return await source.one("SELECT id FROM orders WHERE id = :id AND source <> ''", id=order_id) is not None


async def begin_after(tx: Transaction, number: int) -> None:
    """Numbers that are given from now on are above this; those between were the earlier shop's, and are noted as a gap."""
    if not await tx.run("UPDATE counters SET value = :n WHERE name = 'order_number' AND value < :n", n=number):
        return
    last = await tx.one("SELECT max(number) AS n FROM orders")
    await tx.run(
        "INSERT INTO counters (name, value) VALUES (:name, :n) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name=f"gap after {(last and last['n']) or 1000}",
        n=number,
    )


async def set_past(tx: Transaction, order_id: str, name: str, *, sent: bool) -> None:
    """It came from an earlier shop; with `sent`, all of it has left."""
    await tx.run("UPDATE orders SET source = :name WHERE id = :order_id", name=name, order_id=order_id)
    if sent:
        await tx.run("UPDATE order_lines SET shipped = quantity WHERE order_id = :order_id", order_id=order_id)
