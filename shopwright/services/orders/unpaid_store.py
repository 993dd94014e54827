"""SQL for the limits on unpaid reservations."""

from collections.abc import Mapping, Sequence

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import Transaction


async def lock(tx: Transaction, holders: Sequence[str]) -> None:
    """Lock these holders until the transaction ends, always in the same order."""
    for holder in sorted(holders):
        await tx.run(
            "INSERT INTO holders (holder, touched) VALUES (:holder, :now)"
            " ON CONFLICT (holder) DO UPDATE SET touched = excluded.touched",
            holder=holder,
            now=to_micros(tx.now),
        )


async def held(tx: Transaction, holder: str, but: str) -> tuple[int, int, int]:
    """Return the number, units and value of a holder's unpaid orders, without the order `but`."""
    row = await tx.one(
        "SELECT count(*) AS orders, CAST(COALESCE(SUM(units), 0) AS BIGINT) AS units,"
        " CAST(COALESCE(SUM(value), 0) AS BIGINT) AS value FROM holds WHERE holder = :holder AND order_id <> :but",
        holder=holder,
        but=but,
    )
    return (row["orders"], row["units"], row["value"]) if row else (0, 0, 0)


async def held_of(tx: Transaction, holder: str, but: str) -> dict[str, int]:
    """Return a holder's unpaid units by variant, without the order `but`."""
    rows = await tx.fetch(
        "SELECT l.variant_id, CAST(SUM(l.quantity) AS BIGINT) AS quantity FROM holds h"
        " JOIN held_lines l ON l.order_id = h.order_id WHERE h.holder = :holder AND h.order_id <> :but"
        " GROUP BY l.variant_id",
        holder=holder,
        but=but,
    )
    return {row["variant_id"]: row["quantity"] for row in rows}


async def insert(tx: Transaction, order_id: str, holders: Sequence[str], wanted: Mapping[str, int], value: int) -> None:
    """Record what an order holds for these holders. Safe to repeat."""
    await tx.run_many(
        "INSERT INTO holds (order_id, holder, units, value) VALUES (:order_id, :holder, :units, :value)"
        " ON CONFLICT (order_id, holder) DO NOTHING",
        [{"order_id": order_id, "holder": holder, "units": sum(wanted.values()), "value": value} for holder in holders],
    )
    await tx.run_many(
        "INSERT INTO held_lines (order_id, variant_id, quantity) VALUES (:order_id, :variant_id, :quantity)"
        " ON CONFLICT (order_id, variant_id) DO NOTHING",
        [{"order_id": order_id, "variant_id": one, "quantity": quantity} for one, quantity in wanted.items()],
    )


async def let_go(tx: Transaction, order_id: str) -> None:
    """Delete the record of an order that was paid or closed."""
    await tx.run("DELETE FROM holds WHERE order_id = :order_id", order_id=order_id)
    await tx.run("DELETE FROM held_lines WHERE order_id = :order_id", order_id=order_id)


async def forget_holders(tx: Transaction, before: int) -> None:
    """Delete holders that hold nothing."""
    await tx.run(
        "DELETE FROM holders WHERE touched < :before"
        " AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.holder = holders.holder)",
        before=before,
    )
