"""The product list."""

from typing import Any

import msgspec
from litestar import Response, get
from litestar.params import FromQuery

from shopwright.kit.auth import staff
from shopwright.kit.http.access import allow
from shopwright.services.catalog.contract import Product, Status
from shopwright.services.search.contract import Search, SearchRequest
from shopwright.web import render
from shopwright.web.backoffice.office_context import OfficeDep
from shopwright.web.product_view.view import ProductViews
from shopwright.web.storefront.page_context import SearchDep, ShelfDep

PAGE = 50
LONGEST_TEXT = 200
MOST_UNITS = 10_000_000
STATUSES: tuple[Status, ...] = ("draft", "scheduled", "published", "retired")


@get("/office/products", opt=allow(staff("catalog.write")), include_in_schema=False)
async def product_list(
    office: OfficeDep,
    product_views: ShelfDep,
    search: SearchDep,
    q: FromQuery[str] = "",
    status: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Response[bytes]:
    """Show all products including drafts; misspelt words find what shoppers would find."""
    wanted = next((one for one in STATUSES if one == status), None)
    found = await looked_for(product_views, search, q, wanted, after, PAGE + 1)
    more = found[PAGE - 1].id if len(found) > PAGE else ""
    shown = [await _row(product_views, product) for product in found[:PAGE]]
    return office.show(
        "products.html", {"products": shown, "q": q, "status": status, "statuses": STATUSES, "next": more}
    )


async def looked_for(
    product_views: ProductViews, search: Search, text: str, status: Status | None, after: str, limit: int
) -> list[Product]:
    """Products of a status with these words, by id; else those the shop's search suggests."""
    found = await product_views.catalog.list_products(status=status, text=text, after=after, limit=limit)
    if found or after or not text.strip() or status not in {None, "published"}:
        return found
    results = await search.find(SearchRequest(text=text[:LONGEST_TEXT], limit=limit - 1))
    meant = await product_views.catalog.get_many([msgspec.json.decode(item)["id"] for item in results.items])
    return [product for product in meant if status is None or product.status == status]


async def _row(product_views: ProductViews, product: Product) -> dict[str, Any]:
    ids = [variant.id for variant in product.variants]
    prices = await product_views.pricing.prices(ids, product_views.currency)
    stock = await product_views.inventory.stock(ids)
    lowest = min((price.amount for price in prices.values()), default=None)
    return {
        "id": product.id,
        "title": product.title,
        "brand": product.brand,
        "status": product.status,
        "image": product.media[0].url if product.media else "",
        "variants": len(product.variants),
        "price": render.plain(lowest) if lowest else None,
        "available": sum(one.available for one in stock.values()),
    }


HANDLERS: list[Any] = [product_list]
