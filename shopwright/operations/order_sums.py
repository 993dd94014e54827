"""Doctor's checks of each order's sums and unit counts."""

from collections import Counter
from collections.abc import Iterable, Sequence

from shopwright.kit.errors import ShopError
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.operations.findings import Finding, Sentences, unchecked
from shopwright.operations.order_walk import OrderPage
from shopwright.services.orders import refund_parts
from shopwright.services.orders.contract import LineQuantity, Order
from shopwright.services.pricing.contract import TaxPart
from shopwright.services.pricing.contract.taxes import by_kind

UNREAD = "Their receipts are being read."


class OrdersAddUp:
    """Wrong sums of orders, and wrong counts of lines."""

    name = gettext_noop("lines + tax + shipping − discount = total, and each unit is to ship, shipped or refunded")

    def __init__(self) -> None:
        self._wrong = Sentences()
        self._unpaid = ""

    async def look(self, page: OrderPage) -> None:
        if isinstance(page.known_payments, ShopError):
            self._unpaid = unchecked(page.known_payments)
        for one in page.orders:
            if one.problem:
                self._wrong.say(f"Order {one.row['number']} cannot be read: {one.problem}")
            if one.order is not None:
                order = one.order
                sums = missummed(order, one.row["total"], one.row["items"], ours=not one.row["source"])
                self._wrong.say(*sums, *mistaxed(order), *misrefunded(order), *miscounted(order))

    def finding(self) -> Finding:
        return Finding(self.name, [*([self._unpaid] if self._unpaid else []), *self._wrong.whole()])


def missummed(order: Order, charged: int, items: int, *, ours: bool) -> list[str]:
    """Sums that differ from their parts. `asked`, `items`: as in lists. `ours`: not imported."""
    wrong = []
    totals = order.totals
    lines = sum(line.total.amount for line in order.lines)
    gross = totals.subtotal.amount - totals.discount.amount + totals.shipping.amount + totals.tax.amount
    if lines != totals.subtotal.amount:
        wrong.append(f"Order {order.number}: its lines add up to {lines}, its subtotal says {totals.subtotal.amount}.")
    if gross != totals.total.amount or charged != totals.total.amount:
        wrong.append(
            f"Order {order.number}: its parts add up to {gross}, its total says {totals.total.amount} (asked: {charged})."
        )
    if order.payment is not None and order.payment.amount != order.to_pay:
        wrong.append(
            f"Order {order.number}: {order.to_pay.amount} is to be paid, {order.payment.amount.amount} was asked for."
        )
    if (units := sum(line.quantity for line in order.lines)) != items:
        wrong.append(f"Order {order.number}: its lines are of {units} units, lists say {items}.")
    wrong += [
        f"Order {order.number}: {line.quantity} × {line.sku} at {line.unit_price.amount} is not {line.total.amount}."
        for line in order.lines
        if line.total.amount != line.unit_price.amount * line.quantity
    ]
    discounts = sum(line.discount.amount for line in order.lines)
    if ours and discounts != totals.discount.amount:
        wrong.append(
            f"Order {order.number}: the discounts of its lines add up to {discounts}, its discount says {totals.discount.amount}."
        )
    return wrong


def mistaxed(order: Order) -> list[str]:
    """Tax parts that do not sum to what was paid, or to the order's tax."""
    if order.taxes_unknown or not order.tax_parts:
        return []
    wrong = miscorrected(order)
    shipped = sum(part.tax.amount for part in _shipping_as_sold(order)) if order.totals.tax.amount else 0
    if (added := sum(line.tax.amount for line in order.lines) + shipped) != order.totals.tax.amount:
        wrong.append(
            f"Order {order.number}: the taxes of its lines and shipping add up to {added}, its tax says {order.totals.tax.amount}."
        )
    taxed = sum(part.tax.amount for part in order.tax_parts)
    tax = order.totals.tax.amount + order.totals.included_tax.amount
    if taxed != tax:
        wrong.append(f"Order {order.number}: the tax of its parts adds up to {taxed}, its totals say {tax}.")
    line_taxes = [total_of(line.tax_parts) for line in order.lines]
    for line, parts in zip(order.lines, line_taxes, strict=True):
        paid = line.total.amount - line.discount.amount + line.tax.amount
        discounts = sum(one.amount.amount for one in line.discounts)
        if line.discounts and discounts != line.discount.amount:
            wrong.append(
                f"Order {order.number}: {line.discount.amount} were taken off {line.sku}, its discounts add up to {discounts}."
            )
        if parts != paid:
            wrong.append(
                f"Order {order.number}: {paid} was paid for {line.sku}, the parts of its tax add up to {parts}."
            )
    if order.shipping is not None and order.shipping.tax_parts:
        paid, parts = order.totals.total.amount - sum(line_taxes), total_of(order.shipping.tax_parts)
        if parts != paid:
            wrong.append(f"Order {order.number}: {paid} was paid for shipping, the parts of its tax add up to {parts}.")
    return wrong


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
    parcels = {one.id: _units([one.lines]) for one in order.shipments}
    wrong = []
    for some in reversed(order.tax_corrections):
        sentence = f"Order {order.number}: its taxes were corrected with the parcel {some.shipment_id}, "
        held = parcels.get(some.shipment_id)
        if held is None:
            wrong.append(f"{sentence}which is not there.")
        for one in some.lines:
            before, after = total_of(one.before), total_of(one.after)
            if held is not None and one.quantity > held.get(one.line_id, 0):
                wrong.append(f"{sentence}which holds {held.get(one.line_id, 0)} of a line, not {one.quantity}.")
            if before != after:
                wrong.append(f"{sentence}and {before} that was paid became {after}.")
            if one.after != now.get(one.line_id):
                wrong.append(f"{sentence}but are others now.")
            now[one.line_id] = one.before
    return wrong


def misrefunded(order: Order) -> list[str]:
    """Refunds whose parts do not sum to their amount or taxes."""
    wrong = []
    for refund in order.refunds:
        sentence = f"Order {order.number}: its refund {refund.id} is of {refund.amount.amount}, "
        parts = sum(part.amount.amount for part in refund.parts)
        if refund.parts and parts != refund.amount.amount:
            wrong.append(f"{sentence}its parts add up to {parts}.")
        taxed = [part for part in refund.parts if part.tax_parts and total_of(part.tax_parts) != part.amount.amount]
        wrong += [
            f"{sentence}{total_of(part.tax_parts)} of a part of {part.amount.amount} is told by its taxes."
            for part in taxed
        ]
    if order.imported_from or not order.tax_parts:  # its discounts are not told by line
        return wrong
    if not order.refunds and not order.taxes_unknown and _costs_something(order):
        return wrong  # all that was sold is left, with the taxes it was sold with
    left = refund_parts.left_of(order)
    waits = any(refund.status == "asked" for refund in order.refunds)  # it may be refused yet
    if not waits and (below := [one for one in left.values() if one.amount.amount < 0]):
        wrong.append(
            f"Order {order.number}: {-below[0].amount.amount} more than was paid has gone back of a part of it."
        )
    there = refund_parts.whole_of(left, order.currency).amount
    excess = sum(one.excess.amount for one in order.refunds)
    if not waits and excess and there > 0:
        wrong.append(f"Order {order.number}: {excess} went back beyond what was paid, though {there} of it are left.")
    if all(refund.parts for refund in order.refunds):
        sold = by_rate(order.tax_parts)
        back = [part for refund in order.refunds for part in refund.parts]
        refunded = by_rate([one for part in (*back, *refund_parts.everything(left)) for one in part.tax_parts])
        wrong += [
            f"Order {order.number}: at {ppm} millionths {sold.get(ppm, 0)} of tax were sold, {refunded.get(ppm, 0)} are refunded or left."
            for ppm in sorted(sold.keys() | refunded.keys())
            if sold.get(ppm, 0) != refunded.get(ppm, 0)
        ]
    return wrong


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


def total_of(parts: Sequence[TaxPart]) -> int:
    """The total of parts of one thing."""
    return sum(kind[0].net.amount + sum(part.tax.amount for part in kind) for kind in by_kind(parts))


class TaxesAreKnown:
    """Reports how many orders lack tax parts, and why; that is no error."""

    name = gettext_noop("the tax of each sale is known by line and rate")

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, int]] = {}

    async def look(self, page: OrderPage) -> None:
        for one in page.orders:
            why = UNREAD if not one.row["taxes"] else one.order.taxes_unknown if one.order is not None else ""
            if why:
                count, first = self._found.get(why, (0, one.row["number"]))
                self._found[why] = count + 1, min(first, one.row["number"])

    def finding(self) -> Finding:
        notes = [
            _("{count} orders, such as {first}: {why}", count=count, first=first, why=why)
            for why, (count, first) in self._found.items()
        ]
        return Finding(self.name, [], notes=notes)


def miscounted(order: Order) -> list[str]:
    """Lines whose units are not each to ship, shipped, or refunded before shipping."""
    sent = _units(parcel.lines for parcel in order.shipments)
    refunded = _units(refund.lines for refund in order.refunds)
    wrong = []
    for line in order.lines:
        parcels, refunds = sent.get(line.id, 0), refunded.get(line.id, 0)
        sentence = _(
            "Order {number}: of {quantity} × {sku}, {shipped} were shipped",
            number=order.number,
            quantity=line.quantity,
            sku=line.sku,
            shipped=line.shipped,
        )
        if line.to_ship < 0:
            wrong.append(
                _("{sentence} and {cancelled} refunded before they left.", sentence=sentence, cancelled=line.cancelled)
            )
        if not line.cancelled <= line.refunded <= line.cancelled + line.shipped:
            wrong.append(f"{sentence}, {line.refunded} refunded, {line.cancelled} of these before they left.")
        if order.shipments and parcels != line.shipped:  # an earlier shop's parcels are not known
            wrong.append(f"{sentence}, and its parcels hold {parcels}.")
        if refunds != line.refunded:
            wrong.append(f"{sentence} and {line.refunded} refunded, and its refunds are for {refunds}.")
        if order.status in {"shipped", "delivered"} and line.to_ship > 0:
            wrong.append(f"{sentence}, {line.to_ship} are left, and it is {order.status}.")
    return wrong


def _units(parts: Iterable[Sequence[LineQuantity]]) -> dict[str, int]:
    """Units by line."""
    found: dict[str, int] = {}
    for lines in parts:
        for one in lines:
            found[one.line_id] = found.get(one.line_id, 0) + one.quantity
    return found
