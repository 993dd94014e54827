"""Events of refunds, from an order and its refund. Pure functions."""

from shopwright.kit.money import Money
from shopwright.services.orders import model, refund_rules
from shopwright.services.orders.contract import Order, Refund
from shopwright.services.orders.contract.events import OrderRefunded, OrderRefundRefused, SoldLine


def refunded(order: Order, refund: Refund, *, dispute: bool, stuck: Money | None) -> OrderRefunded:
    """A refund that is paid. `stuck`: the part on disabled gift cards."""
    return OrderRefunded(
        order_id=order.id,
        number=order.number,
        email=order.email,
        customer_id=order.customer_id,
        amount=refund.amount,
        refund_id=refund.id,
        reason="" if refund.by_provider else refund.reason,
        whole=refund_rules.wholly_refunded(order, refund),
        lines=_sold_lines(order, refund),
        dispute=dispute,
        parts=refund.parts,
        to_gift_cards=refund.to_gift_cards,
        on_disabled_cards=stuck if stuck and stuck.amount else None,
    )


def refused(
    order: Order, amount: Money, refund_id: str, why: str, refund: Refund | None, after: Order | None
) -> OrderRefundRefused:
    """A refund that is not paid. `refund`: as the order knew it, if it did; `after`: the order without it."""
    sold = refund is not None and refund.status == "settled" and not refund.of_all
    again = refund_rules.sold_again(order, after) if sold and after is not None else None
    return OrderRefundRefused(
        order_id=order.id,
        number=order.number,
        email=order.email,
        customer_id=order.customer_id,
        amount=amount,
        refund_id=refund_id,
        why=why,
        sold=sold,
        whole=bool(again and again.amount and refund and refund_rules.wholly_refunded(order, refund)),
        lines=_sold_lines(order, refund) if refund else (),
        sold_again=again,
    )


def _sold_lines(order: Order, refund: Refund) -> tuple[SoldLine, ...]:
    lines = {line.id: line for line in order.lines}
    return model.sold_units([(lines[one.line_id], one.quantity) for one in refund.lines])
