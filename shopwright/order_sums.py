"""What the doctor looks at in each order: does it add up, and is each unit counted once?"""

from collections import Counter

from shopwright.app import Shop
from shopwright.kit.errors import ShopError
from shopwright.services.orders.contract import Order


async def orders_add_up(shop: Shop) -> list[str]:
    """What is wrong with the sums of orders, and with the counts of their lines."""
    wrong = []
    for row in await shop.works["orders"].fetch("SELECT id, number, total FROM orders ORDER BY id"):
        try:
            order = await shop.orders.get(row["id"])
        except ShopError as error:
            wrong.append(f"Order {row['number']} cannot be read: {error.detail}")
            continue
        totals = order.totals
        lines = sum(line.total.amount for line in order.lines)
        whole = totals.subtotal.amount - totals.discount.amount + totals.shipping.amount + totals.tax.amount
        if lines != totals.subtotal.amount:
            wrong.append(
                f"Order {order.number}: its lines add up to {lines}, its subtotal says {totals.subtotal.amount}."
            )
        if whole != totals.total.amount or row["total"] != totals.total.amount:
            wrong.append(
                f"Order {order.number}: its parts add up to {whole}, its total says {totals.total.amount} (asked: {row['total']})."
            )
        if order.payment is not None and order.payment.amount != totals.total:
            wrong.append(
                f"Order {order.number}: {totals.total.amount} is its total, {order.payment.amount.amount} was asked for."
            )
        wrong += miscounted(order)
    return wrong


def miscounted(order: Order) -> list[str]:
    """Lines whose units are not each to ship, shipped, or refunded before they left."""
    sent, refunded = Counter[str](), Counter[str]()
    for parcel in order.shipments:
        sent.update({one.line_id: one.quantity for one in parcel.lines})
    for refund in order.refunds:
        refunded.update({one.line_id: one.quantity for one in refund.lines})
    wrong = []
    for line in order.lines:
        said = f"Order {order.number}: of {line.quantity} × {line.sku}, {line.shipped} were shipped"
        if line.to_ship < 0:
            wrong.append(f"{said} and {line.cancelled} refunded before they left.")
        if not line.cancelled <= line.refunded <= line.cancelled + line.shipped:
            wrong.append(f"{said}, {line.refunded} refunded, {line.cancelled} of these before they left.")
        if order.shipments and sent[line.id] != line.shipped:  # an earlier shop's parcels are not known
            wrong.append(f"{said}, and its parcels hold {sent[line.id]}.")
        if refunded[line.id] != line.refunded:
            wrong.append(f"{said} and {line.refunded} refunded, and its refunds are for {refunded[line.id]}.")
        if order.status in {"shipped", "delivered"} and line.to_ship > 0:
            wrong.append(f"{said}, {line.to_ship} are left, and it is {order.status}.")
    return wrong
