"""REST routes of products, stock adjustments and recommendations."""

from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from shopwright.kit.auth import anyone, staff
from shopwright.kit.bounds import Reason
from shopwright.kit.errors import Invalid
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.openapi_document import answers
from shopwright.kit.http.pagination import NO_CURSOR, AfterPlace, Limit, Page
from shopwright.kit.http.routes import Routes
from shopwright.kit.ids import is_id
from shopwright.kit.translation import gettext as _
from shopwright.services.carts.contract import Carts
from shopwright.services.inventory.contract import MAIN, Adjustment, Stock
from shopwright.services.recommendations.contract import Kind, Recommendations
from shopwright.services.search.contract import Card
from shopwright.web.product_view import costs, stock, variants, write
from shopwright.web.product_view.answering import PRODUCT, IfMatch, answer, version_of
from shopwright.web.product_view.view import ProductView, ProductViews, with_reason

Face = Dependency[ProductViews]
Recommender = Dependency[Recommendations]
CartsService = Dependency[Carts]


class StockAdjustment(msgspec.Struct, forbid_unknown_fields=True):
    """A manual stock change by `delta`, or to `on_hand`."""

    reason: Reason
    sku: str = ""
    variant_id: str = ""
    location: str = MAIN
    delta: int | None = None
    on_hand: int | None = None


@get("/v1/products", opt=allow(anyone), tags=["catalog"], operation_id="list_products")
async def list_products(
    product_views: Face,
    category: FromQuery[str] = "",
    collection: FromQuery[str] = "",
    after: AfterPlace = "",
    limit: Limit = 24,
) -> Page[Card]:
    """List published products, oldest first, of a category and its subcategories, or of a collection in its order."""
    if collection and category:
        raise Invalid.at("/collection", _("Ask for a category or for a collection."))
    if collection:
        found, following = await product_views.catalog.in_collection(collection, after=after, limit=limit)
        return Page(await product_views.cards([product.id for product in found]), following or None)
    if after and not is_id(after, "prd"):
        raise Invalid.at("/after", _(NO_CURSOR))
    products = await product_views.catalog.list_products(
        category=category, status="published", after=after, limit=limit + 1
    )
    page = products[:limit]
    cards = await product_views.cards([product.id for product in page])
    return Page(cards, page[-1].id if len(products) > limit else None)


@get("/v1/products/{product:str}", opt=allow(anyone), tags=["catalog"], operation_id="get_product", responses=PRODUCT)
async def get_product(product_views: Face, caller: CurrentCaller, product: FromPath[str]) -> Response[bytes]:
    """Get a product by id or slug; a former slug answers 301. Staff see drafts, too."""
    view = await product_views.product(product, drafts=caller.may("catalog.write"))
    if product not in {view.id, view.slug}:
        return Response(b"", status_code=301, headers={"Location": f"/v1/products/{view.slug}"})
    return answer(view)


@post(
    "/v1/products",
    opt=allow(staff("catalog.write")),
    tags=["catalog"],
    operation_id="create_product",
    responses=answers(ProductView, "The product.", 201),
)
async def create_product(
    product_views: Face, caller: CurrentCaller, data: JSONBody[write.ProductWrite]
) -> Response[bytes]:
    """Create a product with variants, prices and stock."""
    return answer(
        await product_views.view(await write.create(product_views, data, f"set by {caller.signature}")),
        201,
    )


@patch(
    "/v1/products/{product:str}",
    opt=allow(staff("catalog.write")),
    tags=["catalog"],
    operation_id="change_product",
    responses=PRODUCT,
)
async def change_product(
    product_views: Face,
    caller: CurrentCaller,
    product: FromPath[str],
    data: JSONBody[write.ProductPatch],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Change fields of a product; omitted fields stay."""
    old = await product_views.catalog.get(product)
    return answer(
        await product_views.view(
            await write.patch(
                product_views,
                old,
                data,
                version_of(if_match, old.version),
                f"set by {caller.signature}",
            )
        )
    )


@delete(
    "/v1/products/{product:str}", opt=allow(staff("catalog.write")), tags=["catalog"], operation_id="retire_product"
)
async def retire_product(product_views: Face, product: FromPath[str], if_match: IfMatch = None) -> None:
    """Retire a product: it is no longer sold, and stays in existing orders."""
    old = await product_views.catalog.get(product)
    await product_views.catalog.set_status(old.id, "retired", version_of(if_match, old.version) if if_match else None)


@post("/v1/stock-adjustments", opt=allow(staff("stock.write")), tags=["inventory"], operation_id="adjust_stock")
async def adjust_stock(product_views: Face, caller: CurrentCaller, data: JSONBody[StockAdjustment]) -> Stock:
    """Adjust the stock of a variant."""
    if bool(data.sku) == bool(data.variant_id):
        raise Invalid.at("/sku", _("Name the variant either by sku or by variant_id."))
    variant = await product_views.variant(data.sku or data.variant_id)
    reason = f"{data.reason} ({caller.signature})" if data.reason.strip() else ""
    change = Adjustment(
        variant_id=variant.id, location=data.location, delta=data.delta, on_hand=data.on_hand, reason=reason
    )
    return (await product_views.inventory.adjust([change]))[variant.id]


@get("/v1/recommendations", opt=allow(anyone), tags=["recommendations"], operation_id="recommend")
async def recommend(
    product_views: Face,
    recommendations: Recommender,
    carts: CartsService,
    caller: CurrentCaller,
    kind: FromQuery[Kind],
    product: FromQuery[str] = "",
    cart: FromQuery[str] = "",
    limit: Annotated[int, Parameter(ge=1, le=24)] = 8,
) -> dict[str, list[dict[str, Any]]]:
    """List recommended products with reasons."""
    seeds = [(await product_views.catalog.get(product)).id] if product else []
    if cart:
        seeds += [line.product_id for line in (await carts.get(cart)).lines]
    found = await recommendations.recommend(kind, products=seeds, user_id=caller.user_id, limit=limit)
    reasons = {one.product_id: one.reason for one in found}
    return {"items": [with_reason(card, reasons[card.id]) for card in await product_views.cards(list(reasons))]}


def routes() -> Routes:
    """Return all routes of products."""
    handlers: list[Any] = [
        list_products, get_product, create_product, change_product, retire_product, adjust_stock, recommend,
        *stock.HANDLERS,
        *costs.HANDLERS,
        *variants.HANDLERS,
    ]  # fmt: skip
    return Routes("/", route_handlers=handlers)
