"""Doctor's checks of each order's sums and unit counts."""

from shopwright.kit.errors import ShopError
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.operations.findings import Finding, Sentences, unchecked
from shopwright.operations.order_sentences import OrderSentences, units_by_line
from shopwright.operations.order_walk import OrderPage
from shopwright.operations.refund_sums import misrefunded
from shopwright.operations.tax_sums import mistaxed
from shopwright.services.orders.contract import Order

UNREAD = gettext_noop("Their receipts are being read.")
LINES = gettext_noop("Order {number}: its lines add up to {lines}, its subtotal is {subtotal}.")
TOTAL = gettext_noop("Order {number}: its parts add up to {parts}, its total is {total} ({charged} in lists).")
TO_PAY = gettext_noop("Order {number}: {to_pay} is to be paid, {charged} was charged.")
UNITS = gettext_noop("Order {number}: its lines have {units} units, lists have {listed}.")
LINE = gettext_noop("Order {number}: {quantity} × {sku} at {price} is not {amount}.")
DISCOUNTS = gettext_noop("Order {number}: the discounts of its lines add up to {lines}, its discount is {discount}.")
TOO_MANY_CANCELLED = gettext_noop(
    "Order {number}: of {quantity} × {sku}, {shipped} were shipped and {cancelled} refunded before shipping."
)
TOO_MANY_REFUNDED = gettext_noop(
    "Order {number}: of {quantity} × {sku}, {shipped} were shipped and {refunded} refunded, {cancelled} of these before shipping."
)
PARCELS = gettext_noop(
    "Order {number}: of {quantity} × {sku}, {shipped} were shipped, and its parcels contain {parcels}."
)
REFUNDS = gettext_noop(
    "Order {number}: of {quantity} × {sku}, {refunded} were refunded, and its refunds are for {refunds}."
)
LEFT = gettext_noop("Order {number}: of {quantity} × {sku}, {left} are left to ship, and it is {status}.")


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
                self._wrong.say(
                    _("Order {number} cannot be read: {problem}", number=one.row["number"], problem=one.problem)
                )
            if one.order is not None:
                order = one.order
                sums = missummed(order, one.row["total"], one.row["items"], ours=not one.row["source"])
                self._wrong.say(*sums, *mistaxed(order), *misrefunded(order), *miscounted(order))

    def finding(self) -> Finding:
        return Finding(self.name, [*([self._unpaid] if self._unpaid else []), *self._wrong.whole()])


def missummed(order: Order, charged: int, items: int, *, ours: bool) -> list[str]:
    """Sums that differ from their parts. `charged`, `items`: as in lists. `ours`: not imported."""
    wrong = OrderSentences(order)
    totals = order.totals
    lines = sum(line.total.amount for line in order.lines)
    gross = totals.subtotal.amount - totals.discount.amount + totals.shipping.amount + totals.tax.amount
    subtotal, total = totals.subtotal.amount, totals.total.amount
    if lines != subtotal:
        wrong.say(LINES, lines=lines, subtotal=subtotal)
    if gross != total or charged != total:
        wrong.say(TOTAL, parts=gross, total=total, charged=charged)
    if order.payment is not None and order.payment.amount != order.to_pay:
        wrong.say(TO_PAY, to_pay=order.to_pay.amount, charged=order.payment.amount.amount)
    if (units := sum(line.quantity for line in order.lines)) != items:
        wrong.say(UNITS, units=units, listed=items)
    for line in order.lines:
        if line.total.amount != line.unit_price.amount * line.quantity:
            price, amount = line.unit_price.amount, line.total.amount
            wrong.say(LINE, quantity=line.quantity, sku=line.sku, price=price, amount=amount)
    discounts = sum(line.discount.amount for line in order.lines)
    if ours and discounts != totals.discount.amount:
        wrong.say(DISCOUNTS, lines=discounts, discount=totals.discount.amount)
    return wrong.found


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
            _("{count} orders, such as {first}: {why}", count=count, first=first, why=_(why))
            for why, (count, first) in self._found.items()
        ]
        return Finding(self.name, [], notes=notes)


def miscounted(order: Order) -> list[str]:
    """Lines whose units are not each to ship, shipped, or refunded before shipping."""
    sent = units_by_line(parcel.lines for parcel in order.shipments)
    refunded = units_by_line(refund.lines for refund in order.refunds)
    wrong = OrderSentences(order)
    for line in order.lines:
        parcels, refunds = sent.get(line.id, 0), refunded.get(line.id, 0)
        units = {
            "quantity": line.quantity, "sku": line.sku, "shipped": line.shipped, "refunded": line.refunded,
            "cancelled": line.cancelled,
        }  # fmt: skip
        if line.to_ship < 0:
            wrong.say(TOO_MANY_CANCELLED, **units)
        if not line.cancelled <= line.refunded <= line.cancelled + line.shipped:
            wrong.say(TOO_MANY_REFUNDED, **units)
        if order.shipments and parcels != line.shipped:  # an earlier shop's parcels are not known
            wrong.say(PARCELS, **units, parcels=parcels)
        if refunds != line.refunded:
            wrong.say(REFUNDS, **units, refunds=refunds)
        if order.status in {"shipped", "delivered"} and line.to_ship > 0:
            wrong.say(LEFT, **units, left=line.to_ship, status=order.status)
    return wrong.found
