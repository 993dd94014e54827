"""Gross margin."""

from collections.abc import Iterable

import msgspec

from shopwright.kit.money import Money
from shopwright.services.books.contract import Account, Balance

MARGIN: tuple[Account, ...] = ("revenue", "discounts", "returns", "cost_of_goods")


class Margin(msgspec.Struct, frozen=True, kw_only=True):
    """The gross margin without tax: revenue − discounts − returns − cost of goods."""

    revenue: Money
    discounts: Money
    returns: Money
    cost_of_goods: Money
    margin: Money


def margins(balances: Iterable[Balance]) -> list[Margin]:
    """Margins by currency, for months in which goods with a known cost were sold."""
    sums: dict[str, dict[Account, int]] = {}
    for one in balances:
        if one.account in MARGIN:
            there = sums.setdefault(one.debit.currency, dict.fromkeys(MARGIN, 0))
            there[one.account] += one.debit.amount - one.credit.amount
    return [
        Margin(
            revenue=Money(-one["revenue"], currency),
            discounts=Money(one["discounts"], currency),
            returns=Money(one["returns"], currency),
            cost_of_goods=Money(one["cost_of_goods"], currency),
            margin=Money(-sum(one.values()), currency),
        )
        for currency, one in sorted(sums.items())
        if one["cost_of_goods"]
    ]
