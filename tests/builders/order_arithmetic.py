"""The sums of an order by exact arithmetic: Decimal, without code of the shop.

On the sale a coupon is deducted from all goods, and a rate applies to their sum and is split by largest remainder; a refund
of anything is its share of what is left, half a cent rounded up, so that all refunds add up to the payment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

GrossAndTax = dict[tuple[str, Decimal], list[Decimal]]  # by country and rate: gross and tax
CENT = Decimal("0.01")
NONE = Decimal(0)


def cents(amount: Decimal) -> Decimal:
    """Rounded to cents, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def shared(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split by largest remainder, the first of equals."""
    total = sum(weights)
    parts = [(amount * weight / total).quantize(CENT, ROUND_FLOOR) for weight in weights]
    left = int((amount - sum(parts)) / CENT)
    # Without dividing: a quotient that does not end would make equals differ.
    for place in sorted(range(len(parts)), key=lambda n: parts[n] * total - amount * weights[n])[:left]:
        parts[place] += CENT
    return parts


@dataclass(frozen=True)
class Goods:
    """A quantity of a variant. `age`: the position of the variant among all, the oldest first."""

    price: Decimal
    quantity: int
    rate: Decimal
    age: int


@dataclass
class Piece:
    """A line or the shipping: what is left of its units, of its payment, and of the tax in that."""

    rate: Decimal
    units: int
    paid: Decimal
    tax: Decimal = NONE

    def back(self, amount: Decimal) -> None:
        share = cents(self.tax * amount / self.paid) if self.paid else self.tax
        self.tax -= min(max(share, self.tax - (self.paid - amount)), self.tax, amount)
        self.paid -= amount

    def worth(self, units: int) -> Decimal:
        return cents(self.paid * units / self.units) if self.units else NONE


@dataclass
class Sold:
    """A paid order; the shipping is its last piece."""

    country: str
    pieces: list[Piece] = field(default_factory=list)

    @property
    def gross_and_tax(self) -> Decimal:
        return sum((one.paid for one in self.pieces), NONE)

    def units_back(self, place: int, units: int) -> Decimal:
        piece = self.pieces[place]
        worth = piece.worth(units)
        piece.back(worth)
        piece.units -= units
        return worth

    def shipping_back(self) -> None:
        self.pieces[-1].back(self.pieces[-1].paid)

    def amount_back(self, amount: Decimal) -> None:
        there = [one for one in self.pieces if one.paid]
        for piece, share in zip(there, shared(amount, [one.paid for one in there]), strict=True):
            piece.back(share)

    def all_back(self) -> None:
        for piece in self.pieces:
            piece.paid = piece.tax = NONE
            piece.units = 0


def sell(
    country: str,
    goods: Sequence[Goods],
    shipping: tuple[Decimal, Decimal],
    off: Decimal,
    *,
    on_top: bool,
) -> Sold:
    """Shipping as price and rate; `off`: the share of the goods that a coupon deducts.

    Pieces are in the order of the cart; of equals, the variant that is older comes first, however the cart was filled.
    """
    aged = sorted(goods, key=lambda one: one.age)
    amounts = [one.price * one.quantity for one in aged]
    discounts = shared(cents(sum(amounts, NONE) * off), amounts)
    pieces = [
        Piece(one.rate, one.quantity, paid - less) for one, paid, less in zip(aged, amounts, discounts, strict=True)
    ]
    sold = Sold(country, list(pieces))
    sold.pieces.append(Piece(shipping[1], 0, shipping[0]))
    for rate in {one.rate for one in sold.pieces if one.rate}:
        taxed = [one for one in sold.pieces if one.rate == rate]
        base = sum(one.paid for one in taxed)
        tax = cents(base * rate if on_top else base * rate / (1 + rate))
        for piece, share in zip(taxed, shared(tax, [one.paid for one in taxed]), strict=True):
            piece.tax = share
            piece.paid += share if on_top else 0
    sold.pieces[:-1] = [pieces[aged.index(one)] for one in goods]
    return sold


def together(orders: Iterable[Sold]) -> GrossAndTax:
    """Gross and tax of all orders, by country and rate."""
    found: GrossAndTax = {}
    for order in orders:
        for piece in order.pieces:
            sums = found.setdefault((order.country, piece.rate), [NONE, NONE])
            sums[0] += piece.paid
            sums[1] += piece.tax
    return {key: sums for key, sums in found.items() if sums != [NONE, NONE]}
