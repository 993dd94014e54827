"""Market prices: removes the tax contained in the price list where the destination does not charge it.

The list says €119.00 with German tax; a buyer in the US pays €100.00 plus state tax, and a business in another EU
country pays €100.00 without tax. Pure functions.
"""

from collections.abc import Sequence
from copy import copy

import msgspec

from shopwright.kit.codes import place_form
from shopwright.kit.money import Money, add_up
from shopwright.services.pricing.contract import QuoteRequest
from shopwright.services.pricing.contract.taxes import PPM
from shopwright.services.pricing.model import QuoteInputs
from shopwright.services.pricing.taxes import TaxationPoint

LESS_HOME_TAX = "less_home_tax"


def in_market(request: QuoteRequest, basis: QuoteInputs) -> QuoteInputs:
    """Return the inputs with prices of goods and shipping for this destination and buyer."""
    taxed = _contained(request, basis)
    if taxed is None:
        return basis
    items = [item for item in request.items if item.variant_id in basis.prices]
    goods = [basis.prices[item.variant_id].amount * item.quantity for item in items]
    classes = [item.tax_class for item in items]

    def shipping(price: Money) -> Money:
        shares = taxed[0].shipped(classes, goods, price)
        return add_up((_without(taxed, one, amount) for one, amount in shares), price.currency)

    found = copy(basis)
    found.listed = {one: price.amount for one, price in basis.prices.items()}
    found.prices = dict(basis.prices) | {
        item.variant_id: msgspec.structs.replace(
            basis.prices[item.variant_id],
            amount=_without(taxed, item.tax_class, basis.prices[item.variant_id].amount),
        )
        for item in items
    }
    found.shipping_rates = [
        msgspec.structs.replace(rate, price=shipping(rate.price))
        for rate in basis.shipping_rates
        if rate.price.currency == request.currency
    ]
    return found


def _contained(request: QuoteRequest, basis: QuoteInputs) -> tuple[TaxationPoint, ...] | None:
    """The places, in order, whose tax is removed from list prices; None if none is removed.

    A business in another EU country pays a consumer's price there without tax; without a rate for that place, the list
    prices contain the tax of the shop's own country.
    """
    if basis.relief is not None and basis.relief.category != "K":  # a small business has no tax in its prices
        return None
    home = place_form(basis.home_country)
    country = place_form(request.country) or home
    place = TaxationPoint(
        country=country,
        region=request.region,
        postcode=request.postcode,
        rates=basis.tax_rates,
        rules=basis.tax_rules,
        included=True,
        at=basis.now,
    )
    rule = place.rule("prices")
    at_home = msgspec.structs.replace(place, country=home, region="", postcode="").here()
    less_home_tax = rule is not None and rule.value == LESS_HOME_TAX and country != home and basis.prices_include_tax
    if less_home_tax:
        return (at_home,)
    gross = basis.prices_include_tax if rule is None or rule.value == LESS_HOME_TAX else rule.value == "gross"
    return (place.here(), at_home) if basis.relief is not None and gross else None


def _without(taxed: Sequence[TaxationPoint], tax_class: str | None, amount: Money) -> Money:
    """The net of an amount that contains the tax of the first place with a rate for it."""
    rates = next((found for place in taxed if (found := place.applicable(tax_class))), ())
    total_rate = sum(rate.ppm for rate in rates)
    return amount - amount.share(total_rate, PPM + total_rate)
