"""Prices as a market has them: where a country takes none of the tax that the price list contains, it is taken out.

The list says €119.00 with German tax; an American pays €100.00 and the tax of their state. Pure functions.
"""

from copy import copy

import msgspec

from shopwright.kit.codes import place_form
from shopwright.kit.money import Money, add_up
from shopwright.services.pricing.contract import QuoteRequest
from shopwright.services.pricing.model import Basis
from shopwright.services.pricing.taxes import PPM, Taxed

LESS_HOME_TAX = "less_home_tax"


def in_market(request: QuoteRequest, basis: Basis) -> Basis:
    """With prices of goods and shipping as they are where this goes."""
    home = place_form(basis.home_country)
    country = place_form(request.country) or home
    place = Taxed(country=country, region="", rates=basis.tax_rates, rules=basis.tax_rules, included=True, at=basis.now)
    rule = place.rule("prices")
    if rule is None or rule.value != LESS_HOME_TAX or country == home or not basis.prices_include_tax:
        return basis
    at_home = msgspec.structs.replace(place, country=home).here()
    items = [item for item in request.items if item.variant_id in basis.prices]
    goods = [basis.prices[item.variant_id].amount * item.quantity for item in items]
    classes = [item.tax_class for item in items]

    def shipping(price: Money) -> Money:
        shares = at_home.shipped(classes, goods, price)
        return add_up((_without(at_home, one, amount) for one, amount in shares), price.currency)

    found = copy(basis)
    found.listed = {one: price.amount for one, price in basis.prices.items()}
    found.prices = dict(basis.prices) | {
        item.variant_id: msgspec.structs.replace(
            basis.prices[item.variant_id],
            amount=_without(at_home, item.tax_class, basis.prices[item.variant_id].amount),
        )
        for item in items
    }
    found.shipping_rates = [
        msgspec.structs.replace(rate, price=shipping(rate.price))
        for rate in basis.shipping_rates
        if rate.price.currency == request.currency
    ]
    return found


def _without(place: Taxed, tax_class: str | None, amount: Money) -> Money:
    """The net of an amount that contains the tax of this place."""
    whole = sum(rate.ppm for rate in place.applicable(tax_class))
    return amount - amount.share(whole, PPM + whole)
