"""Refund parts: they sum to the refund's amount, each with its tax. Pure functions.

A refund takes a share of what is left of each line and of shipping, so that all refunds together return exactly the
amount paid and exactly its tax, in any order. What a provider or bank takes beyond that is an excess part without tax.
Units of a line taxed at the rates of several days form separate lots: unshipped units are refunded at the order's
rates, and so are the first of those that were returned.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

import msgspec

from shopwright.kit.money import Money, add_up, zero
from shopwright.services.orders.contract import Order, Refund, gift_cards
from shopwright.services.orders.contract.events import RefundPart
from shopwright.services.pricing.contract import TaxPart
from shopwright.services.pricing.contract.taxes import by_kind, gross_of, summed

SHIPPING = ""  # no line has this id


class RefundableLot(msgspec.Struct, frozen=True, kw_only=True):
    """The remainder of a line, or of shipping, in one lot. `kept`: the part of it that belongs to returned units.

    `unsent`: how many of its units have not been shipped.
    """

    line_id: str
    units: int
    amount: Money
    kept: Money
    tax_parts: tuple[TaxPart, ...]
    unsent: int = 0

    def share(self, amount: Money) -> tuple[TaxPart, ...]:
        """The tax parts of this amount: each kind of goods and each tax in proportion."""
        kinds = by_kind(self.tax_parts)
        gross_amounts = [gross_of(kind, amount.currency).amount for kind in kinds]
        # Negative while one of our refunds is pending that the provider will refuse: see `of_provider`.
        usable = amount.amount and any(gross_amounts) and min(gross_amounts) >= 0
        shares = amount.split(gross_amounts) if usable else [zero(amount.currency) for _ in kinds]
        found = []
        for kind, gross, share in zip(kinds, gross_amounts, shares, strict=True):
            found += _with(kind, share, _taxes([part.tax for part in kind], gross, share.amount))
        return tuple(found)

    def units_worth(self, units: int) -> Money:
        """The value of this many remaining units."""
        nothing = zero(self.amount.currency)
        return max(self.amount - self.kept, nothing).share(units, self.units) if self.units else nothing

    def without(self, part: RefundPart) -> "RefundableLot":
        """Return the remainder after this part, too."""
        taken = {rate_of(one): one for one in part.tax_parts}
        left: list[TaxPart] = []
        for kind in by_kind(self.tax_parts):
            gone = [taken[rate_of(one)] for one in kind if rate_of(one) in taken]
            gross = gross_of(kind, self.amount.currency) - gross_of(gone, self.amount.currency)
            rest = [one.tax - taken[rate_of(one)].tax if rate_of(one) in taken else one.tax for one in kind]
            left += _with(kind, gross, rest)
        kept = self.kept + part.kept if part.kept else self.kept
        if part.of not in {"line", "shipping"} and self.amount.amount > 0:  # of what is kept as of all the rest
            kept -= kept.share(part.amount.amount, self.amount.amount)
        return msgspec.structs.replace(
            self,
            units=self.units - part.quantity,
            amount=self.amount - part.amount,
            kept=kept,
            tax_parts=tuple(left),
        )


def _taxes(sums: Sequence[Money], gross: int, share: int) -> list[Money]:
    """Share the taxes in proportion to the gross, so that neither the share's net nor the rest's is negative."""
    if not gross:
        return list(sums)
    taken = [one.share(share, gross) for one in sums]
    total = sum(one.amount for one in sums)
    least, most = max(0, total - (gross - share)), min(total, share)
    while (now := sum(one.amount for one in taken)) != min(max(now, least), most):
        step = 1 if now < least else -1
        place = max(
            range(len(taken)), key=lambda n: step * (sums[n] - taken[n]).amount if step > 0 else taken[n].amount
        )
        taken[place] += Money(step, taken[place].currency)
    return taken


def _with(kind: Sequence[TaxPart], gross: Money, sums: Sequence[Money]) -> list[TaxPart]:
    """The tax parts of one kind of goods for this gross and these taxes."""
    net = gross - add_up(sums, gross.currency)
    return [
        msgspec.structs.replace(part, net=net, tax=tax, gross=net + tax) for part, tax in zip(kind, sums, strict=True)
    ]


# What the parts of one rate have in common.
rate_of = attrgetter(*(name for name in TaxPart.__struct_fields__ if name not in {"net", "tax", "gross"}))


def key_of(line_id: str, lot: int) -> str:
    """The key of a line's lot."""
    return f"{line_id}/{lot}" if lot else line_id


def sold_of(order: Order) -> dict[str, RefundableLot]:
    """Everything sold, by line and lot, shipping last."""
    paid = {line.id: line.total - line.discount + line.tax for line in order.lines}
    shipping = order.totals.total - add_up(paid.values(), order.currency)
    sold: dict[str, RefundableLot] = {}
    for line in order.lines:
        sold |= _lots(line.id, paid[line.id], line.tax_parts, order.units_of(line), unsent=line.to_ship)
    sold |= _lots(SHIPPING, shipping, order.shipping.tax_parts if order.shipping else (), {0: 0})
    return _shared_out(order, sold) if order.taxes_unknown and order.tax_parts else sold


def _lots(
    line_id: str, paid: Money, parts: Sequence[TaxPart], units: Mapping[int, int], *, unsent: int = 0
) -> dict[str, RefundableLot]:
    """Return the payments for a line by lot; the first lot is always present."""
    apart = {lot: tuple(one for one in parts if one.lot == lot) for lot in sorted({0, *(one.lot for one in parts)})}
    amounts = {lot: gross_of(some, paid.currency) for lot, some in apart.items() if lot}
    amounts[0] = paid - add_up(amounts.values(), paid.currency)
    return {
        key_of(line_id, lot): RefundableLot(
            line_id=line_id,
            units=units.get(lot, 0),
            amount=amounts[lot],
            kept=zero(paid.currency),
            tax_parts=some,
            unsent=0 if lot else unsent,
        )
        for lot, some in apart.items()
    }


def _shared_out(order: Order, sold: Mapping[str, RefundableLot]) -> dict[str, RefundableLot]:
    """If the line taxed at each rate is unknown, tax each line at all rates in proportion; the sum is exact."""
    rest = RefundableLot(
        line_id="", units=0, amount=order.totals.total, kept=zero(order.currency), tax_parts=order.tax_parts
    )
    found = {}
    for name, one in sold.items():
        parts = rest.share(one.amount)
        rest = rest.without(RefundPart(of="goodwill", amount=one.amount, tax_parts=parts))
        found[name] = msgspec.structs.replace(one, tax_parts=parts)
    return found


def left_of(order: Order, *, settled: bool = False) -> dict[str, RefundableLot]:
    """Return the parts not refunded yet; `settled`: count settled refunds only, as the provider may refuse the others."""
    left = sold_of(order)
    for refund in order.refunds:
        if settled and refund.status != "settled" and gift_cards.by_payment(refund).amount:
            continue
        for part in refund.parts or legacy_parts(left, refund):
            if part.excess:
                continue
            name = key_of(part.line_id, part.tax_parts[0].lot if part.tax_parts else 0)
            if name in left:
                left[name] = left[name].without(part)
    return left


def _drawn(
    left: Mapping[str, RefundableLot], line_id: str, units: int, *, returned: bool = False
) -> list[tuple[RefundableLot, int]]:
    """Choose the lots that these units are refunded from; `returned`: units that had been shipped."""
    lots = [one for one in left.values() if one.line_id == line_id]
    found = []
    for one in lots:
        there = max(0, one.units - (one.unsent if returned else 0))
        count = units if one is lots[-1] else min(units, there)
        found.append((one, count))
        units -= count
    return [(one, count) for one, count in found if count] or found[:1]


def whole_of(left: Mapping[str, RefundableLot], currency: str) -> Money:
    """The total of what remains."""
    return add_up((one.amount for one in left.values()), currency)


def legacy_parts(left: Mapping[str, RefundableLot], refund: Refund) -> tuple[RefundPart, ...]:
    """Parts of a refund stored without them: its units, and the rest as goodwill."""
    lines = {one.line_id: one.quantity for one in refund.lines}
    known = {line_id: units for line_id, units in lines.items() if line_id in left}
    parts = parts_of(left, known)
    if sum_of(parts, refund.amount.currency) == refund.amount:
        return parts
    return tuple(
        msgspec.structs.replace(part, quantity=lines.pop(part.line_id, 0)) for part in goodwill(left, refund.amount)
    )


def parts_of(
    left: Mapping[str, RefundableLot],
    units: Mapping[str, int],
    *,
    returned: bool = False,
    shipping: bool = False,
    worth: Money | None = None,
) -> tuple[RefundPart, ...]:
    """Parts for these units and the remaining shipping; `worth`: for this amount, if it is less."""
    drawn = [one for line_id, count in units.items() for one in _drawn(left, line_id, count, returned=returned)]
    chosen = [(one, count, one.units_worth(count)) for one, count in drawn]
    if shipping:
        chosen += [(one, 0, one.amount) for one in left.values() if one.line_id == SHIPPING and one.amount.amount]
    amounts = [amount for _, _, amount in chosen]
    if worth is not None and any(one.amount for one in amounts):
        amounts = worth.split([one.amount for one in amounts])
    return tuple(
        RefundPart(
            of="line" if one.line_id else "shipping",
            line_id=one.line_id,
            quantity=count,
            amount=amount,
            tax_parts=one.share(amount),
            kept=full - amount if full != amount else None,
        )
        for (one, count, full), amount in zip(chosen, amounts, strict=True)
    )


def goodwill(left: Mapping[str, RefundableLot], amount: Money) -> tuple[RefundPart, ...]:
    """Spread an amount over everything that remains by value, and thereby over its rates."""
    there = [one for one in left.values() if one.amount.amount > 0]
    shares = amount.split([one.amount.amount for one in there]) if there else []
    return tuple(
        RefundPart(of="goodwill", line_id=one.line_id, quantity=0, amount=share, tax_parts=one.share(share))
        for one, share in zip(there, shares, strict=True)
        if share.amount
    )


def of_provider(order: Order, amount: Money) -> tuple[RefundPart, ...]:
    """Parts of a refund made at the provider, whose purpose is unknown.

    It may exceed what remains beside pending refunds: those will be refused. What exceeds the rest beside settled
    refunds was never part of the sale and has no tax, so tax is returned once.
    """
    left = left_of(order)
    if amount > whole_of(left, order.currency):
        left = left_of(order, settled=True)
    of_sale = min(amount, max(whole_of(left, order.currency), zero(order.currency)))
    excess = amount - of_sale
    return (
        *goodwill(left, of_sale),
        *([RefundPart(of="goodwill", amount=excess, excess=True)] if excess.amount else []),
    )


def of_all(order: Order, amount: Money) -> tuple[RefundPart, ...]:
    """Parts for a cancelled order: everything that remains, unless payments know other refunds than the order."""
    left = left_of(order)
    if amount == whole_of(left, order.currency):
        return everything(left)
    return tuple(msgspec.structs.replace(part, of="all") for part in of_provider(order, amount))


def everything(left: Mapping[str, RefundableLot]) -> tuple[RefundPart, ...]:
    """Parts of everything that has not been refunded."""
    return tuple(
        RefundPart(of="all", line_id=one.line_id, quantity=one.units, amount=one.amount, tax_parts=one.tax_parts)
        for one in left.values()
        if one.amount.amount or one.units
    )


def by_rate(parts: Iterable[RefundPart]) -> tuple[TaxPart, ...]:
    """The sums of these parts by rate."""
    found = summed((one for some in parts for one in some.tax_parts), rate_of)
    return tuple(one for one in found if one.gross.amount)


def sum_of(parts: Sequence[RefundPart], currency: str) -> Money:
    """The total of these parts."""
    return add_up((part.amount for part in parts), currency)
