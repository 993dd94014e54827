"""Stock: on hand, reserved, and movements."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import staff
from shopwright.kit.errors import Missing, ShopError
from shopwright.kit.http.access import allow
from shopwright.kit.http.app_context import current_app
from shopwright.kit.http.dependency import CurrentCaller
from shopwright.kit.text import slugify
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop, translated_values
from shopwright.kit.typed import whole_number
from shopwright.services.catalog.contract import Product, Variant
from shopwright.services.inventory.contract import MAIN, Adjustment, Location, Stock, StockRule
from shopwright.web import render
from shopwright.web.backoffice import editing
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep
from shopwright.web.backoffice.products import looked_for
from shopwright.web.product_view.stock import movements_for
from shopwright.web.product_view.view import ProductViews
from shopwright.web.storefront.page_context import SearchDep, ShelfDep, Web, form_of

MOST = 10_000_000
RULE = {"backorder": gettext_noop("Allowed backorder units"), "low_at": gettext_noop("Low stock at")}
LOCATION = {"title": gettext_noop("Name"), "position": gettext_noop("Position")}
PAGE = 30


@get("/office/stock", opt=allow(staff("stock.write")), include_in_schema=False)
async def stock_list(
    office: OfficeDep,
    product_views: ShelfDep,
    search: SearchDep,
    q: FromQuery[str] = "",
    after: FromQuery[str] = "",
    cost: FromQuery[str] = "",
) -> Response[bytes]:
    """Show every variant with its counts; `cost=missing`: those with units without a cost."""
    if cost and office.caller.may("costs.write"):
        return await _without_cost(office, product_views, after)
    found = await looked_for(product_views, search, q, None, after, PAGE + 1)
    more = found[PAGE - 1].id if len(found) > PAGE else ""
    stock = await product_views.inventory.stock(
        [variant.id for product in found[:PAGE] for variant in product.variants]
    )
    rows = [_row(product, variant, stock[variant.id]) for product in found[:PAGE] for variant in product.variants]
    return office.show("stock.html", {"rows": rows, "q": q, "next": more, "missing": False})


def _row(product: Product, variant: Variant, stock: Stock) -> dict[str, Any]:
    return {
        "id": variant.id,
        "product": product.title,
        "variant": variant.title if variant.options else "",
        "sku": variant.sku,
        "on_hand": stock.on_hand,
        "reserved": stock.reserved,
        "available": stock.available,
        "backorder": stock.backorder,
        "low": stock.on_shelf <= stock.low_at,
    }


async def _without_cost(office: OfficeContext, product_views: ProductViews, after: str) -> Response[bytes]:
    found = await product_views.inventory.without_cost(after, PAGE + 1)
    stock = await product_views.inventory.stock(found[:PAGE])
    rows = []
    for one in found[:PAGE]:
        with suppress(Missing):  # of a product that is not there any more
            product = await product_views.catalog.by_variant(one)
            rows += [_row(product, variant, stock[one]) for variant in product.variants if variant.id == one]
    more = found[PAGE - 1] if len(found) > PAGE else ""
    return office.show("stock.html", {"rows": rows, "q": "", "next": more, "missing": True})


@get("/office/stock/{variant_id:str}", opt=allow(staff("stock.write")), include_in_schema=False)
async def stock_page(office: OfficeDep, product_views: ShelfDep, variant_id: FromPath[str]) -> Response[bytes]:
    """Show a variant's counts and movements."""
    return await variant_page(office, product_views, variant_id)


async def variant_page(
    office: OfficeContext,
    product_views: ProductViews,
    variant_id: str,
    problem: str = "",
    typed: dict[str, str] | None = None,
    different: Sequence[Mapping[str, Any]] = (),
) -> Response[bytes]:
    """Show a variant's page with the typed text of one of its forms."""
    product = await product_views.catalog.by_variant(variant_id)
    variant = product.variant(variant_id)
    stock = (await product_views.inventory.stock([variant_id]))[variant_id]
    there = await product_views.inventory.by_location(variant_id)
    rule = await _rule(product_views, variant_id)
    context = {
        "product": {"id": product.id, "title": product.title},
        "variant": render.plain(variant),
        "on_hand": stock.on_hand,
        "reserved": stock.reserved,
        "available": stock.available,
        "backorder": stock.backorder,
        "places": [
            {
                "id": place.id,
                "title": place.title,
                "on_hand": there[place.id].on_hand if place.id in there else 0,
                "reserved": there[place.id].reserved if place.id in there else 0,
            }
            for place in await product_views.inventory.locations()
        ],
        "rule": rule | (typed or {}),
        "seen": (typed or {}).get(editing.SEEN) or editing.form_versions(rule),
        "different": different,
        "movements": render.plain(await movements_for(office.caller, product_views.inventory, variant_id)),
        "worth": await _worth(office, product_views, variant_id),
        "currency": product_views.currency,
        "problem": problem,
        "typed": typed or {},
        "key": current_app().shop.ids.secret(16),
    }
    return office.show("stock_one.html", context, 422 if problem else 409 if different else 200)


async def _worth(office: OfficeContext, product_views: ProductViews, variant_id: str) -> dict[str, Any] | None:
    """The stock value, if the viewer may see costs."""
    if not office.caller.may("costs.write"):
        return None
    found = (await product_views.inventory.values([variant_id]))[variant_id]
    return {**render.plain(found), "without_cost": found.without_cost}


async def _rule(product_views: ProductViews, variant_id: str) -> dict[str, str]:
    rule = await product_views.inventory.rule(variant_id)
    return {"backorder": str(rule.backorder), "low_at": str(rule.low_at)}


@post("/office/stock/{variant_id:str}", opt=allow(staff("stock.write")), include_in_schema=False, status_code=200)
async def adjust(
    office: OfficeDep, request: Web, product_views: ShelfDep, caller: CurrentCaller, variant_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Adjust stock with a reason, once per form."""
    form = await form_of(request)
    try:
        reason = form.get("reason", "").strip()
        one = Adjustment(
            variant_id=variant_id,
            delta=whole_number(
                form.get("delta", ""), "/delta", _("Enter the adjustment, such as 12 or -3"), least=-MOST, most=MOST
            ),
            reason=f"{reason} ({caller.signature})" if reason else "",
            location=form.get("location", MAIN),
        )
        await product_views.inventory.adjust([one], key=form.get("key", ""))
    except ShopError as error:
        return await variant_page(office, product_views, variant_id, error.detail, form)
    return Redirect(f"/office/stock/{variant_id}", status_code=303)


@post("/office/stock/{variant_id:str}/rule", opt=allow(staff("stock.write")), include_in_schema=False, status_code=200)
async def set_rule(
    office: OfficeDep, request: Web, product_views: ShelfDep, variant_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Set the backorder limit and low-stock threshold."""
    form = await form_of(request)
    try:
        now = await _rule(product_views, variant_id)
        if changed := editing.conflict(form, now, translated_values(RULE)):
            return await variant_page(
                office, product_views, variant_id, typed=changed["typed"], different=changed["different"]
            )
        counts = {name: _count(form.get(name, now[name]), name) for name in RULE}
        await product_views.inventory.put_rule(variant_id, StockRule(**counts))
    except ShopError as error:
        return await variant_page(office, product_views, variant_id, error.detail, form)
    return Redirect(f"/office/stock/{variant_id}", status_code=303)


def _count(text: str, name: str) -> int:
    return whole_number(text, f"/{name}", "A count", most=MOST)


@get("/office/locations", opt=allow(staff("stock.write")), include_in_schema=False)
async def location_list(office: OfficeDep, product_views: ShelfDep, change: FromQuery[str] = "") -> Response[bytes]:
    """Show locations; `change`: with the form of one."""
    shown = await _location(product_views, change)
    return await _locations(
        office, product_views, {"typed": {**shown, "id": change}, "seen": editing.form_versions(shown)} if shown else {}
    )


async def _location(product_views: ProductViews, place: str) -> dict[str, str]:
    """A location as form fields; empty if it does not exist."""
    found = next((one for one in await product_views.inventory.locations() if one.id == place), None)
    return {"title": found.title, "position": str(found.position)} if found else {}


async def _locations(
    office: OfficeContext, product_views: ProductViews, more: Mapping[str, Any], status: int = 200
) -> Response[bytes]:
    places = render.plain(await product_views.inventory.locations())
    context = {"places": places, "problem": "", "typed": {}, "different": [], "seen": "", **more}
    return office.show("locations.html", context, status)


@post("/office/locations", opt=allow(staff("stock.write")), include_in_schema=False, status_code=200)
async def change_locations(office: OfficeDep, request: Web, product_views: ShelfDep) -> Response[bytes] | Redirect:
    """Create, change or delete a location."""
    form = await form_of(request)
    try:
        if gone := form.get("delete", ""):
            await product_views.inventory.delete_location(gone)
        else:
            place = form.get("id", "").strip() or slugify(form.get("title", "").strip())[:40]
            now = await _location(product_views, place)
            if changed := editing.conflict({**form, "id": place}, now, translated_values(LOCATION)):
                return await _locations(office, product_views, changed, 409)
            reader = editing.FormReader(form, now)
            position = _count(reader.text("position") or "0", "position")
            await product_views.inventory.put_location(Location(place, reader.text("title"), position))
    except ShopError as error:
        more = {"problem": error.detail, "typed": form, "seen": form.get(editing.SEEN, "")}
        return await _locations(office, product_views, more, 422)
    return Redirect("/office/locations", status_code=303)


HANDLERS: list[Any] = [stock_list, stock_page, adjust, set_rule, location_list, change_locations]
