"""Doctor's checks of the refunds of each order."""

from collections import Counter
from collections.abc import Sequence

from shopwright.kit.translation import gettext_noop
from shopwright.operations.order_sentences import OrderSentences, total_of
from shopwright.services.orders import refund_parts
from shopwright.services.orders.contract import Order
from shopwright.services.pricing.contract import TaxPart

PARTS = gettext_noop("Order {number}: its refund {refund} is of {amount}, but its parts add up to {parts}.")
PART = gettext_noop(
    "Order {number}: in its refund {refund} of {amount}, the taxes of a part of {part} add up to {taxed}."
)
TOO_MUCH = gettext_noop("Order {number}: {amount} more than was paid for a part of it was refunded.")
EXCESS = gettext_noop("Order {number}: {excess} was refunded beyond what was paid, although {left} of it is left.")
RATE = gettext_noop(
    "Order {number}: {sold} of tax was sold at a rate of {rate} millionths, but {refunded} is refunded or left."
)


def misrefunded(order: Order) -> list[str]:
    """Refunds whose parts do not sum to their amount or taxes."""
    wrong = OrderSentences(order)
    for refund in order.refunds:
        parts, amount = sum(part.amount.amount for part in refund.parts), refund.amount.amount
        if refund.parts and parts != amount:
            wrong.say(PARTS, refund=refund.id, amount=amount, parts=parts)
        for part in refund.parts:
            if part.tax_parts and (taxed := total_of(part.tax_parts)) != part.amount.amount:
                wrong.say(PART, refund=refund.id, amount=amount, part=part.amount.amount, taxed=taxed)
    if order.imported_from or not order.tax_parts:  # its discounts are not known by line
        return wrong.found
    if not order.refunds and not order.taxes_unknown and _costs_something(order):
        return wrong.found  # all that was sold is left, with the taxes it was sold with
    left = refund_parts.left_of(order)
    waits = any(refund.status == "asked" for refund in order.refunds)  # it may be refused yet
    if not waits and (below := [one for one in left.values() if one.amount.amount < 0]):
        wrong.say(TOO_MUCH, amount=-below[0].amount.amount)
    there = refund_parts.whole_of(left, order.currency).amount
    excess = sum(one.excess.amount for one in order.refunds)
    if not waits and excess and there > 0:
        wrong.say(EXCESS, excess=excess, left=there)
    if all(refund.parts for refund in order.refunds):
        sold = by_rate(order.tax_parts)
        back = [part for refund in order.refunds for part in refund.parts]
        refunded = by_rate([one for part in (*back, *refund_parts.everything(left)) for one in part.tax_parts])
        for rate in sorted(sold.keys() | refunded.keys()):
            if sold.get(rate, 0) != refunded.get(rate, 0):
                wrong.say(RATE, rate=rate, sold=sold.get(rate, 0), refunded=refunded.get(rate, 0))
    return wrong.found


def _costs_something(order: Order) -> bool:
    """Whether no part of the order is negative."""
    paid = [line.total.amount - line.discount.amount + line.tax.amount for line in order.lines]
    return min(*paid, 0, order.totals.total.amount - sum(paid)) >= 0


def by_rate(parts: Sequence[TaxPart]) -> dict[int, int]:
    """The tax by rate."""
    found = Counter[int]()
    for part in parts:
        found[part.rate_ppm] += part.tax.amount
    return {rate: tax for rate, tax in found.items() if tax}
