"""Posting rules: one table, and the postings of an order. Pure functions.

Booked is the difference between what an order amounts to and what is booked already. So entries may be late, repeated
or out of order, and the books still agree with the order.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import msgspec

from shopwright.kit.digits import is_number
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money, add_up, divide_half_up
from shopwright.kit.translation import gettext as _
from shopwright.services.books.contract import Account, EntryKind, Posting, TaxKind
from shopwright.services.giftcards.contract import GiftCardIssued
from shopwright.services.orders.contract import PAID, Order, OrderLine, tax_texts
from shopwright.services.orders.contract.events import RefundPart
from shopwright.services.orders.contract.gift_cards import spent_of_cards
from shopwright.services.payments.contract import Payment
from shopwright.services.pricing.contract import TaxPart
from shopwright.services.pricing.contract.taxes import by_kind, gross_of

UNKNOWN = TaxKind(category="O", reason=tax_texts.BY_RATE)
MONTH, DECEMBER = 100, 12
PPM = 1_000_000
RECEIVED, CANCELLED = "Payment received", "Cancelled:"  # how the history of an order says so


class Booking(NamedTuple):
    """A row of the table: an event and the accounts it debits and credits."""

    kind: EntryKind
    when: str
    debits: tuple[Account, ...]
    credits: tuple[Account, ...]


TABLE = (
    Booking("sale", "an order is paid", ("receivables", "discounts"), ("revenue", "shipping", "tax")),
    Booking("correction", "a parcel ships when another tax rate applies than at the time of order", ("revenue", "discounts", "shipping", "tax"), ("revenue", "discounts", "shipping", "tax")),
    Booking("return", "a refund is settled, or a paid order is cancelled", ("returns", "shipping", "tax"), ("receivables",)),
    Booking("return", "such a refund is refused later", ("receivables",), ("returns", "shipping", "tax")),
    Booking("payment", "a payment is received", ("clearing",), ("receivables",)),
    Booking("payment", "money is refunded", ("receivables",), ("clearing",)),
    Booking("sale", "a gift card is sold with an order", ("receivables",), ("vouchers",)),
    Booking("return", "a gift card sold with an order is refunded unused", ("vouchers",), ("receivables",)),
    Booking("payment", "a gift card pays", ("vouchers",), ("receivables",)),
    Booking("payment", "a refund is credited to a gift card", ("receivables",), ("vouchers",)),
    Booking("payment", "a gift card sold outside the shop is issued", ("bank",), ("vouchers",)),
    Booking("payment", "a goodwill gift card is issued", ("discounts",), ("vouchers",)),
    Booking("payment", "a buyer disputes a payment", ("disputes",), ("clearing",)),
    Booking("payment", "the dispute is decided", ("clearing", "receivables"), ("disputes",)),
    Booking("payment", "more is refunded than was paid", ("disputes",), ("receivables",)),
    Booking("payout", "a provider pays out", ("bank", "fees"), ("clearing",)),
    Booking("stock", "goods are received at a cost", ("stock",), ("payables",)),
    Booking("stock", "existing goods get a cost", ("stock",), ("opening",)),
    Booking("stock", "goods are sold with an order", ("cost_of_goods",), ("stock",)),
    Booking("stock", "goods are restocked", ("stock",), ("cost_of_goods",)),
    Booking("stock", "a stock count finds fewer goods", ("stock_differences",), ("stock",)),
    Booking("stock", "a stock count finds more goods", ("stock",), ("stock_differences",)),
)  # fmt: skip


class Key(msgspec.Struct, frozen=True, gc=False):
    """The grouping key of sums of postings."""

    account: Account
    provider: str
    currency: str
    tax: TaxKind | None


class Sum(msgspec.Struct, frozen=True, gc=False):
    """The sum of postings: amount and taxable base."""

    amount: int = 0
    base: int = 0

    def plus(self, other: "Sum") -> "Sum":
        """The sum of both."""
        return Sum(self.amount + other.amount, self.base + other.base)


NOTHING = Sum()


class Sums(dict[Key, Sum]):
    """Sums of postings in one currency."""

    def __init__(self, currency: str) -> None:
        super().__init__()
        self._currency = currency

    def add(
        self, account: Account, amount: int, tax: TaxKind | None = None, *, provider: str = "", base: int = 0
    ) -> None:
        """Add a debit (above 0) or credit."""
        key = Key(account, provider, self._currency, tax)
        before = self.get(key, NOTHING)
        self[key] = Sum(before.amount + amount, before.base + base)

    def less(self, booked: Mapping[Key, Sum]) -> tuple[Posting, ...]:
        """The postings that remain when this much is booked already."""
        other = [key for key in self.keys() | booked.keys() if self.get(key, NOTHING) != booked.get(key, NOTHING)]
        found = []
        for key in sorted(other, key=_sorting):
            target, there = self.get(key, NOTHING), booked.get(key, NOTHING)
            found.append(posting(key, Sum(target.amount - there.amount, target.base - there.base)))
        return tuple(found)


def _sorting(key: Key) -> tuple[str, str, str, bytes]:
    return key.account, key.provider, key.currency, msgspec.json.encode(key.tax)


def posting(key: Key, found: Sum) -> Posting:
    """Turn a sum into a posting."""
    return Posting(
        account=key.account,
        amount=Money(found.amount, key.currency),
        provider=key.provider,
        tax=key.tax,
        base=Money(found.base, key.currency) if key.account == "tax" else None,
    )


def key_of(one: Posting) -> Key:
    """The key a posting is summed under."""
    return Key(one.account, one.provider, one.amount.currency, one.tax)


def kind_of(part: TaxPart) -> TaxKind:
    """Return the kind of tax of the tax parts of one rate."""
    return TaxKind(
        country=part.country,
        region=part.region,
        authority=part.authority,
        rate_ppm=part.rate_ppm,
        category=part.category,
        tax_class=part.tax_class,
        reason=part.reason,
    )


def is_sold(order: Order, payments: Sequence[Payment]) -> bool:
    """Whether the order was ever a sale here; imported sales are in the earlier shop's books."""
    if order.payment is None and order.totals.total.amount:
        return False
    if order.status == "cancelled":  # money that came when it was off already makes no sale of it
        return paid_at(order) is not None and any(one.was_received for one in payments)
    return order.status in PAID


def paid_at(order: Order) -> datetime | None:
    """When the payment was received according to the history; None if it never was, or the order was free."""
    return next((one.time for one in order.timeline if one.what == RECEIVED), None)


def given_back_at(order: Order) -> datetime | None:
    """When the last refund was settled or the order cancelled."""
    times = [one.settled_at for one in order.refunds if one.settled_at is not None]
    times += [one.time for one in order.timeline if one.what.startswith(CANCELLED)]
    return max(times, default=None)


def is_unread(order: Order) -> bool:
    """Whether an earlier version stored it and its receipt has yet to be read for taxes."""
    return bool(order.totals.total.amount and not order.tax_parts and not order.taxes_unknown)


def sale_sums(order: Order) -> Sums:
    """The sale: goods before discounts, discounts, shipping and each tax."""
    sums = Sums(order.currency)
    sums.add("receivables", order.totals.total.amount)
    if order.taxes_unknown or not order.tax_parts:
        _add_parts(sums, order.tax_parts or (_unknown(order),), "revenue", sign=-1)
        return sums
    for line in order.lines:
        if line.is_gift_card:  # taxed when it is spent: a liability until then
            sums.add("vouchers", -line.total.amount)
            continue
        _add_parts(sums, line.tax_parts, "revenue", sign=-1)
        for kind, net in discounts_of(line):
            sums.add("discounts", net, kind)
            sums.add("revenue", -net, kind)
    if order.shipping is not None:
        _add_parts(sums, order.shipping.tax_parts, "shipping", sign=-1)
    return sums


def as_of(order: Order, corrections: int) -> Order:
    """The order with its taxes after this many corrections; 0: as it was sold."""
    parts = {line.id: line.tax_parts for line in order.lines}
    parts[""] = order.shipping.tax_parts if order.shipping else ()
    for some in reversed(order.tax_corrections[corrections:]):
        parts |= {one.line_id: one.before for one in some.lines}
    return msgspec.structs.replace(
        order,
        lines=tuple(msgspec.structs.replace(line, tax_parts=parts[line.id]) for line in order.lines),
        shipping=order.shipping and msgspec.structs.replace(order.shipping, tax_parts=parts[""]),
        tax_corrections=order.tax_corrections[:corrections],
    )


def corrected(order: Order, corrections: int) -> Sums:
    """Return the changes of the sale by this many tax corrections."""
    sums = sale_sums(as_of(order, corrections))
    for key, one in sale_sums(as_of(order, 0)).items():
        sums.add(key.account, -one.amount, key.tax, base=-one.base)
    return sums


def uncorrected(order: Order, booked: Mapping[Key, Sum]) -> list[tuple[tuple[Posting, ...], datetime]]:
    """The postings missing for tax corrections, each with its day of supply."""
    if not order.tax_corrections:
        return []
    stages = [corrected(order, count) for count in range(len(order.tax_corrections) + 1)]
    done = max((count for count, sums in enumerate(stages) if not sums.less(booked)), default=len(stages) - 2)
    found = []
    for sums, one in zip(stages[done + 1 :], order.tax_corrections[done:], strict=True):
        found.append((sums.less(booked), one.supplied))
        booked = sums
    return [(postings, when) for postings, when in found if postings]


def _unknown(order: Order) -> TaxPart:
    """An order with unknown tax rates, as one part."""
    total, tax = order.totals.total, order.totals.tax + order.totals.included_tax
    return TaxPart(
        net=total - tax, tax=tax, gross=total, category="O", rate_ppm=0, country="", tax_class="", reason=UNKNOWN.reason
    )  # fmt: skip


def _add_parts(sums: Sums, parts: Sequence[TaxPart], account: Account, *, sign: int) -> None:
    """Add the net of each kind of goods once, and the tax of each authority."""
    for kind in by_kind(parts):
        sums.add(account, sign * kind[0].net.amount, kind_of(kind[0]))
        for part in kind:
            sums.add("tax", sign * part.tax.amount, kind_of(part), base=sign * part.net.amount)


def discounts_of(line: OrderLine) -> Iterable[tuple[TaxKind, int]]:
    """A line's discounts without tax, by the rates of the line."""
    kinds = by_kind(line.tax_parts)
    if not line.discount.amount or not kinds:
        return
    inside = line.tax.amount == 0  # its price contains its tax
    grosses = [gross_of(kind, line.discount.currency).amount for kind in kinds]
    shares = line.discount.split(grosses) if len(kinds) > 1 else [line.discount]
    for kind, share in zip(kinds, shares, strict=True):
        rates = sum(part.rate_ppm for part in kind) if inside else 0
        yield kind_of(kind[0]), divide_half_up(share.amount * PPM, PPM + rates)


def given_back(order: Order) -> Sums:
    """Return the refunded part of the sale: settled refunds, or everything if the order was cancelled."""
    sums = Sums(order.currency)
    if order.status == "cancelled":  # its goods and discounts together as returned
        for key, one in sale_sums(order).items():
            account: Account = "returns" if key.account in {"revenue", "discounts"} else key.account
            sums.add(account, -one.amount, key.tax, base=-one.base)
        return sums
    for refund in order.refunds:
        if refund.status != "settled":
            continue
        sums.add("receivables", -refund.of_sale.amount)
        total = 0
        cards = {line.id: line for line in order.lines if line.is_gift_card}
        units = {one.line_id: one.quantity for one in refund.lines}
        for part in refund.parts:
            if part.line_id in cards:
                total += part.amount.amount
                _add_cards(sums, part, cards[part.line_id].unit_price.amount * units.get(part.line_id, 0))
                continue
            account = "returns" if part.line_id else "shipping"
            if part.tax_parts:
                total += part.amount.amount
                _add_parts(sums, part.tax_parts, account, sign=1)
        if total != refund.of_sale.amount:  # emitted without taxes by an earlier version
            _add_parts(sums, _spread(order, refund.of_sale.amount - total), "returns", sign=1)
    return sums


def _add_cards(sums: Sums, part: RefundPart, withdrawn: int) -> None:
    """Add a refund of gift cards: what was on those withdrawn is no longer owed; money for others is given away."""
    sums.add("vouchers", withdrawn)
    if rest := part.amount.amount - withdrawn:
        sums.add("returns", rest, kind_of(part.tax_parts[0]) if part.tax_parts else None)


def _spread(order: Order, amount: int) -> list[TaxPart]:
    """This amount, spread over the order's rates in proportion."""
    kinds = by_kind(order.tax_parts or (_unknown(order),))
    gross_amounts = [gross_of(kind, order.currency).amount for kind in kinds]
    found = []
    for kind, gross, share in zip(
        kinds, gross_amounts, Money(amount, order.currency).split(gross_amounts), strict=True
    ):
        taxes = [part.tax.share(share.amount, gross) if gross else part.tax for part in kind]
        net = share - add_up(taxes, order.currency)
        found += [
            msgspec.structs.replace(part, net=net, tax=tax, gross=net + tax)
            for part, tax in zip(kind, taxes, strict=True)
        ]
    return found


def received(order: Order, payments: Sequence[Payment]) -> Sums:
    """Payments and gift cards less refunds; disputed and doubly returned money is kept apart."""
    sums = Sums(order.currency)
    for one in payments:
        if not one.was_received or not one.amount.amount:
            continue
        here = (one.amount - one.refunded).amount
        held = here if one.dispute == "open" else 0
        sums.add("clearing", here - held, provider=one.provider)
        sums.add("disputes", held, provider=one.provider)
        sums.add("receivables", -here)
    if spent := spent_of_cards(order).amount:
        sums.add("vouchers", spent)
        sums.add("receivables", -spent)
    if excess := sum(one.excess.amount for one in order.refunds if one.status == "settled"):
        sums.add("disputes", excess)
        sums.add("receivables", -excess)
    return sums


def issued(event: GiftCardIssued) -> tuple[Posting, ...]:
    """The postings of a gift card sold or given; others are booked with their order or replace a card."""
    debits: dict[str, Account] = {"sold": "bank", "goodwill": "discounts"}
    if event.why not in debits or event.order_id:
        return ()
    return (
        Posting(account=debits[event.why], amount=event.amount),
        Posting(account="vouchers", amount=-event.amount),
    )


def targets(order: Order, payments: Sequence[Payment]) -> dict[EntryKind, Sums]:
    """Return the postings of an order by kind of entry."""
    found: dict[EntryKind, Sums] = {}
    if is_sold(order, payments):
        found |= {"sale": sale_sums(as_of(order, 0)), "return": given_back(order)}
        if order.tax_corrections:
            found["correction"] = corrected(order, len(order.tax_corrections))
    found["payment"] = received(order, payments)
    return found


def unbalanced(postings: Sequence[Posting]) -> dict[str, int]:
    """The sums of postings by currency that are not 0."""
    found: dict[str, int] = {}
    for one in postings:
        found[one.amount.currency] = found.get(one.amount.currency, 0) + one.amount.amount
    return {currency: amount for currency, amount in found.items() if amount}


# --- days and months


def month_of(day: date) -> int:
    """The month as a number: 202611."""
    return day.year * MONTH + day.month


def next_month(month: int) -> int:
    """The following month."""
    return month + 1 if month % MONTH < DECEMBER else (month // MONTH + 1) * MONTH + 1


def month_name(month: int) -> str:
    """The month as text: 2026-11."""
    return f"{month // MONTH:04d}-{month % MONTH:02d}"


def month_end(month: int) -> date:
    """The last day of the month."""
    year, number = divmod(month, MONTH)
    return date(year, number, monthrange(year, number)[1])


def parse_month(text: str, pointer: str) -> int:
    """Parse text like 2026-11. Raises Invalid."""
    year, dash, month = text.strip().partition("-")
    if dash and len(year) == len("2026") and is_number(year) and is_number(month) and 1 <= int(month) <= DECEMBER:
        return int(year) * MONTH + int(month)
    raise Invalid.at(pointer, _("“{text}” is not a month; write one such as 2026-11.", text=text[:40]))


def total(postings: Iterable[Posting], account: Account, currency: str) -> Money:
    """The sum of these postings on one account."""
    return add_up((one.amount for one in postings if one.account == account), currency)
