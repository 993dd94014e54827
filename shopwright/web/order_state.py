"""Order states on pages, including authorised and fully refunded."""

from typing import Literal

from shopwright.services.orders.contract import Order, OrderSummary, Status

Shown = Literal[Status, "authorised", "refunded"]


def shown_state(order: Order | OrderSummary) -> Shown:
    """The state to show."""
    if isinstance(order, Order):
        authorised = order.payment is not None and order.payment.status == "authorized"
        total, back = order.totals.total.amount, sum(one.amount.amount for one in order.refunds)
    else:
        authorised = order.authorised
        total, back = order.total.amount, order.refunded.amount if order.refunded else 0
    if order.status == "placed" and authorised:
        return "authorised"
    return "refunded" if order.status == "paid" and back and back == total else order.status
