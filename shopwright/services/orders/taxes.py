"""Tax parts of an order: how they are stored, and read from receipts of earlier versions. Pure functions.

An order has few rates and many parts: each rate is stored once, each part as the rate's index, net and tax in minor
units.
"""

import re
from collections.abc import Sequence

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.money import Money, add_up
from shopwright.services.orders.contract import CorrectedTax, Order, OrderLine, PastTax, TaxCorrection, tax_texts
from shopwright.services.pricing.contract import Step, TaxCategory, TaxPart, Totals

PPM = 1_000_000
SHIPPING = -1  # in place of the position of a line
ROUNDED = 2  # minor units that the tax of one rate may be off by, as each line was rounded by itself
RATE_SENTENCE = re.compile(r".* (?P<per_cent>[\d.]+) % of (?P<base>.+), (?P<how>in it|added)", re.DOTALL)
NOT_DIGIT = re.compile(r"\D")
LOOKED_AT = 2_200  # ways to share half of the lines among rates (3⁷); more are not tried

Share = tuple[int, int, int]  # the number of a rate, net, tax
Shares = tuple[Share, ...]


class Rate(msgspec.Struct, frozen=True, array_like=True):
    """A tax rate with its reason, common to its parts."""

    category: TaxCategory
    rate_ppm: int
    country: str
    region: str = ""
    tax_class: str = ""
    authority: str = ""
    reason: str = ""
    rate_id: str = ""
    lot: int = 0


class CorrectedLine(msgspec.Struct, frozen=True, array_like=True):
    """The parts of one line before and after a correction; `position` is the line's index, or SHIPPING."""

    position: int
    quantity: int
    lot: int
    before: Shares
    after: Shares


class ShipmentCorrection(msgspec.Struct, frozen=True, array_like=True):
    """The correction made for a shipment; `supplied` in microseconds."""

    shipment_id: str
    supplied: int
    changed: tuple[CorrectedLine, ...]


class CurrentTaxes(msgspec.Struct, frozen=True, array_like=True):
    """The current taxes of an order: of its lines in order, of shipping, and their corrections.

    If the receipt does not say that much, there is only `whole`, the sums by rate, or nothing; `unknown` says why.
    """

    rates: tuple[Rate, ...] = ()
    lines: tuple[Shares, ...] = ()
    shipping: Shares = ()
    whole: Shares = ()
    unknown: str = ""
    corrections: tuple[ShipmentCorrection, ...] = ()


def kept(
    lines: Sequence[Sequence[TaxPart]],
    shipping: Sequence[TaxPart],
    corrections: Sequence[TaxCorrection] = (),
    line_ids: Sequence[str] = (),
) -> CurrentTaxes:
    """Encode tax parts for storage; `line_ids` identify the lines of corrections."""
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
    positions = {line_id: number for number, line_id in enumerate(line_ids)}
    corrected = tuple(
        ShipmentCorrection(
            some.shipment_id,
            to_micros(some.supplied),
            tuple(
                CorrectedLine(
                    positions.get(one.line_id, SHIPPING), one.quantity, one.lot, shares(one.before), shares(one.after)
                )
                for one in some.lines
            ),
        )
        for some in corrections
    )
    return CurrentTaxes(tuple(rates), of_lines, of_shipping, corrections=corrected)


def of_earlier_shop(known_taxes: Sequence[PastTax], totals: Totals, place: Address) -> CurrentTaxes:
    """Taxes of an imported order, by rate only, as earlier shops export them.

    Exports lack the base of each rate; its tax gives it within rounding. If the bases come to the whole order within
    one unit, they cover all of it; otherwise the rest was untaxed, unless several rates tax the same goods.
    """
    if not known_taxes:
        return CurrentTaxes(unknown=tax_texts.EARLIER_SHOP)
    rates = [Rate("S", one.rate_ppm, place.country, authority=one.name) for one in known_taxes]
    nets = [_part_of(one.tax.amount, PPM, one.rate_ppm) for one in known_taxes]
    left = (totals.total - totals.tax - totals.included_tax).amount - sum(nets)
    exact = sum(_part_of(ROUNDED, PPM, one.rate_ppm) for one in known_taxes)
    least = min(range(len(rates)), key=lambda number: rates[number].rate_ppm)  # a cent of its tax is of most
    if abs(left) <= exact and nets[least] + left >= 0:
        nets[least] += left
    shares = [(number, net, one.tax.amount) for number, (net, one) in enumerate(zip(nets, known_taxes, strict=True))]
    if left > exact:
        shares.append((len(rates), left, 0))
        rates.append(Rate("O", 0, place.country, reason=tax_texts.NO_TAX))
    return CurrentTaxes(tuple(rates), whole=tuple(shares), unknown=tax_texts.EARLIER_RATES)


def _part_of(amount: int, of: int, share: int) -> int:
    """`amount` × `of` / `share`, rounded."""
    return (2 * amount * of + share) // (2 * share)


class TaxDecoder:
    """Decodes stored taxes into money."""

    def __init__(self, found: CurrentTaxes, currency: str) -> None:
        self._found = found
        self._currency = currency

    def line(self, number: int) -> tuple[TaxPart, ...]:
        """Tax parts of a line."""
        return self._parts(self._found.lines[number]) if number < len(self._found.lines) else ()

    @property
    def shipping(self) -> tuple[TaxPart, ...]:
        """Tax parts of shipping."""
        return self._parts(self._found.shipping)

    def corrections(self, line_ids: Sequence[str]) -> tuple[TaxCorrection, ...]:
        """Corrections, oldest first."""
        return tuple(
            TaxCorrection(
                shipment_id=some.shipment_id,
                supplied=from_micros(some.supplied),
                lines=tuple(
                    CorrectedTax(
                        line_id="" if one.position == SHIPPING else line_ids[one.position],
                        quantity=one.quantity,
                        lot=one.lot,
                        before=self._parts(one.before),
                        after=self._parts(one.after),
                    )
                    for one in some.changed
                ),
            )
            for some in self._found.corrections
        )

    @property
    def whole(self) -> tuple[TaxPart, ...]:
        """The sum of all tax parts by rate."""
        sums: dict[int, tuple[int, int]] = {}
        for shares in (*self._found.lines, self._found.shipping, self._found.whole):
            for number, net, tax in shares:
                before = sums.get(number, (0, 0))
                sums[number] = before[0] + net, before[1] + tax
        return self._parts(tuple((number, net, tax) for number, (net, tax) in sorted(sums.items()) if net or tax))

    def _parts(self, shares: Shares) -> tuple[TaxPart, ...]:
        return tuple([self._part(number, net, tax) for number, net, tax in shares])

    def _part(self, number: int, net: int, tax: int) -> TaxPart:
        rate = self._found.rates[number]
        return TaxPart(
            net=Money(net, self._currency),
            tax=Money(tax, self._currency),
            gross=Money(net + tax, self._currency),
            category=rate.category,
            rate_ppm=rate.rate_ppm,
            country=rate.country,
            region=rate.region,
            tax_class=rate.tax_class,
            authority=rate.authority,
            reason=rate.reason,
            rate_id=rate.rate_id,
            lot=rate.lot,
        )


# --- receipts of earlier versions


class ReceiptTax(msgspec.Struct, frozen=True):
    """A tax step of a receipt: base, rate and tax."""

    rate_ppm: int
    base: Money
    tax: Money
    included: bool


def read_receipt_tax(step: Step) -> ReceiptTax | None:
    """Parse a step like “VAT 19 % of €33.90, in it”. Returns None for other text, or if it disagrees with the amount."""
    found = RATE_SENTENCE.fullmatch(step.detail)
    if found is None:
        return None
    ppm = round(float(found["per_cent"]) * PPM / 100)
    base = Money(int(NOT_DIGIT.sub("", found["base"]) or 0), step.amount.currency)  # written with all its decimals
    included = found["how"] == "in it"
    if base.share(ppm, PPM + ppm if included else PPM) != step.amount:
        return None
    return ReceiptTax(ppm, base, step.amount, included)


def of_receipt(order: Order, *, past: bool = False) -> CurrentTaxes:
    """Taxes of an order whose receipt is the only record of them; `past`: an imported order."""
    if past:
        return CurrentTaxes(unknown=tax_texts.EARLIER_SHOP)
    steps = [step for step in order.receipt if step.step == "tax" and step.amount.amount]
    found = [one for step in steps if (one := read_receipt_tax(step)) is not None]
    taxed = add_up((one.tax for one in found), order.currency)
    hows = {one.included for one in found}
    if len(found) < len(steps) or len(hows) > 1 or taxed != order.totals.tax + order.totals.included_tax:
        return CurrentTaxes(unknown=tax_texts.UNREADABLE)
    found = _merged(found)
    rates = tuple(Rate("S", one.rate_ppm, order.shipping_address.country) for one in found)
    untaxed = Rate("O", 0, order.shipping_address.country, reason=tax_texts.NO_TAX)
    amounts = [line.total - line.discount for line in order.lines] + [order.totals.shipping]
    assignment = _assignment(order.lines, amounts, found)
    if assignment is not None:
        shares = [(_share(rates, number, net, tax),) for number, net, tax in assignment]
        used = (*rates, untaxed) if any(number is None for number, _, _ in assignment) else rates
        return CurrentTaxes(used, tuple(shares[:-1]), shares[-1])
    by_rate = [(number, _net(one).amount, one.tax.amount) for number, one in enumerate(found)]
    left = add_up(amounts, order.currency) - add_up((one.base for one in found), order.currency)
    if left.amount:
        by_rate.append((len(rates), left.amount, 0))
        rates = (*rates, untaxed)
    return CurrentTaxes(rates, whole=tuple(by_rate), unknown=tax_texts.UNSHARED)


def _merged(found: Sequence[ReceiptTax]) -> list[ReceiptTax]:
    """One entry per rate: the first version wrote a step for each tax row, and several rows may share a rate."""
    merged: dict[int, ReceiptTax] = {}
    for one in found:
        before = merged.get(one.rate_ppm)
        merged[one.rate_ppm] = (
            one
            if before is None
            else msgspec.structs.replace(before, base=before.base + one.base, tax=before.tax + one.tax)
        )
    return list(merged.values())


def _net(one: ReceiptTax) -> Money:
    return one.base - one.tax if one.included else one.base


def _share(rates: Sequence[Rate], number: int | None, net: int, tax: int) -> Share:
    return (len(rates) if number is None else number), net, tax


Assignment = list[tuple[int | None, int, int]]  # of each amount: which rate, net, tax


def _assignment(lines: Sequence[OrderLine], amounts: Sequence[Money], found: Sequence[ReceiptTax]) -> Assignment | None:
    """The only way in which these amounts (the last is shipping) can have been taxed; None if there are several."""
    left = sum(one.amount for one in amounts) - sum(one.base.amount for one in found)
    if left < 0:
        return None
    bases = [*(one.base.amount for one in found), left]  # the last: what was not taxed
    # Free items bear no tax, whatever their class.
    costing = [n for n, amount in enumerate(amounts) if amount.amount > 0]
    chosen = _shared(
        [amounts[n].amount for n in costing],
        [_possible(lines[n] if n < len(lines) else None, amounts[n].amount, found, bases) for n in costing],
        bases,
    )
    if chosen is None:
        return None
    rates = dict(zip(costing, chosen, strict=True))
    assignment: Assignment = [(None, amount.amount, 0) for amount in amounts]
    for number, one in enumerate(found):
        members = [n for n in _order(lines) if rates.get(n) == number]
        for n, tax in zip(members, _taxes(one, members, lines, amounts), strict=True):
            if not one.included and not _near(tax, amounts[n].amount, one):
                return None
            assignment[n] = (number, amounts[n].amount - (tax if one.included else 0), tax)
    taxed = sum(tax for _, _, tax in assignment)
    return assignment if taxed == sum(one.tax.amount for one in found) else None


def _order(lines: Sequence[OrderLine]) -> list[int]:
    """The order in which tax was split: by variant, then shipping."""
    return [*sorted(range(len(lines)), key=lambda n: (lines[n].variant_id, n)), len(lines)]


def _taxes(one: ReceiptTax, members: Sequence[int], lines: Sequence[OrderLine], amounts: Sequence[Money]) -> list[int]:
    """The tax of each amount: split over prices that include it; added tax comes with lines, the rest is for shipping."""
    if one.included:
        return [tax.amount for tax in one.tax.split([amounts[n].amount for n in members])]
    beside = [lines[n].tax.amount for n in members if n < len(lines)]
    return [*beside, one.tax.amount - sum(beside)][: len(members)]


def _possible(line: OrderLine | None, amount: int, found: Sequence[ReceiptTax], bases: Sequence[int]) -> list[int]:
    """The bases this amount may be part of."""
    fitting = [n for n, base in enumerate(bases) if amount <= base]
    if line is None or all(one.included for one in found):  # nothing of the tax stands beside it
        return fitting
    tax = line.tax.amount
    return [n for n in fitting if (_near(tax, amount, found[n]) if n < len(found) else not tax)]


def _near(tax: int, amount: int, one: ReceiptTax) -> bool:
    """Whether this may be its tax: a step was rounded (within half a minor unit), then split (within one)."""
    return 2 * abs(tax * PPM - amount * one.rate_ppm) < 3 * PPM


def _shared(amounts: Sequence[int], possible: Sequence[Sequence[int]], bases: Sequence[int]) -> list[int] | None:
    """Assign each amount to a base so that all bases add up; None unless exactly one assignment exists.

    The sums of the bases are digits of one number. The sums of one half of the amounts are matched with what the other
    half lacks, which takes the square root of the steps of trying all assignments.
    """
    digit = sum(amounts) + 1
    worth = [digit**n for n in range(len(bases))]
    half = (len(amounts) + 1) // 2
    first = _sums(amounts[:half], possible[:half], worth)
    second = _sums(amounts[half:], possible[half:], worth)
    wanted = sum(base * one for base, one in zip(bases, worth, strict=True))
    if first is None or second is None:
        return None
    matching = [
        (assignment, second[wanted - reached]) for reached, assignment in first.items() if wanted - reached in second
    ]
    if len(matching) != 1:
        return None
    ((before, after),) = matching
    return None if before is None or after is None else [*before, *after]


def _sums(
    amounts: Sequence[int], possible: Sequence[Sequence[int]], worth: Sequence[int]
) -> dict[int, tuple[int, ...] | None] | None:
    """The sums these amounts can reach, each with its assignment (None: several); None if there are too many."""
    found: dict[int, tuple[int, ...] | None] = {0: ()}
    for amount, bases in zip(amounts, possible, strict=True):
        if len(found) * len(bases) > LOOKED_AT:
            return None
        after: dict[int, tuple[int, ...] | None] = {}
        for reached, assignment in found.items():
            for base in bases:
                total = reached + amount * worth[base]
                after[total] = None if assignment is None or total in after else (*assignment, base)
        found = after
    return found
