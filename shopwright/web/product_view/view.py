"""One product, composed from several services."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from shopwright.kit.errors import Missing
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import Catalog, Category, Media, Option, Product, Value, Variant
from shopwright.services.inventory.contract import Inventory, Stock
from shopwright.services.pricing.contract import Price, Pricing
from shopwright.services.search.contract import Card, Rating, Search


class CategoryRef(msgspec.Struct, frozen=True):
    """A category of a product."""

    id: str
    slug: str
    title: str


class VariantView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A variant with its price and availability; `backorder` units of it are not in stock yet."""

    id: str
    sku: str
    title: str
    options: dict[str, str]
    price: Money | None
    compare_at: Money | None = None
    lowest_30_days: Money | None = None
    available: int
    backorder: int = 0
    weight: int = 0
    barcode: str = ""
    media: str = ""


class ProductView(msgspec.Struct, frozen=True, kw_only=True):
    """A product with all its data. `gift_card`: its units are gift cards, sent by e-mail."""

    id: str
    slug: str
    title: str
    description: str
    brand: str
    status: str
    categories: list[CategoryRef]
    tags: tuple[str, ...]
    attributes: dict[str, Value]
    options: tuple[Option, ...]
    variants: list[VariantView]
    media: tuple[Media, ...]
    rating: Rating
    type: str = ""
    seo_title: str = ""
    seo_description: str = ""
    publish_at: datetime | None = None
    version: int
    updated_at: datetime
    gift_card: bool = False


class ProductViews:
    """Reads from the services and composes products."""

    def __init__(
        self, *, catalog: Catalog, inventory: Inventory, pricing: Pricing, search: Search, currency: str
    ) -> None:
        self.catalog = catalog
        self.inventory = inventory
        self.pricing = pricing
        self.search = search
        self.currency = currency

    async def product(self, id_or_slug: str, *, drafts: bool = False) -> ProductView:
        """Return a product; `drafts`: for staff. Raises Missing."""
        product = await self.catalog.get(id_or_slug)
        if product.status != "published" and not drafts:
            raise Missing(_("There is no product “{id_or_slug}”.", id_or_slug=id_or_slug))
        return await self.view(product)

    async def variant(self, id_or_sku: str) -> Variant:
        """Return a variant. Raises Missing."""
        found = (await self.catalog.by_variant(id_or_sku)).variant_named(id_or_sku)
        if found is None:
            raise Missing(_("There is no variant “{id_or_sku}”.", id_or_sku=id_or_sku))
        return found

    async def view(self, product: Product) -> ProductView:
        """Compose the view of a product."""
        ids = [variant.id for variant in product.variants]
        prices = await self.pricing.prices(ids, self.currency)
        stock = await self.inventory.stock(ids)
        categories = await self.catalog.categories()
        rating = await self.search.rating(product.id)
        return _compose(product, prices, stock, categories, rating)

    async def cards(self, product_ids: Sequence[str]) -> list[Card]:
        """Return products as list cards."""
        return await self.search.cards(tuple(product_ids))


def _compose(
    product: Product,
    prices: Mapping[str, Price],
    stock: Mapping[str, Stock],
    categories: Sequence[Category],
    rating: Rating,
) -> ProductView:
    known = {category.id: category for category in categories}
    return ProductView(
        id=product.id,
        slug=product.slug,
        title=product.title,
        description=product.description,
        brand=product.brand,
        status=product.status,
        categories=[_ref(known[one]) for one in product.category_ids if one in known],
        tags=product.tags,
        attributes=product.attributes,
        options=product.options,
        variants=[
            VariantView(
                id=variant.id,
                sku=variant.sku,
                title=variant.title,
                options=variant.options,
                price=prices[variant.id].amount if variant.id in prices else None,
                compare_at=prices[variant.id].compare_at if variant.id in prices else None,
                lowest_30_days=prices[variant.id].lowest_30_days if variant.id in prices else None,
                available=stock[variant.id].available,
                backorder=stock[variant.id].backorder,
                weight=variant.weight,
                barcode=variant.barcode,
                media=variant.media,
            )
            for variant in product.variants
        ],
        media=product.media,
        rating=rating,
        type=product.type,
        seo_title=product.seo_title,
        seo_description=product.seo_description,
        publish_at=product.publish_at,
        version=product.version,
        updated_at=product.updated_at,
        gift_card=product.is_gift_card,
    )


def _ref(category: Category) -> CategoryRef:
    return CategoryRef(category.id, category.slug, category.title)


def with_reason(card: Card, reason: str) -> dict[str, Any]:
    """A recommended card with its reason."""
    return {**msgspec.to_builtins(card), "reason": reason}
