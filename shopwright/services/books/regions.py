"""Taxes by place: states of the United States, and the European Union's threshold for sales to other countries. Pure functions."""

from collections.abc import Sequence

from shopwright.kit.money import Money, add_up
from shopwright.kit.tax_ids import MEMBERS
from shopwright.services.books.contract import RegionLine, TaxLine, Threshold

US = "US"
# Article 59c of Directive 2006/112/EC, in cents.
LIMIT = Money(1_000_000, "EUR")


def by_region(lines: Sequence[TaxLine]) -> tuple[RegionLine, ...]:
    """Sales in each state: by currency, all, exempt, taxed.

    Where several authorities tax one sale, the state's own line says what it is of: the one with the largest base.
    """
    found: dict[tuple[str, str], list[TaxLine]] = {}
    for one in lines:
        if one.kind.country == US:
            found.setdefault((one.kind.region, one.base.currency), []).append(one)
    return tuple(_region(region, currency, some) for (region, currency), some in sorted(found.items()))


def _region(region: str, currency: str, lines: Sequence[TaxLine]) -> RegionLine:
    exempt = [one for one in lines if one.kind.rate_ppm == 0]
    taxed = [one for one in lines if one.kind.rate_ppm]
    by_authority: dict[str, Money] = {}
    for one in taxed:
        by_authority[one.kind.authority] = by_authority.get(one.kind.authority, Money(0, currency)) + one.base
    taxable = max(by_authority.values(), default=Money(0, currency), key=lambda one: abs(one.amount))
    untaxed = add_up((one.base for one in exempt), currency)
    return RegionLine(
        region=region,
        gross=untaxed + taxable,
        exempt=untaxed,
        reasons=tuple(sorted({one.kind.reason for one in exempt if one.kind.reason})),
        taxable=taxable,
        tax=add_up((one.tax for one in taxed), currency),
        sales=max((one.sales for one in lines), default=0),
    )


def threshold(lines: Sequence[TaxLine], home: str, year: int) -> Threshold | None:
    """What a seller of the European Union has sold to consumers of its other countries; None for others."""
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
