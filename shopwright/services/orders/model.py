"""Rules of orders: the state table, what can be shipped and refunded, tracking links."""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Literal, cast
from urllib.parse import quote

import msgspec
import phonenumbers

from shopwright.kit.addresses import email_key
from shopwright.kit.errors import Conflict, Invalid
from shopwright.kit.money import LARGEST, Money, add_up, write, zero
from shopwright.kit.states import States
from shopwright.kit.tax_classes import GIFT_CARD
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.carts.contract import Cart
from shopwright.services.giftcards.contract import GiftCardShare
from shopwright.services.orders.contract import (
    PAID,
    CartNotReady,
    LineQuantity,
    Order,
    OrderLine,
    PastOrder,
    PriceMoved,
    Status,
)
from shopwright.services.orders.contract.events import SoldLine
from shopwright.services.pricing.contract import Step, Totals

STATES: States[Status] = States(
    "order",
    {
        "placed": frozenset({"paid", "cancelled", "expired"}),
        # Gift cards alone are delivered by e-mail.
        "paid": frozenset({"part_shipped", "shipped", "delivered", "cancelled"}),
        "part_shipped": frozenset({"part_shipped", "shipped"}),
        # Units of a refused refund are to be shipped again.
        "shipped": frozenset({"delivered", "part_shipped"}),
        "delivered": frozenset({"part_shipped"}),
        "cancelled": frozenset(),
        # A late payment still buys the goods if they are in stock.
        "expired": frozenset({"paid", "cancelled"}),
    },
)
TIME_TO_PAY = timedelta(minutes=30)
# Banks release an authorisation after a week; we void it earlier.
AUTHORISED = timedelta(days=6)
MANY = 1_000  # rows brought up to date in one go
PLACING = timedelta(minutes=10)  # nothing that is being placed takes as long
GRACE = timedelta(
    minutes=10
)  # reservations outlive the order's own time to pay, so that a late capture finds its goods
Holder = Literal["cart", "email", "address"]
Limit = Literal["orders", "units", "value", "share"]
TOO_MANY_ORDERS: dict[Holder, str] = {
    "cart": gettext_noop("Too many unpaid orders of this cart. Pay for or cancel an order, then try again."),
    "email": gettext_noop(
        "Too many unpaid orders for this e-mail address. Pay for or cancel an order, then try again."
    ),
    "address": gettext_noop("Too many unpaid orders from your network. Pay for or cancel an order, then try again."),
}
TOO_MUCH_UNPAID: dict[Holder, str] = {
    "cart": gettext_noop(
        "Unpaid orders of this cart have reached their limit. Pay for or cancel an order, then try again."
    ),
    "email": gettext_noop(
        "Unpaid orders for this e-mail address have reached their limit. Pay for or cancel an order, then try again."
    ),
    "address": gettext_noop(
        "Unpaid orders from your network have reached their limit. Pay for or cancel an order, then try again."
    ),
}
FEW = 10  # units of a variant may be held unpaid whatever share of the stock they are
TRACKING: Mapping[str, str] = {
    "dhl": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}",
    "ups": "https://www.ups.com/track?tracknum={}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
    "dpd": "https://www.dpd.com/tracking?parcelNumber={}",
    "gls": "https://gls-group.eu/track/{}",
    "royal mail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
}


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Limits on what a cart, e-mail address or client address may hold unpaid.

    `value` in minor units, `share` in percent.
    """

    orders: int = 5
    orders_of_address: int = 100
    units: int = 500
    value: int = 5_000_000
    share: int = 50


class UnpaidTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Unpaid totals of a holder. `lines`: units by variant."""

    orders: int
    units: int
    value: int
    lines: Mapping[str, int]


def beyond(bounds: Bounds, holder: Holder, held: UnpaidTotals, there: Mapping[str, int]) -> tuple[Limit, int] | None:
    """Return the exceeded limit and what it allows, or None. `there`: units in stock by variant."""
    orders = bounds.orders_of_address if holder == "address" else bounds.orders
    for name, much, most in (("orders", held.orders, orders), ("units", held.units, bounds.units)):
        if much > most:
            return cast("Limit", name), most
    if held.value > bounds.value:
        return "value", bounds.value
    for variant_id, units in held.lines.items():
        most = max(FEW, there.get(variant_id, 0) * bounds.share // 100)
        if units > most:
            return "share", most
    return None


def unpaid_sentence(holder: Holder, limit: Limit) -> str:
    """Explain why the order is refused and what to do."""
    return _((TOO_MANY_ORDERS if limit == "orders" else TOO_MUCH_UNPAID)[holder])


def tracking_url(carrier: str, number: str) -> str:
    """Return the tracking link of a parcel; "" for unknown carriers."""
    pattern = TRACKING.get(carrier.strip().casefold(), "")
    return pattern.format(quote(number, safe="")) if pattern and number else ""


def known_as(customer_id: str | None, *emails: str) -> tuple[str, ...]:
    """All keys of one buyer: guest and account count as one person if they share an e-mail address."""
    names = [customer_id or "", *map(email_key, emails)]
    return tuple(dict.fromkeys(name for name in names if name)) or ("",)


FREE = frozenset({"E", "AE", "K", "G"})  # categories of tax whose reason a buyer reads
# Changes that show in the total alone: the buyer who orders at today's total has seen them.
IN_THE_TOTAL = frozenset({"price_changed", "coupon_refused"})


def check_cart(cart: Cart, expected: Money) -> None:
    """Raise CartNotReady or PriceMoved unless this cart can be ordered at this total."""
    if cart.closed:
        raise Conflict(_("This cart has been ordered already."))
    if not cart.lines:
        raise Invalid.at("/cart_id", _("The cart is empty."))
    missing = [name for name in ("email", "shipping_address", "shipping_option_id") if not getattr(cart, name)]
    if missing:
        words = ", ".join(name.replace("_", " ").removesuffix(" id") for name in missing)
        raise CartNotReady(_("The cart still needs: {words}.", words=words), data={"missing": missing})
    blocking = [problem for problem in cart.problems if problem.code not in IN_THE_TOTAL]
    if blocking:
        data = {"problems": [{"code": one.code, "line_id": one.line_id, "detail": one.detail} for one in blocking]}
        raise CartNotReady(" ".join(problem.detail for problem in blocking), data=data)
    if cart.totals.total != expected:
        total = {"amount": cart.totals.total.amount, "currency": cart.totals.total.currency}
        raise PriceMoved(
            _("The total has changed since you saw it. Look at it again, then order."), data={"total": total}
        )


def shares_of(cart: Cart) -> tuple[GiftCardShare, ...]:
    """Return the part of the order that each gift card pays."""
    return tuple(
        GiftCardShare(card_id=one.card_id, last4=one.last4, amount=one.amount)
        for one in cart.gift_cards
        if one.amount.amount
    )


def check_to_pay(cart: Cart, expected: int | Money | msgspec.UnsetType) -> Money:
    """Return the amount due after gift cards. Raises PriceMoved if the buyer was shown another."""
    to_pay = cart.totals.total if cart.to_pay is None else cart.to_pay
    if isinstance(expected, msgspec.UnsetType):
        return to_pay
    if to_pay != (expected if isinstance(expected, Money) else Money(expected, cart.currency)):
        total = {"amount": cart.totals.total.amount, "currency": cart.currency}
        raise PriceMoved(
            _(
                "Your gift cards leave {to_pay} to pay, not what you saw. Look at it again, then order.",
                to_pay=write(to_pay),
            ),
            data={"total": total, "to_pay": {"amount": to_pay.amount, "currency": cart.currency}},
        )
    return to_pay


def lines_to_ship(order: Order, wanted: Sequence[LineQuantity]) -> list[tuple[OrderLine, int]]:
    """Return the requested lines and quantities, by default everything to ship. Raises Conflict, Invalid."""
    if not any(line.to_ship for line in order.lines):
        raise Conflict(_("Nothing of this order is left to ship: the rest was refunded."))
    if not wanted:
        return [(line, line.to_ship) for line in order.lines if line.to_ship]
    return chosen_lines(order, wanted, "shipped", lambda line: line.to_ship)


def chosen_lines(
    order: Order, wanted: Sequence[LineQuantity], done: str, left_of: Callable[[OrderLine], int]
) -> list[tuple[OrderLine, int]]:
    """Return the requested lines, each once and at most its remaining quantity. Raises Invalid."""
    lines = {line.id: line for line in order.lines}
    chosen = []
    for number, one in enumerate(wanted):
        line = lines.get(one.line_id)
        if line is None:
            raise Invalid.at(f"/lines/{number}/line_id", _("This order has no line {line_id}.", line_id=one.line_id))
        left = left_of(line)
        if not 1 <= one.quantity <= left:
            raise Invalid.at(
                f"/lines/{number}/quantity",
                _(
                    "Only {left} of “{title}” can still be {done}, not {quantity}.",
                    left=left,
                    title=line.title,
                    done=done,
                    quantity=one.quantity,
                ),
            )
        chosen.append((line, one.quantity))
    if len({line.id for line, _unused in chosen}) < len(chosen):
        raise Invalid.at("/lines", _("List each line once."))
    return chosen


def to_sold_lines(order: Order) -> tuple[SoldLine, ...]:
    """The sold lines for analytics, without products missing from the catalog (imported orders)."""
    return tuple(
        SoldLine(
            product_id=one.product_id,
            variant_id=one.variant_id,
            quantity=one.quantity,
            total=one.total,
            title=one.title,
        )
        for one in order.lines
        if one.product_id
    )


def sold_units(units: Sequence[tuple[OrderLine, int]]) -> tuple[SoldLine, ...]:
    """These units of lines for analytics, with their share of the price."""
    return tuple(
        SoldLine(
            product_id=line.product_id,
            variant_id=line.variant_id,
            quantity=count,
            total=line.total.share(count, line.quantity),
            title=line.title,
        )
        for line, count in units
        if line.product_id and count
    )


def unsold(order: Order) -> tuple[Money | None, tuple[SoldLine, ...]]:
    """Return the amount paid and not refunded of a closed order (None if nothing) and the units it was for."""
    left = order.totals.total - add_up((one.amount for one in order.refunds), order.currency)
    if order.status not in PAID or (order.refunds and not left.amount):
        return None, ()
    return left, sold_units([(line, line.refundable) for line in order.lines])


def past_totals(past: PastOrder) -> Totals:
    """Return the totals of an imported order, with tax added or included. Raises Invalid.

    Amounts that are neither goods, discount, shipping nor tax count as shipping; negative rounding counts as discount.
    """
    subtotal = add_up((line.unit_price * line.quantity for line in past.lines), past.currency)
    if any(line.quantity < 1 or line.unit_price.amount < 0 for line in past.lines) or past.total.amount < 0:
        raise Invalid.at("/lines", _("A line has a quantity of 1 or more and a price of 0 or more."))
    if max(subtotal, past.total, past.tax, past.shipping, past.discount).amount > LARGEST:
        raise Invalid.at(
            "/total", _("It comes to more than one order can: {largest}.", largest=write(Money(LARGEST, past.currency)))
        )
    if past.refunded > past.total:
        raise Invalid.at("/refunded", _("The refunds exceed what was paid."))
    charges = past.shipping + add_up((step.amount for step in past.charges), past.currency)
    before_tax = subtotal - past.discount + charges
    nothing = zero(past.currency)
    on_top, inside = past.total - (before_tax + past.tax), past.total - before_tax
    tax, included, rounding = (
        (past.tax, nothing, on_top) if abs(on_top.amount) <= abs(inside.amount) else (nothing, past.tax, inside)
    )
    if abs(rounding.amount) > len(past.lines):
        raise Invalid.at(
            "/total",
            _(
                "Its parts add up to {net} without and {gross} with tax, its total is {total}: more than a rounding of each line.",
                net=write(before_tax),
                gross=write(before_tax + past.tax),
                total=write(past.total),
            ),
        )
    return Totals(
        subtotal=subtotal,
        discount=past.discount - min(rounding, nothing),
        shipping=charges + max(rounding, nothing),
        tax=tax,
        total=past.total,
        included_tax=included,
    )


def past_receipt(past: PastOrder, totals: Totals) -> tuple[Step, ...]:
    """Return the price breakdown of an imported order, as far as it is known."""
    known = totals.subtotal - past.discount + past.shipping + totals.tax
    rounding = past.total - add_up((known, *(step.amount for step in past.charges)), past.currency)
    steps = [Step("list", f"{len(past.lines)} lines of order {past.number}", totals.subtotal)]
    steps += [Step("discount", "As the earlier shop gave it", -past.discount)] if past.discount.amount else []
    steps += [Step("shipping", past.shipping_title or "As the earlier shop asked", past.shipping), *past.charges]
    steps += [Step("tax", "As the earlier shop asked", totals.tax)] if totals.tax.amount else []
    steps += [Step("rounding", "Rounded by the earlier shop", rounding)] if rounding.amount else []
    return (*steps, Step("total", "Paid to the earlier shop", totals.total))


def untaxed(order: Order, tax_id: str) -> str:
    """Why no tax applies to the order, in words for its buyer; "" if some does, or no reason is known."""
    parts = [part for line in order.lines for part in line.tax_parts if part.tax_class != GIFT_CARD]
    if any(part.category not in FREE for part in parts):
        return ""
    why = "; ".join(dict.fromkeys(part.reason for part in parts if part.reason))
    proof = any(part.category in {"AE", "K"} for part in parts) and tax_id
    return f"{why}, VAT id {tax_id}" if why and proof else why


def check_there(chosen: Sequence[tuple[OrderLine, int]], waits: Mapping[str, int]) -> None:
    """Raise Conflict if a unit to be shipped is on backorder; `waits`: backordered units by variant."""
    for number, (line, quantity) in enumerate(chosen):
        there = line.to_ship - waits.get(line.variant_id, 0)
        if quantity > there:
            raise Conflict(
                _(
                    "Of {title} ({sku}) {waits} are on backorder: {value} can be sent now.",
                    title=line.title,
                    sku=line.sku,
                    waits=waits[line.variant_id],
                    value=max(0, there),
                ),
                data={"line": number},
            )


def shipped(order: Order, chosen: Sequence[tuple[OrderLine, int]]) -> Order:
    """Return the order with these units shipped, too."""
    now = {line.id: msgspec.structs.replace(line, shipped=line.shipped + quantity) for line, quantity in chosen}
    lines = tuple(now.get(line.id, line) for line in order.lines)
    status: Status = "part_shipped" if any(line.to_ship for line in lines) else "shipped"
    return msgspec.structs.replace(order, lines=lines, status=STATES.move(order.status, status))


def same_address(one: str, other: str) -> bool:
    """Compare e-mail addresses regardless of case, in constant time. Empty addresses never match."""
    return bool(one) and hmac.compare_digest(one.strip().casefold().encode(), other.strip().casefold().encode())


PHONE = re.compile(r"[\d\s()/.+\u2010-\u2013-]{5,40}")
NO_DIGIT = re.compile(r"\(0\)|\D")
PAYMENT_NAME = re.compile(r"(?=.*\d)[A-Za-z0-9_.:/-]{6,255}")


def phone_spelt(text: str) -> list[str]:
    """Return the spellings of a possible phone number to look up; [] for anything else."""
    if not PHONE.fullmatch(text):
        return []
    digits = NO_DIGIT.sub("", text)
    abroad = text.strip().startswith("+") or digits.startswith("00")
    return [national_digits(f"+{digits.removeprefix('00')}" if abroad else digits)]


def national_digits(phone: str) -> str:
    """A phone number without country code and leading zeros, so that all ways to dial it are equal."""
    digits = NO_DIGIT.sub("", phone)
    with suppress(phonenumbers.NumberParseException):
        digits = phonenumbers.national_significant_number(phonenumbers.parse(phone))
    return digits.lstrip("0")


def may_name_a_payment(text: str) -> bool:
    """Whether the text may be the id of a payment."""
    return PAYMENT_NAME.fullmatch(text) is not None


def without_reason(what: str) -> str:
    """A history entry without the free-text reason of a cancellation or refund."""
    return what.partition(": ")[0] if what.startswith(("Cancelled: ", "Refund of ")) else what
