"""REST routes of a variant's stock, by id or SKU."""

from typing import Any

import msgspec
from litestar import get, put
from litestar.params import FromPath, JSONBody

from shopwright.kit.auth import Caller, staff
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.services.inventory.contract import Inventory, Movement, StockRule
from shopwright.web.product_view.view import ProductViews

Face = Dependency[ProductViews]


class VariantCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of a variant."""

    on_hand: int
    reserved: int
    available: int


class StockDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A variant's stock in total and by location, its rule, and the newest movements."""

    variant_id: str
    total: VariantCounts
    locations: dict[str, VariantCounts]
    rule: StockRule
    movements: list[Movement]


async def movements_for(caller: Caller, inventory: Inventory, variant_id: str) -> list[Movement]:
    """Return the newest movements, with values if the caller may see costs."""
    found = await inventory.movements(variant_id)
    if caller.may("costs.write"):
        return found
    return [msgspec.structs.replace(one, value=None) for one in found]


@get("/v1/stock/{variant_id:str}", opt=allow(staff("stock.write")), tags=["inventory"], operation_id="get_stock")
async def get_stock(product_views: Face, caller: CurrentCaller, variant_id: FromPath[str]) -> StockDetail:
    """Get a variant's stock by id or SKU. Values require a permission."""
    variant_id, inventory = (await product_views.variant(variant_id)).id, product_views.inventory
    total = (await inventory.stock([variant_id]))[variant_id]
    return StockDetail(
        variant_id=variant_id,
        total=VariantCounts(on_hand=total.on_hand, reserved=total.reserved, available=total.available),
        locations={
            location: VariantCounts(on_hand=one.on_hand, reserved=one.reserved, available=one.on_shelf)
            for location, one in (await inventory.by_location(variant_id)).items()
        },
        rule=await inventory.rule(variant_id),
        movements=await movements_for(caller, inventory, variant_id),
    )


@put(
    "/v1/stock-rules/{variant_id:str}",
    opt=allow(staff("stock.write")),
    tags=["inventory"],
    operation_id="put_stock_rule",
)
async def put_stock_rule(product_views: Face, variant_id: FromPath[str], data: JSONBody[StockRule]) -> StockRule:
    """Set the backorder limit and low-stock threshold of a variant."""
    return await product_views.inventory.put_rule((await product_views.variant(variant_id)).id, data)


HANDLERS: list[Any] = [get_stock, put_stock_rule]
