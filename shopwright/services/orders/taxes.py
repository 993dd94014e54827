"""The tax of an order in parts: as it is kept, and as it is read from the receipts of earlier versions. Pure functions.

An order has few rates and many parts: each rate is kept once, each part as its number, net and tax in minor units.
"""

import re
from collections.abc import Sequence

import msgspec

from shopwright.kit.money import Money, add_up
from shopwright.services.orders.contract import Order, OrderLine
from shopwright.services.pricing.contract import Step, TaxCategory, TaxPart

PPM = 1_000_000
TOLD = re.compile(r".* (?P<per_cent>[\d.]+) % of (?P<base>.+), (?P<how>in it|added)", re.DOTALL)
NOT_DIGIT = re.compile(r"\D")
LOOKED_AT = 20_000  # ways to share lines among rates; more are not tried
EARLIER_SHOP = "An earlier shop told one sum of tax, without its rates."
UNREADABLE = "The receipt does not tell the rates of the tax."
UNSHARED = "The receipt does not tell which line was taxed at which rate."
UNTOLD = "The receipt tells no tax."

Share = tuple[int, int, int]  # the number of a rate, net, tax
Shares = tuple[Share, ...]


class Rate(msgspec.Struct, frozen=True, array_like=True):
    """What the parts of one rate have in common."""

    category: TaxCategory
    rate_ppm: int
    country: str
    region: str = ""
    tax_class: str = ""
    authority: str = ""
    reason: str = ""
    rate_id: str = ""


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """The taxes of an order: of its lines in their order, and of its shipping.

    Of an order whose receipt does not tell so much: `whole`, by rate alone, or nothing; `unknown` says why.
    """

    rates: tuple[Rate, ...] = ()
    lines: tuple[Shares, ...] = ()
    shipping: Shares = ()
    whole: Shares = ()
    unknown: str = ""


def kept(lines: Sequence[Sequence[TaxPart]], shipping: Sequence[TaxPart]) -> Kept:
    """Parts as they are written down."""
    rates: dict[Rate, int] = {}

    def shares(parts: Sequence[TaxPart]) -> Shares:
        return tuple(
            (
                rates.setdefault(msgspec.convert(part, Rate, from_attributes=True), len(rates)),
                part.net.amount,
                part.tax.amount,
            )
            for part in parts
        )

    of_lines, of_shipping = tuple(map(shares, lines)), shares(shipping)
    return Kept(tuple(rates), of_lines, of_shipping)


class Read:
    """Parts as they were written down, in money."""

    def __init__(self, found: Kept, currency: str) -> None:
        self._found = found
        self._currency = currency

    def line(self, number: int) -> tuple[TaxPart, ...]:
        """Those of a line."""
        return self._parts(self._found.lines[number]) if number < len(self._found.lines) else ()

    @property
    def shipping(self) -> tuple[TaxPart, ...]:
        """Those of the shipping."""
        return self._parts(self._found.shipping)

    @property
    def whole(self) -> tuple[TaxPart, ...]:
        """One of each rate: the sum of all there are."""
        sums: dict[int, tuple[int, int]] = {}
        for shares in (*self._found.lines, self._found.shipping, self._found.whole):
            for number, net, tax in shares:
                before = sums.get(number, (0, 0))
                sums[number] = before[0] + net, before[1] + tax
        return self._parts(tuple((number, net, tax) for number, (net, tax) in sorted(sums.items()) if net or tax))

    def _parts(self, shares: Shares) -> tuple[TaxPart, ...]:
        return tuple(self._part(*one) for one in shares)

    def _part(self, number: int, net: int, tax: int) -> TaxPart:
        rate = self._found.rates[number]
        return TaxPart(
            net=Money(net, self._currency),
            tax=Money(tax, self._currency),
            gross=Money(net + tax, self._currency),
            **{name: getattr(rate, name) for name in rate.__struct_fields__},
        )


def by_kind(parts: Sequence[TaxPart]) -> list[list[TaxPart]]:
    """Parts of the same net: of one class of goods, where several authorities may tax it.

    Shipping may be taxed as several classes. Where no class is told (receipts of earlier versions), each rate has a net of its own.
    """
    found: dict[tuple[str, int], list[TaxPart]] = {}
    for part in parts:
        found.setdefault((part.tax_class, 0 if part.tax_class else part.rate_ppm), []).append(part)
    return list(found.values())


def gross_of(parts: Sequence[TaxPart], currency: str) -> Money:
    """What parts of one thing come to."""
    nets = (kind[0].net for kind in by_kind(parts))
    return add_up(nets, currency) + add_up((part.tax for part in parts), currency)


# --- receipts of earlier versions


class Told(msgspec.Struct, frozen=True):
    """A step of a receipt: of this much, this is the tax."""

    rate_ppm: int
    base: Money
    tax: Money
    included: bool


def told(step: Step) -> Told | None:
    """What “VAT 19 % of €33.90, in it” says; None where it says something else, or does not agree with its sum."""
    found = TOLD.fullmatch(step.detail)
    if found is None:
        return None
    ppm = round(float(found["per_cent"]) * PPM / 100)
    base = Money(int(NOT_DIGIT.sub("", found["base"]) or 0), step.amount.currency)  # written with all its decimals
    included = found["how"] == "in it"
    if base.share(ppm, PPM + ppm if included else PPM) != step.amount:
        return None
    return Told(ppm, base, step.amount, included)


def of_receipt(order: Order, *, past: bool = False) -> Kept:
    """The taxes of an order that was placed when they stood in its receipt alone; `past`: it is an earlier shop's."""
    if past:
        return Kept(unknown=EARLIER_SHOP)
    steps = [step for step in order.receipt if step.step == "tax"]
    found = [one for step in steps if (one := told(step)) is not None]
    if len(found) < len(steps) or add_up((one.tax for one in found), order.currency) != (
        order.totals.tax + order.totals.included_tax
    ):
        return Kept(unknown=UNREADABLE)
    amounts = [line.total - line.discount for line in order.lines] + [order.totals.shipping]
    rates = tuple(Rate("S", one.rate_ppm, order.shipping_address.country) for one in found)
    untaxed = Rate("O", 0, order.shipping_address.country, reason=UNTOLD)
    ways = _ways(order.lines, amounts, found)
    if len(ways) == 1:
        shares = [(_share(rates, number, net, tax),) for number, net, tax in ways[0]]
        used = (*rates, untaxed) if any(number is None for number, _, _ in ways[0]) else rates
        return Kept(used, tuple(shares[:-1]), shares[-1])
    whole = [(number, _net(one).amount, one.tax.amount) for number, one in enumerate(found)]
    left = add_up(amounts, order.currency) - add_up((one.base for one in found), order.currency)
    if left.amount:
        whole.append((len(rates), left.amount, 0))
        rates = (*rates, untaxed)
    return Kept(rates, whole=tuple(whole), unknown=UNSHARED)


def _net(one: Told) -> Money:
    return one.base - one.tax if one.included else one.base


def _share(rates: Sequence[Rate], number: int | None, net: int, tax: int) -> Share:
    return (len(rates) if number is None else number), net, tax


Way = list[tuple[int | None, int, int]]  # of each amount: which rate, net, tax


def _ways(lines: Sequence[OrderLine], amounts: Sequence[Money], found: Sequence[Told]) -> list[Way]:
    """Each way in which these amounts (the last is the shipping) may have been taxed."""
    ways = []
    for chosen in _shared([one.amount for one in amounts], [one.base.amount for one in found]):
        way = _taxed(lines, amounts, found, chosen)
        # Prices without tax have it beside each line: it must be what it would have been.
        if all(not line.tax.amount or line.tax.amount == tax for line, (_, _, tax) in zip(lines, way, strict=False)):
            ways.append(way)
    return ways


def _shared(amounts: Sequence[int], bases: Sequence[int]) -> list[list[int | None]]:
    """Each amount with the base it is part of (None: of none), so that all bases are whole; [] where that takes too long."""
    left, chosen, ways, looked = list(bases), list[int | None](), list[list[int | None]](), 0

    def place(number: int) -> None:
        nonlocal looked
        looked += 1
        if looked > LOOKED_AT or sum(left) > sum(amounts[number:]):
            return
        if number == len(amounts):
            ways.append(list(chosen))
            return
        # What costs nothing is taxed as nothing, wherever it stands.
        fitting = [n for n, base in enumerate(left) if 0 < amounts[number] <= base]
        for one in (*fitting, None):
            chosen.append(one)
            if one is not None:
                left[one] -= amounts[number]
            place(number + 1)
            if one is not None:
                left[one] += amounts[number]
            chosen.pop()

    place(0)
    return [] if looked > LOOKED_AT else ways


def _taxed(
    lines: Sequence[OrderLine], amounts: Sequence[Money], found: Sequence[Told], chosen: Sequence[int | None]
) -> Way:
    """Net and tax of each amount: a rate's tax was split over what it applied to, in the order of variants."""
    order = [*sorted(range(len(lines)), key=lambda n: (lines[n].variant_id, n)), len(lines)]
    way: Way = [(None, amount.amount, 0) for amount in amounts]
    for number, one in enumerate(found):
        members = [n for n in order if chosen[n] == number]
        for n, tax in zip(members, one.tax.split([amounts[n].amount for n in members]), strict=True):
            net = amounts[n] - tax if one.included else amounts[n]
            way[n] = (number, net.amount, tax.amount)
    return way
