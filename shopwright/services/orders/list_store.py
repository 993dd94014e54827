"""SQL for listing and counting orders."""

from collections.abc import Mapping

from shopwright.kit.data.unit_of_work import Reader, Transaction
from shopwright.services.orders.contract import OrderFilter

# In orders of an earlier version `cancelled` is NULL: as far as possible, their refunded units had not been shipped.
STATES: Mapping[str, str] = {
    "to_ship": "status IN ('paid', 'part_shipped') AND EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = orders.id"
    " AND l.quantity - l.shipped > COALESCE(l.cancelled, l.refunded))",
    "authorised": "status = 'placed' AND authorised = 1",
    "unpaid": "status = 'placed' AND authorised = 0",
}
REFUNDED = (
    "(SELECT CAST(SUM(r.amount) AS BIGINT) FROM order_refunds r WHERE r.order_id = orders.id AND r.status = 'settled')"
)


def condition(status: str) -> tuple[str, dict[str, str]]:
    """Return the condition for a state, with its parameters."""
    return (STATES[status], {}) if status in STATES else ("status = :status", {"status": status})


async def count(source: Reader, status: OrderFilter) -> int:
    """Count orders in a state."""
    where, values = condition(status)
    row = await source.one(f"SELECT count(*) AS n FROM orders WHERE {where}", **values)
    return int(row["n"]) if row else 0


async def set_authorised(tx: Transaction, order_id: str, *, authorised: bool) -> None:
    """Set whether the payment of a placed order is authorised."""
    await tx.run("UPDATE orders SET authorised = :on WHERE id = :id", id=order_id, on=int(authorised))


async def note_authorised(tx: Transaction, later: int) -> None:
    """Mark older orders as authorised whose time to pay ends after `later`, as unpaid ones have less time."""
    await tx.run(
        "UPDATE orders SET authorised = 1"
        " WHERE status = 'placed' AND authorised = 0 AND payment_id IS NOT NULL AND expires_at > :later",
        later=later,
    )
