"""Stock: what there is, what is set aside, what has moved and why."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.faces import render
from shopwright.faces.backoffice.frame import Office, OfficeDep
from shopwright.faces.shelf.view import Shelf
from shopwright.faces.storefront.frame import SearchDep, ShelfDep, Web, form_of
from shopwright.kit.auth import staff
from shopwright.kit.errors import Invalid, ShopError
from shopwright.kit.web.access import allow
from shopwright.kit.web.given import Asking
from shopwright.services.inventory.contract import Adjustment
from shopwright.services.search.contract import SearchRequest

PAGE = 30
LOW = 3


@get("/office/stock", opt=allow(staff("stock.write")), include_in_schema=False)
async def stock_list(
    office: OfficeDep, shelf: ShelfDep, search: SearchDep, q: FromQuery[str] = "", after: FromQuery[str] = ""
) -> Response[bytes]:
    """Every variant with its counts."""
    more = ""
    if q:
        results = await search.find(SearchRequest(text=q, limit=PAGE))
        found = await shelf.catalog.get_many([msgspec.json.decode(item)["id"] for item in results.items])
    else:
        found = await shelf.catalog.list_products(after=after, limit=PAGE + 1)
        more = found[PAGE - 1].id if len(found) > PAGE else ""
    stock = await shelf.inventory.stock([variant.id for product in found[:PAGE] for variant in product.variants])
    rows = [
        {
            "id": variant.id,
            "product": product.title,
            "variant": variant.title if variant.options else "",
            "sku": variant.sku,
            "on_hand": stock[variant.id].on_hand,
            "reserved": stock[variant.id].reserved,
            "available": stock[variant.id].available,
            "low": stock[variant.id].available <= LOW,
        }
        for product in found[:PAGE]
        for variant in product.variants
    ]
    return office.show("stock.html", {"rows": rows, "q": q, "next": more})


@get("/office/stock/{variant_id:str}", opt=allow(staff("stock.write")), include_in_schema=False)
async def stock_page(office: OfficeDep, shelf: ShelfDep, variant_id: FromPath[str]) -> Response[bytes]:
    """One variant: its counts, and everything that moved it."""
    return await _page(office, shelf, variant_id)


async def _page(
    office: Office, shelf: Shelf, variant_id: str, problem: str = "", typed: dict[str, str] | None = None
) -> Response[bytes]:
    product = await shelf.catalog.by_variant(variant_id)
    variant = product.variant(variant_id)
    stock = (await shelf.inventory.stock([variant_id]))[variant_id]
    context = {
        "product": {"id": product.id, "title": product.title},
        "variant": render.plain(variant),
        "on_hand": stock.on_hand,
        "reserved": stock.reserved,
        "available": stock.available,
        "movements": render.plain(await shelf.inventory.movements(variant_id)),
        "problem": problem,
        "typed": typed or {},
        "key": office.request.app.state.shop.ids.secret(16),
    }
    return office.show("stock_one.html", context, 422 if problem else 200)


@post("/office/stock/{variant_id:str}", opt=allow(staff("stock.write")), include_in_schema=False, status_code=200)
async def adjust(
    office: OfficeDep, request: Web, shelf: ShelfDep, caller: Asking, variant_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Book goods in or out, with the reason; a form sent twice is booked once."""
    form = await form_of(request)
    text = form.get("delta", "").strip().replace("−", "-")
    try:
        if not text.lstrip("+-").isdigit() or len(text) > 9:  # noqa: PLR2004 -- ten million are enough
            raise Invalid.at("/delta", "Say how many came (12) or went (-3).")
        reason = form.get("reason", "").strip()
        one = Adjustment(
            variant_id=variant_id, delta=int(text), reason=f"{reason} ({caller.signature})" if reason else ""
        )
        await shelf.inventory.adjust([one], key=form.get("key", ""))
    except ShopError as error:
        return await _page(office, shelf, variant_id, error.detail, form)
    return Redirect(f"/office/stock/{variant_id}", status_code=303)


HANDLERS: list[Any] = [stock_list, stock_page, adjust]
