"""Products in the back office: list, edit text, price and stock, publish."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.faces import render
from shopwright.faces.backoffice import described
from shopwright.faces.backoffice.frame import Office, OfficeDep
from shopwright.faces.shelf import write
from shopwright.faces.shelf.view import Shelf
from shopwright.faces.storefront.frame import SearchDep, ShelfDep, Web, complaints, form_of
from shopwright.kit import money
from shopwright.kit.auth import Caller, staff
from shopwright.kit.days import FORM, in_zone, parse_moment
from shopwright.kit.errors import Invalid, Problem, ShopError
from shopwright.kit.typed import digits_or, whole_number
from shopwright.kit.web.access import allow
from shopwright.kit.web.given import Asking
from shopwright.services.catalog.contract import Product, Status
from shopwright.services.inventory.contract import Adjustment
from shopwright.services.search.contract import SearchRequest

PAGE = 50
MOST_UNITS = 10_000_000
STATUSES: tuple[Status, ...] = ("draft", "scheduled", "published", "retired")


@get("/office/products", opt=allow(staff("catalog.write")), include_in_schema=False)
async def product_list(
    office: OfficeDep,
    shelf: ShelfDep,
    search: SearchDep,
    q: FromQuery[str] = "",
    status: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Response[bytes]:
    """All products; a search looks among those that can be seen."""
    if q:
        results = await search.find(SearchRequest(text=q, limit=PAGE))
        ids = [msgspec.json.decode(item)["id"] for item in results.items]
        found = await shelf.catalog.get_many(ids)
        more = ""
    else:
        wanted = next((one for one in STATUSES if one == status), None)
        found = await shelf.catalog.list_products(status=wanted, after=after, limit=PAGE + 1)
        more = found[PAGE - 1].id if len(found) > PAGE else ""
    shown = [await _row(shelf, product) for product in found[:PAGE]]
    return office.show(
        "products.html", {"products": shown, "q": q, "status": status, "statuses": STATUSES, "next": more}
    )


async def _row(shelf: Shelf, product: Product) -> dict[str, Any]:
    ids = [variant.id for variant in product.variants]
    prices = await shelf.pricing.prices(ids, shelf.currency)
    stock = await shelf.inventory.stock(ids)
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


@get("/office/products/{product_id:str}", opt=allow(staff("catalog.write")), include_in_schema=False)
async def product_page(
    office: OfficeDep, shelf: ShelfDep, product_id: FromPath[str], saved: FromQuery[str] = ""
) -> Response[bytes]:
    """One product, to be changed."""
    return await _product(office, shelf, await shelf.catalog.get(product_id), saved=bool(saved))


async def _product(
    office: Office,
    shelf: Shelf,
    product: Product,
    *,
    errors: Mapping[str, str] = {},
    typed: Mapping[str, str] = {},
    saved: bool = False,
) -> Response[bytes]:
    view = await shelf.view(product)
    kinds = await shelf.catalog.attribute_types()
    types = await shelf.catalog.product_types()
    own = {one.id for one in view.categories}
    stock = await shelf.inventory.stock([variant.id for variant in view.variants])
    context = {
        "product": render.plain(view),
        "stock": {variant_id: {"on_hand": one.on_hand, "reserved": one.reserved} for variant_id, one in stock.items()},
        "prices": {
            variant.id: {
                "price": typed.get(f"price-{variant.id}", money.major(variant.price) if variant.price else ""),
                "compare_at": typed.get(
                    f"compare-{variant.id}", money.major(variant.compare_at) if variant.compare_at else ""
                ),
                "on_hand": typed.get(f"stock-{variant.id}", str(stock[variant.id].on_hand)),
            }
            for variant in view.variants
        },
        "categories": [
            {"slug": one.slug, "title": one.title, "here": one.id in own} for one in await shelf.catalog.categories()
        ],
        "types": render.plain(types),
        "attributes": described.fields(product, kinds, {one.name: one for one in types}, typed),
        "known": sorted(kinds),
        "publish_at": f"{in_zone(product.publish_at, office.settings.zone):{FORM}}" if product.publish_at else "",
        "typed": typed,
        "errors": errors,
        "saved": saved,
        "statuses": STATUSES,
        "currency": shelf.currency,
    }
    return office.show("product.html", context, 422 if errors else 200)


@post("/office/products/{product_id:str}", opt=allow(staff("catalog.write")), include_in_schema=False, status_code=200)
async def save_product(
    office: OfficeDep, request: Web, shelf: ShelfDep, caller: Asking, product_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Save text, status, prices and stock; what was typed stays where something is wrong."""
    form = await form_of(request)
    product = await shelf.catalog.get(product_id)
    try:
        await _save(shelf, product, form, caller, office.settings.zone)
    except ShopError as error:
        errors = complaints(error) or {"": error.detail}
        return await _product(office, shelf, product, errors=errors, typed=form)
    return Redirect(f"/office/products/{product.id}?saved=1", status_code=303)


async def _save(shelf: Shelf, product: Product, form: Mapping[str, str], caller: Caller, zone: ZoneInfo) -> None:
    version = form.get("version", "")
    written = await write.as_written(shelf, product)
    stock = await shelf.inventory.stock([variant.id for variant in product.variants])
    priced = await shelf.pricing.prices([variant.id for variant in product.variants], shelf.currency)
    variants = []
    problems: list[Problem] = []
    for variant in written.variants:
        try:
            variants.append(_variant(variant, form, shelf.currency, priced=variant.id in priced))
        except Invalid as error:
            problems += error.problems
    status = form.get("status", product.status)
    if status not in STATUSES:
        problems.append(Problem("/status", "invalid", f"A product is {', '.join(STATUSES)}."))
    if problems:
        raise Invalid(" ".join(problem.detail for problem in problems), problems=tuple(problems))
    changed = msgspec.structs.replace(
        written,
        title=form.get("title", product.title),
        brand=form.get("brand", product.brand),
        description=form.get("description", product.description),
        status=status,
        publish_at=parse_moment(said, zone, "/publish_at") if (said := form.get("publish_at", "").strip()) else None,
        seo_title=form.get("seo_title", product.seo_title),
        seo_description=form.get("seo_description", product.seo_description),
        **await _belonging(shelf, written, form),
        variants=tuple(variants),
    )
    await write.replace(shelf, product.id, changed, digits_or(version, None), f"set by {caller.signature}")
    await _set_stock(shelf, product, form, {one.variant_id: one.on_hand for one in stock.values()}, caller)


async def _belonging(shelf: Shelf, written: write.ProductWrite, form: Mapping[str, str]) -> dict[str, Any]:
    """Categories, tags, type and attributes, where the form shows them."""
    if "belongs" not in form:
        return {}
    chosen = tuple(one.slug for one in await shelf.catalog.categories() if f"in-{one.slug}" in form)
    return {
        "categories": chosen,
        "tags": tuple(one.strip() for one in form.get("tags", "").split(",") if one.strip()),
        "type": form.get("type", ""),
        "attributes": described.attributes(written.attributes, form, await shelf.catalog.attribute_types()),
    }


def _variant(
    variant: write.VariantWrite, form: Mapping[str, str], currency: str, *, priced: bool
) -> write.VariantWrite:
    price, compare_at = form.get(f"price-{variant.id}", "").strip(), form.get(f"compare-{variant.id}", "").strip()
    counted = form.get(f"stock-{variant.id}", "").strip()
    # A field that stood there and was emptied is not one that was left alone.
    if f"stock-{variant.id}" in form:
        whole_number(counted, f"/stock-{variant.id}", f"The count of {variant.sku}", most=MOST_UNITS)
    if f"price-{variant.id}" in form and not price and (priced or compare_at):
        raise Invalid.at(f"/price-{variant.id}", f"Say what {variant.sku} costs; to sell it no more, retire it.")
    return msgspec.structs.replace(
        variant,
        price=money.parse(price, currency, f"/price-{variant.id}") if price else None,
        compare_at=money.parse(compare_at, currency, f"/compare-{variant.id}") if compare_at else None,
    )


async def _set_stock(
    shelf: Shelf, product: Product, form: Mapping[str, str], before: Mapping[str, int], caller: Caller
) -> None:
    """Only what was changed in the form: a sale meanwhile must not be undone by a count that was read before it."""
    changes = []
    for variant in product.variants:
        counted, seen = form.get(f"stock-{variant.id}", "").strip(), form.get(f"seen-{variant.id}", "").strip()
        delta = int(counted) - digits_or(seen, before[variant.id]) if counted else 0
        if delta:
            changes.append(Adjustment(variant_id=variant.id, delta=delta, reason=f"counted by {caller.signature}"))
    if changes:
        await shelf.inventory.adjust(changes)


HANDLERS: list[Any] = [product_list, product_page, save_product]
