"""Doctor's checks of the tax of each order."""

from collections.abc import Sequence

from shopwright.kit.translation import gettext_noop
from shopwright.operations.order_sentences import OrderSentences, total_of, units_by_line
from shopwright.services.orders import refund_parts
from shopwright.services.orders.contract import Order, OrderLine, TaxCorrection
from shopwright.services.pricing.contract import TaxPart

SUM = gettext_noop("Order {number}: the taxes of its lines and shipping add up to {added}, its tax is {tax}.")
PARTS = gettext_noop("Order {number}: the tax of its parts adds up to {parts}, its totals have {tax}.")
DISCOUNTS = gettext_noop("Order {number}: {discount} was deducted from {sku}, but its discounts add up to {discounts}.")
LINE = gettext_noop("Order {number}: {paid} was paid for {sku}, but its tax parts add up to {parts}.")
SHIPPING = gettext_noop("Order {number}: {paid} was paid for shipping, but its tax parts add up to {parts}.")
NO_PARCEL = gettext_noop("Order {number}: its taxes were corrected with the parcel {parcel}, which does not exist.")
PARCEL = gettext_noop(
    "Order {number}: its taxes were corrected with the parcel {parcel} for {quantity} of a line, of which the parcel contains {held}."
)
CHANGED = gettext_noop(
    "Order {number}: its taxes were corrected with the parcel {parcel}, and {before} that was paid became {after}."
)
REPLACED = gettext_noop("Order {number}: its taxes were corrected with the parcel {parcel}, but differ from that now.")


def mistaxed(order: Order) -> list[str]:
    """Tax parts that do not sum to what was paid, or to the order's tax."""
    if order.taxes_unknown or not order.tax_parts:
        return []
    wrong = OrderSentences(order)
    wrong.found += miscorrected(order)
    shipped = sum(part.tax.amount for part in _shipping_as_sold(order)) if order.totals.tax.amount else 0
    if (added := sum(line.tax.amount for line in order.lines) + shipped) != order.totals.tax.amount:
        wrong.say(SUM, added=added, tax=order.totals.tax.amount)
    taxed = sum(part.tax.amount for part in order.tax_parts)
    tax = order.totals.tax.amount + order.totals.included_tax.amount
    if taxed != tax:
        wrong.say(PARTS, parts=taxed, tax=tax)
    for line in order.lines:
        _check_line(line, wrong)
    if order.shipping is not None and order.shipping.tax_parts:
        paid = order.totals.total.amount - sum(total_of(line.tax_parts) for line in order.lines)
        if (parts := total_of(order.shipping.tax_parts)) != paid:
            wrong.say(SHIPPING, paid=paid, parts=parts)
    return wrong.found


def _check_line(line: OrderLine, wrong: OrderSentences) -> None:
    paid, parts = line.total.amount - line.discount.amount + line.tax.amount, total_of(line.tax_parts)
    discounts = sum(one.amount.amount for one in line.discounts)
    if line.discounts and discounts != line.discount.amount:
        wrong.say(DISCOUNTS, discount=line.discount.amount, sku=line.sku, discounts=discounts)
    if parts != paid:
        wrong.say(LINE, paid=paid, sku=line.sku, parts=parts)


def _shipping_as_sold(order: Order) -> Sequence[TaxPart]:
    """The tax parts of shipping before corrections."""
    changed = [
        one.before for some in order.tax_corrections for one in some.lines if one.line_id == refund_parts.SHIPPING
    ]
    return changed[0] if changed else order.shipping.tax_parts if order.shipping else ()


def miscorrected(order: Order) -> list[str]:
    """Tax corrections that change the amount paid, do not follow each other, or belong to no shipment."""
    if not order.tax_corrections:
        return []
    now = {line.id: line.tax_parts for line in order.lines}
    now[refund_parts.SHIPPING] = order.shipping.tax_parts if order.shipping else ()
    parcels = {one.id: units_by_line([one.lines]) for one in order.shipments}
    wrong = OrderSentences(order)
    for correction in reversed(order.tax_corrections):
        held = parcels.get(correction.shipment_id)
        if held is None:
            wrong.say(NO_PARCEL, parcel=correction.shipment_id)
        _check_correction(correction, held, now, wrong)
    return wrong.found


def _check_correction(
    correction: TaxCorrection,
    held: dict[str, int] | None,
    now: dict[str, tuple[TaxPart, ...]],
    wrong: OrderSentences,
) -> None:
    parcel = correction.shipment_id
    for one in correction.lines:
        before, after = total_of(one.before), total_of(one.after)
        if held is not None and one.quantity > held.get(one.line_id, 0):
            wrong.say(PARCEL, parcel=parcel, held=held.get(one.line_id, 0), quantity=one.quantity)
        if before != after:
            wrong.say(CHANGED, parcel=parcel, before=before, after=after)
        if one.after != now.get(one.line_id):
            wrong.say(REPLACED, parcel=parcel)
        now[one.line_id] = one.before
