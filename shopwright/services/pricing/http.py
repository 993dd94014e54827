"""REST routes of coupons, promotions and shipping rates, for staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, UnsetType

from shopwright.kit.auth import staff
from shopwright.kit.changes import given
from shopwright.kit.codes import coupon_form
from shopwright.kit.errors import Missing
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.http.routes import Routes
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext as _
from shopwright.services.pricing.contract import Coupon, Pricing, Promotion, ShippingRate
from shopwright.services.pricing.seller_http import SELLER_HANDLERS
from shopwright.services.pricing.tax_http import TAX_HANDLERS

Service = Dependency[Pricing]
R = TypeVar("R", Coupon, Promotion, ShippingRate)
Moment = datetime | UnsetType | None


class DiscountPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a discount; omitted fields stay."""

    kind: Literal["percentage", "fixed", "free_shipping"] | UnsetType = UNSET
    value: int | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    minimum: int | UnsetType = UNSET
    starts_at: Moment = UNSET
    ends_at: Moment = UNSET
    combinable: bool | UnsetType = UNSET
    position: int | UnsetType = UNSET


class CouponPatch(DiscountPatch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a coupon; omitted fields stay."""

    limit_total: int | UnsetType = UNSET
    limit_per_customer: int | UnsetType = UNSET


class PromotionPatch(DiscountPatch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a promotion; omitted fields stay."""

    title: str | UnsetType = UNSET
    product_ids: tuple[str, ...] | UnsetType = UNSET
    category_ids: tuple[str, ...] | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class ShippingRatePatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a shipping rate; omitted fields stay."""

    title: str | UnsetType = UNSET
    price: Money | UnsetType = UNSET
    countries: tuple[str, ...] | UnsetType = UNSET
    regions: tuple[str, ...] | UnsetType = UNSET
    min_subtotal: int | UnsetType = UNSET
    max_subtotal: int | UnsetType = UNSET
    min_weight: int | UnsetType = UNSET
    max_weight: int | UnsetType = UNSET
    free_over: int | UnsetType = UNSET
    days_min: int | UnsetType = UNSET
    days_max: int | UnsetType = UNSET
    position: int | UnsetType = UNSET


def _changed(every: Sequence[R], key: str, name: str, change: msgspec.Struct) -> R:
    """Return the row with this key, changed. Raises Missing."""
    for one in every:
        if getattr(one, key) == name:
            return msgspec.structs.replace(one, **given(change))
    raise Missing(_("There is no {name}.", name=name[:60]))


@get("/v1/coupons", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="list_coupons")
async def list_coupons(pricing: Service) -> dict[str, list[Coupon]]:
    """List all coupons with the number of uses."""
    return {"items": await pricing.coupons()}


@post("/v1/coupons", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="put_coupon")
async def put_coupon(pricing: Service, data: JSONBody[Coupon]) -> Coupon:
    """Create or update a coupon."""
    return await pricing.put_coupon(data)


@patch("/v1/coupons/{code:str}", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="change_coupon")
async def change_coupon(pricing: Service, code: FromPath[str], data: JSONBody[CouponPatch]) -> Coupon:
    """Change fields of a coupon."""
    return await pricing.put_coupon(_changed(await pricing.coupons(), "code", coupon_form(code), data))


@delete("/v1/coupons/{code:str}", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="delete_coupon")
async def delete_coupon(pricing: Service, code: FromPath[str]) -> None:
    """Delete a coupon."""
    await pricing.delete_coupon(code)


@get("/v1/promotions", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="list_promotions")
async def list_promotions(pricing: Service) -> dict[str, list[Promotion]]:
    """List all promotions in the order they apply."""
    return {"items": await pricing.promotions()}


@post("/v1/promotions", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="put_promotion")
async def put_promotion(pricing: Service, data: JSONBody[Promotion]) -> Promotion:
    """Create or update a promotion."""
    return await pricing.put_promotion(data)


@patch(
    "/v1/promotions/{promotion_id:str}",
    opt=allow(staff("prices.write")),
    tags=["pricing"],
    operation_id="change_promotion",
)
async def change_promotion(pricing: Service, promotion_id: FromPath[str], data: JSONBody[PromotionPatch]) -> Promotion:
    """Change fields of a promotion."""
    return await pricing.put_promotion(_changed(await pricing.promotions(), "id", promotion_id, data))


@delete(
    "/v1/promotions/{promotion_id:str}",
    opt=allow(staff("prices.write")),
    tags=["pricing"],
    operation_id="delete_promotion",
)
async def delete_promotion(pricing: Service, promotion_id: FromPath[str]) -> None:
    """Delete a promotion."""
    await pricing.delete_promotion(promotion_id)


@get("/v1/shipping-rates", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="list_shipping_rates")
async def list_shipping_rates(pricing: Service) -> dict[str, list[ShippingRate]]:
    """List all shipping rates."""
    return {"items": await pricing.shipping_rates()}


@post("/v1/shipping-rates", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="put_shipping_rate")
async def put_shipping_rate(pricing: Service, data: JSONBody[ShippingRate]) -> ShippingRate:
    """Create or update a shipping rate."""
    return await pricing.put_shipping_rate(data)


@patch(
    "/v1/shipping-rates/{rate_id:str}",
    opt=allow(staff("prices.write")),
    tags=["pricing"],
    operation_id="change_shipping_rate",
)
async def change_shipping_rate(
    pricing: Service, rate_id: FromPath[str], data: JSONBody[ShippingRatePatch]
) -> ShippingRate:
    """Change fields of a shipping rate."""
    return await pricing.put_shipping_rate(_changed(await pricing.shipping_rates(), "id", rate_id, data))


@delete(
    "/v1/shipping-rates/{rate_id:str}",
    opt=allow(staff("prices.write")),
    tags=["pricing"],
    operation_id="delete_shipping_rate",
)
async def delete_shipping_rate(pricing: Service, rate_id: FromPath[str]) -> None:
    """Delete a shipping rate."""
    await pricing.delete_shipping_rate(rate_id)


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [
        list_coupons, put_coupon, change_coupon, delete_coupon, list_promotions, put_promotion, change_promotion,
        delete_promotion, *TAX_HANDLERS, *SELLER_HANDLERS, list_shipping_rates, put_shipping_rate,
        change_shipping_rate, delete_shipping_rate,
    ]  # fmt: skip
    return Routes("/", route_handlers=handlers)
