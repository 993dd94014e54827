"""REST routes of goods receipts, costs and stock value. Costs require a permission."""

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from shopwright.kit.auth import staff
from shopwright.kit.errors import Invalid
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.pagination import Limit, Page, after_id, page
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import Variant
from shopwright.services.inventory.contract import MAIN, Receipt, Stock, StockValue
from shopwright.web.product_view.view import ProductViews

Face = Dependency[ProductViews]
VariantCursor = Annotated[str, after_id("var")]


class ReceiptLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Received units of a variant and their cost without tax: per unit, in total, or unknown."""

    sku: str = ""
    variant_id: str = ""
    quantity: int
    unit_cost: Money | None = None
    total_cost: Money | None = None


class StockReceipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Goods received together. `reference`: such as the number of the supplier's delivery note."""

    lines: Annotated[tuple[ReceiptLine, ...], msgspec.Meta(min_length=1, max_length=500)]
    reference: Annotated[str, msgspec.Meta(max_length=100)] = ""
    location: str = MAIN


class StockCost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The unit cost of a variant without tax."""

    sku: str = ""
    variant_id: str = ""
    unit_cost: Money


async def _variant(product_views: ProductViews, sku: str, variant_id: str, pointer: str) -> Variant:
    if bool(sku) == bool(variant_id):
        raise Invalid.at(pointer, _("Name the variant either by sku or by variant_id."))
    return await product_views.variant(sku or variant_id)


@post("/v1/stock-receipts", opt=allow(staff("stock.write")), tags=["inventory"], operation_id="receive_stock")
async def receive_stock(
    product_views: Face, caller: CurrentCaller, data: JSONBody[StockReceipt]
) -> dict[str, list[Stock]]:
    """Receive goods, all lines or none. Costs require the permission `costs.write`."""
    if any(one.unit_cost is not None or one.total_cost is not None for one in data.lines):
        caller.require("costs.write")
    receipts = [
        Receipt(
            variant_id=(await _variant(product_views, one.sku, one.variant_id, f"/lines/{number}/sku")).id,
            quantity=one.quantity,
            location=data.location,
            unit_cost=one.unit_cost,
            total_cost=one.total_cost,
            reference=data.reference,
        )
        for number, one in enumerate(data.lines)
    ]
    return {"items": [*(await product_views.inventory.receive(receipts, caller.signature)).values()]}


@post("/v1/stock-costs", opt=allow(staff("costs.write")), tags=["inventory"], operation_id="set_stock_cost")
async def set_stock_cost(product_views: Face, caller: CurrentCaller, data: JSONBody[StockCost]) -> StockValue:
    """Set the unit cost of stock that has none yet."""
    variant = await _variant(product_views, data.sku, data.variant_id, "/sku")
    return await product_views.inventory.set_cost(variant.id, data.unit_cost, caller.signature)


@get(
    "/v1/stock-values/{variant_id:str}",
    opt=allow(staff("costs.write")),
    tags=["inventory"],
    operation_id="get_stock_value",
)
async def get_stock_value(product_views: Face, variant_id: FromPath[str]) -> StockValue:
    """Get the value of a variant's stock, by id or SKU."""
    found = (await product_views.variant(variant_id)).id
    return (await product_views.inventory.values([found]))[found]


@get(
    "/v1/stock-without-cost",
    opt=allow(staff("costs.write")),
    tags=["inventory"],
    operation_id="list_stock_without_cost",
)
async def list_stock_without_cost(
    product_views: Face, after: VariantCursor = "", limit: Limit = 24
) -> Page[StockValue]:
    """List variants with units on hand that have no cost."""
    found = page(await product_views.inventory.without_cost(after, limit + 1), limit, lambda one: one)
    values = await product_views.inventory.values(found.items)
    return Page([values[one] for one in found.items], found.next)


HANDLERS: list[Any] = [receive_stock, set_stock_cost, get_stock_value, list_stock_without_cost]
