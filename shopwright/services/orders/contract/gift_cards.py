"""Which part of an order and of its refunds belongs to gift cards. Pure functions.

A refund goes back through the payment first, up to what it paid, and the rest to gift cards.
"""

from collections.abc import Iterable

import msgspec

from shopwright.kit.money import Money, add_up, zero
from shopwright.services.orders.contract import PAID, LineQuantity, Order, Refund


def paid_by_cards(order: Order) -> Money:
    """The amount gift cards paid."""
    return add_up((one.amount for one in order.gift_cards), order.currency)


def back_to_cards(refunds: Iterable[Refund], currency: str) -> Money:
    """The part of these refunds that goes to gift cards."""
    return add_up((one.to_gift_cards for one in refunds if one.to_gift_cards is not None), currency)


def by_payment(refund: Refund) -> Money:
    """The part of a refund that goes back through the payment."""
    return refund.amount - (refund.to_gift_cards or zero(refund.amount.currency))


def rest_of_cards(order: Order) -> Money:
    """The amount paid by gift cards, less refunds to them."""
    return max(paid_by_cards(order) - back_to_cards(order.refunds, order.currency), zero(order.currency))


def credited(order: Order) -> Money:
    """The amount refunded to gift cards although it was paid by the payment; refunds through the payment shrink by it."""
    return max(back_to_cards(order.refunds, order.currency) - paid_by_cards(order), zero(order.currency))


def share_of_cards(order: Order, amount: Money) -> Money:
    """The part of a refund that exceeds what is left of the payment."""
    spent = add_up((by_payment(one) for one in order.refunds), order.currency)
    left = max(order.to_pay - spent, zero(order.currency))
    return max(amount - left, zero(order.currency))


def has_cards(order: Order) -> bool:
    """Whether gift cards were bought with the order."""
    return any(line.is_gift_card for line in order.lines)


def bought_units(order: Order, units: Iterable[LineQuantity]) -> dict[str, int]:
    """The units among these that are gift cards, by variant."""
    cards = {line.id: line.variant_id for line in order.lines if line.is_gift_card}
    found: dict[str, int] = {}
    for one in units:
        if one.line_id in cards:
            found[cards[one.line_id]] = found.get(cards[one.line_id], 0) + one.quantity
    return found


def without_all(order: Order) -> Order:
    """The order without the refunds of its cancellation."""
    return msgspec.structs.replace(order, refunds=tuple(one for one in order.refunds if not one.of_all))


def spent_of_cards(order: Order) -> Money:
    """The net amount taken from gift cards; negative where they received more than they paid."""
    if order.status in PAID:
        settled = (one for one in order.refunds if one.status == "settled")
        return paid_by_cards(order) - back_to_cards(settled, order.currency)
    if order.status == "cancelled":
        return -credited(without_all(order))
    return zero(order.currency)
