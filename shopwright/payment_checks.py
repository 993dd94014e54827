"""What the doctor says of payments: without an order, of a cancelled one, or known to the provider alone."""

from shopwright.app import Shop
from shopwright.kit.clock import from_micros
from shopwright.kit.database import Row
from shopwright.kit.money import Money, write

PAYMENTS = (
    "SELECT id, order_id, status, amount, refunded, currency, provider, created_at,"
    " (SELECT CAST(COALESCE(SUM(r.amount), 0) AS BIGINT) FROM refunds r WHERE r.payment_id = payments.id"
    " AND r.state = 'asked') AS waiting,"
    " (SELECT MAX(r.why) FROM refunds r WHERE r.payment_id = payments.id AND r.state = 'refused') AS why FROM payments"
)
RECEIVED = frozenset({"captured", "part_refunded", "disputed"})


def kept_money(row: Row) -> list[str]:
    """What of the money of a cancelled order has not gone back; what waits was promised, and alerts tell of it."""
    kept = Money(row["amount"] - row["refunded"], row["currency"])
    if kept.amount <= 0:
        return []
    why = f" The payment provider refused to: {row['why']}" if row["why"] else ""
    return [f"Order {row['order_id']} is cancelled, but {write(kept)} of its payment {row['id']} were kept.{why}"]


def without_order(row: Row) -> str:
    """A payment whose order is not there, and how its money can be given back."""
    left = Money(row["amount"] - row["refunded"], row["currency"])
    order = f"order {row['order_id']}, which does not exist" if row["order_id"] else "an order that is not known"
    said = (
        f"Payment {row['id']} ({row['status']}, {write(left)} by {row['provider']}, {from_micros(row['created_at']):%Y-%m-%d}) is"
        f" for {order}."
    )
    offer = f" To give the money back: `shopwright doctor --refund {row['id']}`."
    return said + (offer if row["status"] in RECEIVED else "")


async def payments_without_orders(shop: Shop) -> list[Row]:
    """Payments that were received, and not given back, for orders that do not exist."""
    there = {row["id"] for row in await shop.works["orders"].fetch("SELECT id FROM orders")}
    rows = await shop.works["payments"].fetch(PAYMENTS)
    return [
        row
        for row in rows
        if row["order_id"] not in there and row["status"] in RECEIVED and row["refunded"] < row["amount"]
    ]


async def payments_are_known(shop: Shop) -> list[str]:
    """What providers have received and the shop does not know."""
    return [
        f"{one.provider} has received {write(one.amount)} as {one.reference}, and the shop does not know it. To write it"
        f" down: `shopwright payments take-in {one.reference}`."
        for one in await shop.payments.unknown()
    ]
