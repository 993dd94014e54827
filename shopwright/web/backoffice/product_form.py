"""The product page: text, status, prices and stock, with concurrent editing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit import money
from shopwright.kit.auth import Caller, staff
from shopwright.kit.days import FORM, in_zone, parse_moment
from shopwright.kit.errors import Invalid, Problem, ShopError, VersionConflict
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop, translated_values
from shopwright.kit.typed import digits_or, whole_number
from shopwright.services.catalog.contract import Product, Status
from shopwright.services.inventory.contract import MAIN, Adjustment
from shopwright.web import render
from shopwright.web.backoffice import described, editing
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep
from shopwright.web.product_view import write
from shopwright.web.product_view.view import ProductView, ProductViews
from shopwright.web.storefront.page_context import ShelfDep, Web, complaints, form_of

STATUSES: tuple[Status, ...] = ("draft", "scheduled", "published", "retired")
LABELS = {
    "title": gettext_noop("Title"), "brand": gettext_noop("Brand"), "description": gettext_noop("Description"), "status": gettext_noop("Status"), "publish_at": gettext_noop("Publish at"),
    "tags": gettext_noop("Tags"), "type": gettext_noop("Type"), "tax_class": gettext_noop("Taxed as"), "seo_title": gettext_noop("Title for search engines"), "seo_description": gettext_noop("Description for search engines"),
}  # fmt: skip
Form = Mapping[str, str]
NOTHING: Form = {}


class ShownVariant(msgspec.Struct, frozen=True):
    """A product as form fields with their labels."""

    view: ProductView
    fields: dict[str, str]
    labels: dict[str, str]


async def _shown(office: OfficeContext, product_views: ProductViews, product: Product) -> ShownVariant:
    view = await product_views.view(product)
    kinds, types = await product_views.catalog.attribute_types(), await product_views.catalog.product_types()
    own = {one.id for one in view.categories}
    labels = translated_values(LABELS)
    fields = {
        **{name: getattr(product, name) for name in ("title", "brand", "description", "status", "type")},
        "publish_at": f"{in_zone(product.publish_at, office.settings.zone):{FORM}}" if product.publish_at else "",
        "tags": ", ".join(product.tags),
        "tax_class": product.taxed_as,
        "seo_title": product.seo_title,
        "seo_description": product.seo_description,
    }
    for category in await product_views.catalog.categories():
        fields[f"in-{category.slug}"] = editing.TICKED if category.id in own else ""
        labels[f"in-{category.slug}"] = _("Category {title}", title=category.title)
    for one in described.fields(product, kinds, {one.name: one for one in types}, {}):
        fields[f"attr-{one['name']}"] = one["value"]
        labels[f"attr-{one['name']}"] = one["title"]
    for variant in view.variants:
        fields[f"price-{variant.id}"] = money.major(variant.price) if variant.price else ""
        fields[f"compare-{variant.id}"] = money.major(variant.compare_at) if variant.compare_at else ""
        labels |= {
            f"price-{variant.id}": _("Price of {sku}", sku=variant.sku),
            f"compare-{variant.id}": _("{sku} reduced from", sku=variant.sku),
        }
    return ShownVariant(view, fields, labels)


@get("/office/products/{product_id:str}", opt=allow(staff("catalog.write")), include_in_schema=False)
async def product_page(
    office: OfficeDep, product_views: ShelfDep, product_id: FromPath[str], saved: FromQuery[str] = ""
) -> Response[bytes]:
    """Show a product to edit."""
    return await show_product(
        office, product_views, await product_views.catalog.get(product_id), {"saved": bool(saved)}
    )


async def show_product(
    office: OfficeContext,
    product_views: ProductViews,
    product: Product,
    more: Mapping[str, Any],
    typed: Form = NOTHING,
    status: int = 200,
) -> Response[bytes]:
    """Show the product form with current values, or with typed text that was not saved."""
    shown = await _shown(office, product_views, product)
    empty = editing.is_complete(typed)  # then a box that is not among the fields was not ticked
    values = {name: typed.get(name, "" if empty else text) for name, text in shown.fields.items()}
    kinds, types = await product_views.catalog.attribute_types(), await product_views.catalog.product_types()
    stock = await product_views.inventory.stock([variant.id for variant in shown.view.variants])
    context = {
        "product": render.plain(shown.view),
        "values": values,
        "seen": typed.get(editing.SEEN) or editing.form_versions(shown.fields),
        "stock": {
            variant_id: {
                "on_hand": typed.get(f"stock-{variant_id}", str(one.on_hand)),
                "seen": typed.get(f"seen-{variant_id}", str(one.on_hand)),
                "reserved": one.reserved,
            }
            for variant_id, one in stock.items()
        },
        "categories": [{"slug": one.slug, "title": one.title} for one in await product_views.catalog.categories()],
        "types": render.plain(types),
        "tax_classes": render.plain(await product_views.pricing.tax_classes()),
        "attributes": described.fields(product, kinds, {one.name: one for one in types}, values),
        "known": sorted(kinds),
        "typed": typed,
        "errors": {},
        "different": [],
        "statuses": STATUSES,
        "currency": product_views.currency,
        **more,
    }
    return office.show("product.html", context, status)


@post("/office/products/{product_id:str}", opt=allow(staff("catalog.write")), include_in_schema=False, status_code=200)
async def save_product(
    office: OfficeDep, request: Web, product_views: ShelfDep, caller: CurrentCaller, product_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Save text, status, prices and stock, all or none; on errors the typed text stays."""
    form = await form_of(request)
    product = await product_views.catalog.get(product_id)
    shown = await _shown(office, product_views, product)
    if editing.differences(form, shown.fields, shown.labels):
        return await _changed_meanwhile(office, product_views, product, form)
    try:
        await _save(product_views, product, form, caller, office.settings.zone)
    except VersionConflict as error:
        now = await product_views.catalog.get(product_id)
        if editing.is_complete(form) and now.version != product.version:
            return await _changed_meanwhile(office, product_views, now, form)
        return await show_product(office, product_views, now, {"errors": {"": error.detail}}, form, 409)
    except ShopError as error:
        errors = complaints(error) or {"": error.detail}
        return await show_product(office, product_views, product, {"errors": errors}, form, 422)
    return Redirect(f"/office/products/{product.id}?saved=1", status_code=303)


async def _changed_meanwhile(
    office: OfficeContext, product_views: ProductViews, product: Product, form: Form
) -> Response[bytes]:
    shown = await _shown(office, product_views, product)
    changed = editing.retry_context(form, shown.fields, shown.labels)
    typed = changed["typed"]
    for variant in product.variants:  # a count that was not touched is shown as it is now
        if typed.get(f"stock-{variant.id}") == typed.get(f"seen-{variant.id}"):
            typed.pop(f"stock-{variant.id}", None)
            typed.pop(f"seen-{variant.id}", None)
    return await show_product(office, product_views, product, {"different": changed["different"]}, typed, 409)


async def _save(product_views: ProductViews, product: Product, form: Form, caller: Caller, zone: ZoneInfo) -> None:
    written = await write.as_written(product_views, product)
    priced = await product_views.pricing.prices([variant.id for variant in product.variants], product_views.currency)
    variants = []
    problems: list[Problem] = []
    for variant in written.variants:
        try:
            variants.append(_variant(variant, form, product_views.currency, priced=variant.id in priced))
        except Invalid as error:
            problems += error.problems
    status = form.get("status", product.status)
    if status not in STATUSES:
        problems.append(Problem("/status", "invalid", _("A product is {statuses}.", statuses=", ".join(STATUSES))))
    counts, refused = await _counts(product_views, product, form, caller)
    problems += refused
    if problems:
        raise Invalid(" ".join(problem.detail for problem in problems), problems=tuple(problems))
    changed = msgspec.structs.replace(
        written,
        **{name: form.get(name, getattr(product, name)) for name in ("title", "brand", "description", "seo_title")},
        status=status,
        publish_at=_moment(form["publish_at"].strip(), zone) if "publish_at" in form else product.publish_at,
        seo_description=form.get("seo_description", product.seo_description),
        tax_class=form.get("tax_class", product.taxed_as),
        **await _belonging(product_views, written, form),
        variants=tuple(variants),
    )
    # If every field was compared with the current values, their version is the one to change.
    version = product.version if editing.is_complete(form) else digits_or(form.get("version", ""), None)
    await write.replace(
        product_views, product.id, changed, version, _("set by {signature}", signature=caller.signature), counts
    )


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    return parse_moment(text, zone, "/publish_at") if text else None


async def _belonging(product_views: ProductViews, written: write.ProductWrite, form: Form) -> dict[str, Any]:
    """Categories, tags, type and attributes, if the form shows them."""
    if "belongs" not in form:
        return {}
    chosen = tuple(one.slug for one in await product_views.catalog.categories() if f"in-{one.slug}" in form)
    return {
        "categories": chosen,
        "tags": tuple(one.strip() for one in form.get("tags", "").split(",") if one.strip()),
        "type": form.get("type", ""),
        "attributes": described.attributes(written.attributes, form, await product_views.catalog.attribute_types()),
    }


def _variant(variant: write.VariantWrite, form: Form, currency: str, *, priced: bool) -> write.VariantWrite:
    names = f"price-{variant.id}", f"compare-{variant.id}"
    price, compare_at = (form.get(name, "").strip() for name in names)
    if all(editing.is_untouched(form, name) for name in names):
        return variant  # do not revert a price changed by others
    # A field that was shown and then emptied was not left alone.
    if names[0] in form and not price and (priced or compare_at):
        raise Invalid.at(
            f"/{names[0]}", _("Enter the price of {sku}; to stop selling it, archive it.", sku=variant.sku)
        )
    found = msgspec.structs.replace(
        variant,
        price=money.parse(price, currency, f"/{names[0]}") if price else None,
        compare_at=money.parse(compare_at, currency, f"/{names[1]}") if compare_at else None,
    )
    if found.price and found.compare_at and not write.still_above(found.compare_at, found.price):
        raise Invalid.at(
            f"/{names[1]}",
            _(
                "The compare-at price of {sku} is above its price; leave it empty if it is not reduced.",
                sku=variant.sku,
            ),
        )
    return found


async def _counts(
    product_views: ProductViews, product: Product, form: Form, caller: Caller
) -> tuple[list[Adjustment], list[Problem]]:
    """Stock counts changed in the form only, so that a sale meanwhile is not undone."""
    stock = await product_views.inventory.stock([variant.id for variant in product.variants])
    changes: list[Adjustment] = []
    problems: list[Problem] = []
    for variant in product.variants:
        name = f"stock-{variant.id}"
        if name not in form:
            continue
        try:
            counted = whole_number(
                form[name].strip(), f"/{name}", _("The count of {sku}", sku=variant.sku), most=write.MOST_UNITS
            )
        except Invalid as error:
            problems += error.problems
            continue
        delta = counted - digits_or(form.get(f"seen-{variant.id}", "").strip(), stock[variant.id].on_hand)
        if not delta:
            continue
        main = (await product_views.inventory.by_location(variant.id)).get(MAIN)
        if main is not None and main.on_hand + delta < main.reserved:
            problems.append(
                Problem(
                    f"/{name}",
                    "invalid",
                    _(
                        "{on_hand} of {sku} are here by now, {reserved} of them reserved for orders: the count cannot go down by {count}.",
                        on_hand=main.on_hand,
                        sku=variant.sku,
                        reserved=main.reserved,
                        count=-delta,
                    ),
                )
            )
        changes.append(Adjustment(variant_id=variant.id, delta=delta, reason=f"counted by {caller.signature}"))
    return changes, problems


HANDLERS: list[Any] = [product_page, save_product]
