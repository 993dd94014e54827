"""Tax rates of the day of supply: recalculates the taxes of a parcel and keeps the amount paid. Pure functions.

A tax is rounded once per parcel and set of rates, then split over its lines, as when the order was placed. Shipping is
part of the supply and follows the first parcel, as the buyer paid one charge and never saw the value of each parcel.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from shopwright.kit.codes import class_form
from shopwright.kit.money import Money, add_up
from shopwright.services.orders import refund_parts
from shopwright.services.orders.contract import CorrectedTax, Order, Shipment, TaxCorrection
from shopwright.services.pricing.contract import TaxPart, TaxRate
from shopwright.services.pricing.contract.taxes import by_kind, gross_of, within

RATED = frozenset({"S", "Z", "E"})  # categories that are a matter of rates: others are one of parties and places
Rates = Mapping[str, Sequence[TaxRate]]  # of each class of goods


class ParcelPart(msgspec.Struct, frozen=True):
    """The part of a line (of shipping, without id) in a parcel: units, and tax parts of one class of goods."""

    line_id: str
    quantity: int
    parts: tuple[TaxPart, ...]

    @property
    def gross(self) -> Money:
        return gross_of(self.parts, self.parts[0].net.currency)


def classes_of(order: Order) -> list[str]:
    """Tax classes of goods whose rates may have changed since the order was placed."""
    parts = [part for line in order.lines for part in line.tax_parts]
    parts += order.shipping.tax_parts if order.shipping else ()
    return sorted({part.tax_class for part in parts if _is_rated(part)})


def _is_rated(part: TaxPart) -> bool:
    """Whether a rate was set and not corrected since. For orders of earlier versions class and rate are unknown."""
    return bool(part.rate_id and part.tax_class and not part.lot) and part.category in RATED


def rerated(order: Order, parcel: Shipment, rates: Rates) -> Order | None:
    """Return the order with the parcel taxed at these rates, or None if they are those of the order."""
    pieces = [one for one in _pieces(order, parcel) if _differ(one.parts, rates)]
    if not pieces:
        return None
    parts = dict(_standing(order))
    before = dict(parts)
    units: dict[str, tuple[int, int]] = {}
    kinds = [kind for some in parts.values() for kind in by_kind(some)]
    lots = {(kind[0].tax_class, kind[0].lot): _rates_of(kind) for kind in kinds}
    for piece, taxes in _taxed(pieces, rates):
        new = _parts(piece, taxes, rates[piece.parts[0].tax_class], lots)
        units[piece.line_id] = piece.quantity, new[0].lot
        parts[piece.line_id] = _plus(_minus(parts[piece.line_id], piece.parts), new)
    corrected = tuple(
        CorrectedTax(line_id=line_id, quantity=count, lot=lot, before=before[line_id], after=parts[line_id])
        for line_id, (count, lot) in units.items()
    )
    made = TaxCorrection(shipment_id=parcel.id, supplied=parcel.shipped_at, lines=corrected)
    return _with(order, parts, made)


def _pieces(order: Order, parcel: Shipment) -> list[ParcelPart]:
    """Return the parcel's content at the order's rates, without refunds; with the first parcel, shipping."""
    left = refund_parts.left_of(order)
    found = []
    for one in parcel.lines:
        lot = left[one.line_id]
        count = min(one.quantity, lot.units)
        worth = lot.units_worth(count)
        found += (
            [ParcelPart(one.line_id, count, tuple(kind)) for kind in by_kind(lot.share(worth))]
            if worth.amount > 0
            else []
        )
    if all((parcel.shipped_at, parcel.id) <= (one.shipped_at, one.id) for one in order.shipments):
        lot = left[refund_parts.SHIPPING]
        found += [ParcelPart(lot.line_id, 0, tuple(kind)) for kind in by_kind(lot.tax_parts)] if lot.tax_parts else []
    return [one for one in found if all(map(_is_rated, one.parts)) and one.gross.amount > 0]


def _differ(parts: Sequence[TaxPart], rates: Rates) -> bool:
    """Whether these rates differ from those of the parts. Without a current rate the order's rates stay."""
    now = rates.get(parts[0].tax_class)
    if not now:
        return False
    old = {part.authority: (part.rate_ppm, part.category) for part in parts}
    new = {rate.authority: (rate.ppm, rate.meant) for rate in now}
    return old != new if old.keys() == new.keys() else sorted(old.values()) != sorted(new.values())


def _taxed(pieces: Sequence[ParcelPart], rates: Rates) -> Iterable[tuple[ParcelPart, list[Money]]]:
    """The taxes of each piece, one for each of its rates."""
    groups: dict[tuple[str, ...], list[ParcelPart]] = {}
    for one in pieces:
        groups.setdefault(tuple(rate.id for rate in rates[one.parts[0].tax_class]), []).append(one)
    for some in groups.values():
        grosses = [one.gross for one in some]
        ppms = [rate.ppm for rate in rates[some[0].parts[0].tax_class]]
        taxes = within(add_up(grosses, grosses[0].currency), ppms)
        shares = [tax.split([gross.amount for gross in grosses]) for tax in taxes]
        yield from ((one, [tax[place] for tax in shares]) for place, one in enumerate(some))


def _parts(
    piece: ParcelPart,
    taxes: Sequence[Money],
    rates: Sequence[TaxRate],
    lots: dict[tuple[str, int], frozenset[TaxPart]],
) -> tuple[TaxPart, ...]:
    """The piece at its new rates, in their lot, which is created if needed."""
    net = piece.gross - add_up(taxes, piece.gross.currency)
    found = tuple(
        TaxPart(
            net=net,
            tax=tax,
            gross=net + tax,
            category=rate.meant,
            rate_ppm=rate.ppm,
            country=rate.country,
            region=rate.region,
            tax_class=class_form(piece.parts[0].tax_class),
            authority=rate.authority,
            reason=rate.reason,
            rate_id=rate.id,
        )
        for rate, tax in zip(rates, taxes, strict=True)
    )
    same, lot = _rates_of(found), 1
    while lots.setdefault((found[0].tax_class, lot), same) != same:
        lot += 1
    return tuple(msgspec.structs.replace(part, lot=lot) for part in found)


def _rates_of(parts: Sequence[TaxPart]) -> frozenset[TaxPart]:
    """Return the rates common to all parts."""
    nothing = Money(0, parts[0].net.currency)
    return frozenset(msgspec.structs.replace(one, net=nothing, tax=nothing, gross=nothing, lot=0) for one in parts)


def _standing(order: Order) -> Iterable[tuple[str, tuple[TaxPart, ...]]]:
    """The current tax parts of each line and of shipping."""
    yield from ((line.id, line.tax_parts) for line in order.lines)
    yield refund_parts.SHIPPING, order.shipping.tax_parts if order.shipping else ()


def _minus(parts: Sequence[TaxPart], taken: Sequence[TaxPart]) -> tuple[TaxPart, ...]:
    """Return the remainders of parts, without those taken whole."""
    less = {refund_parts.rate_of(one): one for one in taken}
    rest = []
    for one in parts:
        other = less.get(refund_parts.rate_of(one))
        if other is not None:
            one = msgspec.structs.replace(  # noqa: PLW2901 -- it is the same part
                one, net=one.net - other.net, tax=one.tax - other.tax, gross=one.gross - other.gross
            )
        if other is None or one.net.amount or one.tax.amount:
            rest.append(one)
    return tuple(rest)


def _plus(parts: Sequence[TaxPart], new: Sequence[TaxPart]) -> tuple[TaxPart, ...]:
    """Both combined, one part for each rate and lot."""
    found = {refund_parts.rate_of(one): one for one in parts}
    for one in new:
        before = found.get(rate := refund_parts.rate_of(one))
        found[rate] = one if before is None else before.plus(one)
    return tuple(found.values())


def _with(order: Order, parts: Mapping[str, tuple[TaxPart, ...]], made: TaxCorrection) -> Order:
    lines = tuple(msgspec.structs.replace(line, tax_parts=parts[line.id]) for line in order.lines)
    shipping = order.shipping and msgspec.structs.replace(order.shipping, tax_parts=parts[refund_parts.SHIPPING])
    return msgspec.structs.replace(
        order, lines=lines, shipping=shipping, tax_corrections=(*order.tax_corrections, made)
    )
