"""REST routes of pricing: coupons, tax and shipping rates, for staff."""

from typing import Any

from litestar import Router, get, post
from litestar.params import JSONBody

from shopwright.kit.auth import staff
from shopwright.kit.web.access import allow
from shopwright.kit.web.given import Given
from shopwright.services.pricing.contract import Coupon, Pricing, ShippingRate, TaxRate

Service = Given[Pricing]


@get("/v1/coupons", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="list_coupons")
async def list_coupons(pricing: Service) -> dict[str, list[Coupon]]:
    """All coupons with how often they were used."""
    return {"items": await pricing.coupons()}


@post("/v1/coupons", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="put_coupon")
async def put_coupon(pricing: Service, data: JSONBody[Coupon]) -> Coupon:
    """Make a coupon, or change the one with this code."""
    return await pricing.put_coupon(data)


@get("/v1/tax-rates", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="list_tax_rates")
async def list_tax_rates(pricing: Service) -> dict[str, list[TaxRate]]:
    """All tax rates."""
    return {"items": await pricing.tax_rates()}


@post("/v1/tax-rates", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="put_tax_rate")
async def put_tax_rate(pricing: Service, data: JSONBody[TaxRate]) -> TaxRate:
    """Set the rate of a country, region and class."""
    await pricing.put_tax_rate(data)
    return data


@get("/v1/shipping-rates", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="list_shipping_rates")
async def list_shipping_rates(pricing: Service) -> dict[str, list[ShippingRate]]:
    """All shipping rates."""
    return {"items": await pricing.shipping_rates()}


@post("/v1/shipping-rates", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="put_shipping_rate")
async def put_shipping_rate(pricing: Service, data: JSONBody[ShippingRate]) -> ShippingRate:
    """Make a shipping rate, or change the one with this id."""
    return await pricing.put_shipping_rate(data)


def routes() -> Router:
    """All routes of this service."""
    handlers: list[Any] = [
        list_coupons,
        put_coupon,
        list_tax_rates,
        put_tax_rate,
        list_shipping_rates,
        put_shipping_rate,
    ]
    return Router("/", route_handlers=handlers)
