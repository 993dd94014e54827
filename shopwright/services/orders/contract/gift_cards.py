"""Which part of an order gift cards pay, and which part of what goes back is theirs. Pure functions.

A refund goes the way of the payment first, as far as that took anything, and the rest to gift cards.
"""

from collections.abc import Iterable

import msgspec

from shopwright.kit.money import Money, add_up, zero
from shopwright.services.orders.contract import PAID, Order, Refund


def paid_by_cards(order: Order) -> Money:
    """What they pay of it."""
    return add_up((one.amount for one in order.gift_cards), order.currency)


def back_to_cards(refunds: Iterable[Refund], currency: str) -> Money:
    """What of these goes to gift cards."""
    return add_up((one.to_gift_cards for one in refunds if one.to_gift_cards is not None), currency)


def by_payment(refund: Refund) -> Money:
    """What of it goes the way of the payment."""
    return refund.amount - (refund.to_gift_cards or zero(refund.amount.currency))


def rest_of_cards(order: Order) -> Money:
    """What gift cards paid and have not back."""
    return max(paid_by_cards(order) - back_to_cards(order.refunds, order.currency), zero(order.currency))


def credited(order: Order) -> Money:
    """What went to gift cards though it had come by the payment: so much less of that goes back."""
    return max(back_to_cards(order.refunds, order.currency) - paid_by_cards(order), zero(order.currency))


def share_of_cards(order: Order, amount: Money) -> Money:
    """What of a refund of so much does not fit into what the payment took."""
    spent = add_up((by_payment(one) for one in order.refunds), order.currency)
    left = max(order.to_pay - spent, zero(order.currency))
    return max(amount - left, zero(order.currency))


def without_all(order: Order) -> Order:
    """The order with the refunds alone that were of some of it."""
    return msgspec.structs.replace(order, refunds=tuple(one for one in order.refunds if not one.of_all))


def spent_of_cards(order: Order) -> Money:
    """What gift cards are less worth by it, as it stands; below nothing where it gave them more than they paid."""
    if order.status in PAID:
        settled = (one for one in order.refunds if one.status == "settled")
        return paid_by_cards(order) - back_to_cards(settled, order.currency)
    if order.status == "cancelled":
        return -credited(without_all(order))
    return zero(order.currency)
