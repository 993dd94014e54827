"""Taxes by place: US states, and the EU threshold for sales to other countries. Pure functions."""

from collections.abc import Iterable, Sequence

from shopwright.kit.money import Money, add_up
from shopwright.kit.tax_ids import MEMBERS
from shopwright.services.books.contract import RegionLine, TaxLine, Threshold

US = "US"
# Article 59c of Directive 2006/112/EC, in cents.
LIMIT = Money(1_000_000, "EUR")


def by_region(lines: Sequence[TaxLine]) -> tuple[RegionLine, ...]:
    """Sales in each state by currency: gross, exempt and taxable.

    Several authorities may tax the same goods. For each class and month the authority with the largest base counts;
    goods are taxable if any authority taxes them, and exempt if none does.
    """
    found: dict[tuple[str, str], list[TaxLine]] = {}
    for one in lines:
        if one.kind.country == US:
            found.setdefault((one.kind.region, one.base.currency), []).append(one)
    return tuple(_region(region, currency, some) for (region, currency), some in sorted(found.items()))


def _region(region: str, currency: str, lines: Sequence[TaxLine]) -> RegionLine:
    goods: dict[tuple[str, str], list[TaxLine]] = {}
    for one in lines:
        goods.setdefault((one.period, one.kind.tax_class), []).append(one)
    gross = taxable = Money(0, currency)
    reasons: set[str] = set()
    for same in goods.values():
        all_sales, taxed = _once(same, currency), _once((one for one in same if one.kind.rate_ppm), currency)
        gross, taxable = gross + all_sales, taxable + taxed
        if all_sales != taxed:
            reasons |= {one.kind.reason for one in same if not one.kind.rate_ppm and one.kind.reason}
    sales: dict[str, int] = {}
    for one in lines:  # an order may have goods of several rates
        sales[one.period] = max(sales.get(one.period, 0), one.sales)
    return RegionLine(
        region=region,
        gross=gross,
        exempt=gross - taxable,
        reasons=tuple(sorted(reasons)),
        taxable=taxable,
        tax=add_up((one.tax for one in lines), currency),
        sales=sum(sales.values()),
    )


def _once(lines: Iterable[TaxLine], currency: str) -> Money:
    """The largest base of an authority, as the others tax the same goods."""
    found: dict[str, Money] = {}
    for one in lines:
        found[one.kind.authority] = found.get(one.kind.authority, Money(0, currency)) + one.base
    return max(found.values(), default=Money(0, currency), key=lambda one: abs(one.amount))


def threshold(lines: Sequence[TaxLine], home: str, year: int) -> Threshold | None:
    """Sales of an EU seller to consumers in other EU countries; None for other sellers."""
    if home not in MEMBERS:
        return None
    sums: dict[str, Money] = {}
    for one in lines:
        if one.kind.country in MEMBERS - {home} and one.kind.category not in {"AE", "K", "G"}:
            currency = one.base.currency
            sums[currency] = sums.get(currency, Money(0, currency)) + one.base
    euros = sums.get(LIMIT.currency)
    return Threshold(
        year=year, counted=tuple(sums.values()), limit=LIMIT, passed=euros is not None and euros.amount > LIMIT.amount
    )
