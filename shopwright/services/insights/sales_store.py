"""SQL for net sales by day of payment."""

from collections.abc import Sequence

import msgspec

from shopwright.kit.data.events import Event
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.money import Money
from shopwright.services.orders.contract.events import (
    OrderCancelled,
    OrderImported,
    OrderPaid,
    OrderRefunded,
    OrderRefundRefused,
    SoldLine,
)

SALES = (OrderPaid, OrderCancelled, OrderRefunded, OrderRefundRefused)  # an OrderImported is an OrderPaid


class SalesChange(msgspec.Struct, frozen=True, kw_only=True):
    """Change of a day's sales by an event: orders, money and lines."""

    order_id: str
    orders: int
    money: Money
    lines: Sequence[SoldLine]
    sign: int


def change_of(event: Event) -> SalesChange | None:
    """Return what an event changes in the sums, or None."""
    if isinstance(event, OrderPaid):
        back = (
            event.refunded
            if isinstance(event, OrderImported) and event.refunded
            else msgspec.structs.replace(event.total, amount=0)
        )
        kept = event.total - back
        is_full_refund = bool(back.amount) and not kept.amount
        return SalesChange(
            order_id=event.order_id, orders=0 if is_full_refund else 1, money=kept, lines=event.lines, sign=1
        )
    if isinstance(event, OrderRefunded):
        return SalesChange(
            order_id=event.order_id, orders=-int(event.whole), money=-event.of_sale, lines=event.lines, sign=-1
        )
    if isinstance(event, OrderRefundRefused) and event.sold:
        again = event.amount if event.sold_again is None else event.sold_again
        return SalesChange(order_id=event.order_id, orders=int(event.whole), money=again, lines=event.lines, sign=1)
    if isinstance(event, OrderCancelled) and event.unsold is not None:
        return SalesChange(order_id=event.order_id, orders=-1, money=-event.unsold, lines=event.lines, sign=-1)
    return None


async def note_day(tx: Transaction, order_id: str, day: int) -> None:
    """Record the day an order counts on."""
    await tx.run(
        "INSERT INTO sale_days (order_id, day) VALUES (:order_id, :day) ON CONFLICT (order_id) DO NOTHING",
        order_id=order_id,
        day=day,
    )


async def day_of_order(tx: Transaction, order_id: str, otherwise: int) -> int:
    """Return the day an order counts on; `otherwise` if it was paid before days were recorded."""
    row = await tx.one("SELECT day FROM sale_days WHERE order_id = :order_id", order_id=order_id)
    return int(row["day"]) if row else otherwise


async def add(tx: Transaction, day: int, change: SalesChange) -> None:
    """Add a change to the sums."""
    currency = change.money.currency
    await tx.run(
        "INSERT INTO sales (day, currency, orders, revenue) VALUES (:day, :currency, :orders, :revenue)"
        " ON CONFLICT (day, currency) DO UPDATE"
        " SET orders = sales.orders + excluded.orders, revenue = sales.revenue + excluded.revenue",
        day=day,
        currency=currency,
        orders=change.orders,
        revenue=change.money.amount,
    )
    for line in change.lines:
        await tx.run(
            "INSERT INTO products_sold (product_id, currency, title, quantity, revenue)"
            " VALUES (:product_id, :currency, :title, :quantity, :revenue) ON CONFLICT (product_id, currency) DO UPDATE"
            " SET title = excluded.title, quantity = products_sold.quantity + excluded.quantity,"
            " revenue = products_sold.revenue + excluded.revenue",
            product_id=line.product_id,
            currency=currency,
            title=line.title,
            quantity=change.sign * line.quantity,
            revenue=change.sign * line.total.amount,
        )


async def carry(tx: Transaction, day: int, change: SalesChange) -> None:
    """Carry a summed change over whose event leaves the log."""
    await tx.run(
        "UPDATE sales SET carried_orders = carried_orders + :orders, carried_revenue = carried_revenue + :revenue"
        " WHERE day = :day AND currency = :currency",
        day=day,
        currency=change.money.currency,
        orders=change.orders,
        revenue=change.money.amount,
    )
    await tx.run_many(
        "UPDATE products_sold SET carried_quantity = carried_quantity + :quantity,"
        " carried_revenue = carried_revenue + :revenue WHERE product_id = :product_id AND currency = :currency",
        [
            {
                "product_id": line.product_id,
                "currency": change.money.currency,
                "quantity": change.sign * line.quantity,
                "revenue": change.sign * line.total.amount,
            }
            for line in change.lines
        ],
    )
