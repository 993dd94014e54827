"""Inputs of a quote."""

from datetime import UTC, datetime

from shopwright.kit.money import Money
from shopwright.services.pricing import model
from shopwright.services.pricing.contract import Coupon, Item, Price, QuoteRequest, ShippingRate, TaxRate

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def basis_with(coupon: Coupon | None = None, **more) -> model.QuoteInputs:
    """A price, a tax rate and a shipping rate, and perhaps a coupon."""
    inputs = {
        "prices": {"v0": Price("v0", Money(1450, "EUR"))},
        "coupons": {coupon.code: (coupon, 0)} if coupon else {},
        "tax_rates": [TaxRate(country="DE", rate=1900)],
        "shipping_rates": [ShippingRate(id="s", title="Standard", price=Money(490, "EUR"))],
        "home_country": "DE",
        "prices_include_tax": True,
        "now": NOW,
    }
    return model.QuoteInputs(**(inputs | more))


def mugs(quantity: int = 2, **more) -> QuoteRequest:
    """A request for a quantity of the one product."""
    return QuoteRequest(
        items=(Item(line_id="l0", variant_id="v0", quantity=quantity),), currency="EUR", country="DE", **more
    )
