"""Writing a product in one request, split among the services that own its parts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec

from shopwright.kit.bounds import Html, SizeLimit, Text, Url
from shopwright.kit.changes import given
from shopwright.kit.codes import class_form, sku_form
from shopwright.kit.errors import Conflict, Invalid, ShopError
from shopwright.kit.money import LARGEST, Money, write
from shopwright.kit.tax_classes import tax_fields
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import Media, Option, Product, ProductInput, Status, Value
from shopwright.services.inventory.contract import Adjustment, VariantQuantity
from shopwright.services.pricing.contract import Price, TaxClass
from shopwright.web.product_view.view import ProductViews

MOST_UNITS = 10_000_000
PLENTY = 1_000_000


class VariantWrite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A variant with its price and stock (`on_hand`; omitted: unchanged)."""

    id: str = ""
    sku: str = ""
    title: str = ""
    options: dict[str, str] = {}
    barcode: str = ""
    weight: int = 0
    media: Url = ""
    price: Money | None = None
    compare_at: Money | None = None
    on_hand: int | None = None


class VariantPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a variant, identified by `id` or `sku`; omitted fields stay."""

    id: str | msgspec.UnsetType = msgspec.UNSET
    sku: str | msgspec.UnsetType = msgspec.UNSET
    title: str | msgspec.UnsetType = msgspec.UNSET
    options: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    barcode: str | msgspec.UnsetType = msgspec.UNSET
    weight: int | msgspec.UnsetType = msgspec.UNSET
    media: Url | msgspec.UnsetType = msgspec.UNSET
    price: Money | msgspec.UnsetType = msgspec.UNSET
    compare_at: Money | msgspec.UnsetType | None = msgspec.UNSET
    on_hand: int | msgspec.UnsetType = msgspec.UNSET


class ProductWrite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new product. `categories` are slugs."""

    title: str
    slug: str = ""
    description: Html = ""
    brand: str = ""
    status: Status = "draft"
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    attributes: dict[str, Value] = {}
    options: tuple[Option, ...] = ()
    variants: Annotated[tuple[VariantWrite, ...], SizeLimit(2_048)] = ()
    media: tuple[Media, ...] = ()
    tax_class: str = "standard"
    type: str = ""
    seo_title: str = ""
    seo_description: Text = ""
    publish_at: datetime | None = None
    source: str = ""
    source_digest: str = ""


class ProductPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a product; omitted fields stay. `variants`: changed and new ones; others stay, too."""

    title: str | msgspec.UnsetType = msgspec.UNSET
    slug: str | msgspec.UnsetType = msgspec.UNSET
    description: Html | msgspec.UnsetType = msgspec.UNSET
    brand: str | msgspec.UnsetType = msgspec.UNSET
    status: Status | msgspec.UnsetType = msgspec.UNSET
    categories: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    tags: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    attributes: dict[str, Value] | msgspec.UnsetType = msgspec.UNSET
    options: tuple[Option, ...] | msgspec.UnsetType = msgspec.UNSET
    variants: Annotated[tuple[VariantPatch, ...], SizeLimit(2_048)] | msgspec.UnsetType = msgspec.UNSET
    media: tuple[Media, ...] | msgspec.UnsetType = msgspec.UNSET
    tax_class: str | msgspec.UnsetType = msgspec.UNSET
    type: str | msgspec.UnsetType = msgspec.UNSET
    seo_title: str | msgspec.UnsetType = msgspec.UNSET
    seo_description: Text | msgspec.UnsetType = msgspec.UNSET
    publish_at: datetime | msgspec.UnsetType | None = msgspec.UNSET


def check_money(variants: tuple[VariantWrite, ...], currency: str) -> None:
    """Check prices and counts before anything is written. Raises Invalid."""
    for number, variant in enumerate(variants):
        for name in ("price", "compare_at"):
            money = getattr(variant, name)
            if money is not None and (money.currency != currency or not 0 <= money.amount <= LARGEST):
                raise Invalid.at(
                    f"/variants/{number}/{name}",
                    _(
                        "A price is from 0 to {largest} minor units, and in {currency}, the currency of this shop.",
                        largest=LARGEST,
                        currency=currency,
                    ),
                )
        if variant.price is not None and variant.compare_at is not None and variant.compare_at <= variant.price:
            raise Invalid.at(
                f"/variants/{number}/compare_at",
                _(
                    "The price it is reduced from ({compare_at}) is above its price ({price}); leave it out if it is not reduced.",
                    compare_at=write(variant.compare_at),
                    price=write(variant.price),
                ),
            )
        if variant.on_hand is not None and variant.on_hand < 0:
            raise Invalid.at(f"/variants/{number}/on_hand", _("A count cannot be negative."))
        if variant.on_hand is not None and variant.on_hand > MOST_UNITS:
            raise Invalid.at(
                f"/variants/{number}/on_hand",
                _("At most {most_units} of a variant can be counted.", most_units=MOST_UNITS),
            )


async def require_there(product_views: ProductViews) -> None:
    """Raise Unavailable if prices or stock could not be written now, before anything is."""
    await product_views.pricing.prices((), product_views.currency)
    await product_views.inventory.stock(())


def _input(new: ProductWrite, classes: Sequence[TaxClass]) -> ProductInput:
    """The product as the catalog takes it. Raises Invalid for an unknown tax class."""
    name = class_form(new.tax_class)
    if name not in {one.name for one in classes}:
        known = ", ".join(one.name for one in classes)
        raise Invalid.at(
            "/tax_class",
            _("A tax class is one of {known}, not “{tax_class}”.", known=known, tax_class=new.tax_class[:40]),
        )
    return msgspec.convert({**msgspec.structs.asdict(new), **tax_fields(name)}, ProductInput, from_attributes=True)


async def create(product_views: ProductViews, new: ProductWrite, reason: str) -> Product:
    """Create a product with prices and stock."""
    check_money(new.variants, product_views.currency)
    await require_there(product_views)
    product = await product_views.catalog.create(_input(new, await product_views.pricing.tax_classes()))
    await set_offers(product_views, product, new.variants, reason)
    return product


async def replace(
    product_views: ProductViews,
    product_id: str,
    new: ProductWrite,
    version: int | None,
    reason: str,
    counts: Sequence[Adjustment] = (),
) -> Product:
    """Replace a product with prices and `counts`, all or nothing."""
    check_money(new.variants, product_views.currency)
    await require_there(product_views)
    before = await as_written(product_views, await product_views.catalog.get(product_id))
    product = await product_views.catalog.edit(
        product_id, _input(new, await product_views.pricing.tax_classes()), version
    )
    try:
        await set_offers(product_views, product, new.variants, reason, counts)
    except ShopError as error:
        await _take_back(product_views, product, before, error)
        raise
    return product


async def _take_back(product_views: ProductViews, product: Product, before: ProductWrite, error: ShopError) -> None:
    """Restore the product after its prices or stock were refused. Raises Conflict if that is impossible."""
    try:
        old = _input(before, await product_views.pricing.tax_classes())
        await product_views.catalog.edit(product.id, old, product.version)
    except ShopError as second:
        raise Conflict(
            _(
                "{detail} Everything except prices and stock was saved, and could not be undone: {second_detail}",
                detail=error.detail,
                second_detail=second.detail,
            )
        ) from error


async def patch(product_views: ProductViews, old: Product, change: ProductPatch, version: int, reason: str) -> Product:
    """Change fields of a product."""
    fields = given(change)
    written = await as_written(product_views, old)
    if change.variants is not msgspec.UNSET:
        fields["variants"] = await merged(product_views, written.variants, change.variants)
    return await replace(product_views, old.id, msgspec.structs.replace(written, **fields), version, reason)


async def merged(
    product_views: ProductViews, written: tuple[VariantWrite, ...], changes: Sequence[VariantPatch]
) -> tuple[VariantWrite, ...]:
    """The variants with these changes; unknown ones are new, or were removed before. Raises Invalid."""
    prices = await product_views.pricing.prices([one.id for one in written], product_views.currency) if written else {}
    every = list(written)
    for number, change in enumerate(changes):
        fields = given(change)
        place = _place(every, fields, f"/variants/{number}")
        if place is None:
            every.append(VariantWrite(**fields))
            continue
        known = prices.get(every[place].id)
        if "compare_at" in fields and "price" not in fields and known is not None:
            fields["price"] = known.amount
        elif "price" in fields and "compare_at" not in fields and known is not None:
            fields["compare_at"] = still_above(known.compare_at, fields["price"])
        every[place] = msgspec.structs.replace(every[place], **fields)
    return tuple(every)


def still_above(compare_at: Money | None, price: Money) -> Money | None:
    """The compare-at price if it exceeds the new price, else None."""
    return compare_at if compare_at and compare_at.currency == price.currency and compare_at > price else None


def _place(variants: Sequence[VariantWrite], fields: Mapping[str, Any], path: str) -> int | None:
    """The index of the variant meant by id, SKU or options; None for a new one."""
    for name, found in (
        ("id", lambda one: one.id == fields["id"]),
        ("sku", lambda one: sku_form(one.sku) == sku_form(fields["sku"])),
        ("options", lambda one: one.options == fields["options"]),
    ):
        if not fields.get(name):
            continue
        positions = [place for place, one in enumerate(variants) if found(one)]
        if positions:
            return positions[0]
    if not fields.get("sku") and not fields.get("options") and not fields.get("id"):
        raise Invalid.at(path, _("Name each variant by its id or sku; a new one has a sku or options."))
    return None


async def as_written(product_views: ProductViews, product: Product) -> ProductWrite:
    """The product in the form it is written in."""
    slugs = {category.id: category.slug for category in await product_views.catalog.categories()}
    return ProductWrite(
        title=product.title,
        slug=product.slug,
        description=product.description,
        brand=product.brand,
        status=product.status,
        categories=tuple(slugs[one] for one in product.category_ids),
        tags=product.tags,
        attributes=product.attributes,
        options=product.options,
        variants=tuple(msgspec.convert(one, VariantWrite, from_attributes=True) for one in product.variants),
        media=product.media,
        tax_class=product.taxed_as,
        type=product.type,
        seo_title=product.seo_title,
        seo_description=product.seo_description,
        publish_at=product.publish_at,
    )


async def set_offers(
    product_views: ProductViews,
    product: Product,
    variants: tuple[VariantWrite, ...],
    reason: str,
    counts: Sequence[Adjustment] = (),
) -> None:
    """Write prices and stock of a product just written, variants in the same order; stock first, as it may be refused."""
    pairs = list(zip(product.variants, variants, strict=False))
    prices = [Price(known.id, one.price, one.compare_at) for known, one in pairs if one.price is not None]
    adjusted = [
        *counts,
        *(
            Adjustment(variant_id=known.id, on_hand=one.on_hand, reason=reason)
            for known, one in pairs
            if one.on_hand is not None
        ),
    ]
    if product.is_gift_card:  # there are always more of them, unless staff count them
        uncounted = [known.id for known, one in pairs if one.on_hand is None]
        await product_views.inventory.open_stock([VariantQuantity(one, PLENTY) for one in uncounted], reason)
    ids = [one.variant_id for one in adjusted]
    before = await product_views.inventory.stock(ids) if prices and ids else {}
    after = await product_views.inventory.adjust(adjusted) if adjusted else {}
    try:
        if prices:
            await product_views.pricing.set_prices(prices)
    except ShopError:
        moved = {one: after[one].on_hand - before[one].on_hand for one in before}
        if back := [
            Adjustment(variant_id=one, delta=-n, reason=f"taken back, {reason}") for one, n in moved.items() if n
        ]:
            await product_views.inventory.adjust(back)
        raise
