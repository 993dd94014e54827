"""Writing products for staff and imports: validation, unique names, collections and events."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.errors import Invalid, Missing, VersionConflict
from shopwright.kit.text import clean_html
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog import attributes, model, rules
from shopwright.services.catalog.context import CatalogContext
from shopwright.services.catalog.contract import (
    AttributeType,
    Category,
    Collection,
    Product,
    ProductInput,
    ProductPublished,
    ProductRetired,
    ProductType,
    SlugTaken,
    Status,
)
from shopwright.services.catalog.names import Names

TRIES = 50
NewId = Callable[[Mapping[str, str]], str]  # of a variant, by its options


class WriteContext(msgspec.Struct, frozen=True, kw_only=True):
    """Data that products are validated and placed with. `ruled`: collections with rules."""

    categories: list[Category]
    by_slug: dict[str, Category]
    slugs: dict[str, str]
    attributes: dict[str, AttributeType]
    types: dict[str, ProductType]
    ruled: list[Collection]


class ProductWriter:
    """Writes products within a transaction."""

    def __init__(self, context: CatalogContext) -> None:
        self._work = context.work
        self._store = context.store

    async def write_context(self, tx: Transaction) -> WriteContext:
        """Read the context for all products of this transaction."""
        categories = await self._store.categories(tx)
        collections = await self._store.collections(tx)
        return WriteContext(
            categories=categories,
            by_slug={category.slug: category for category in categories},
            slugs={category.id: category.slug for category in categories},
            attributes=await self._store.attribute_types(tx),
            types={one.name: one for one in await self._store.product_types(tx)},
            ruled=[one for one in collections if one.kind == "rules"],
        )

    @staticmethod
    def new_product(tx: Transaction, product_id: str, slug: str) -> Product:
        """Return an empty product."""
        return Product(
            id=product_id, slug=slug, title="", description="", brand="", status="draft",
            category_ids=(), tags=(), attributes={}, options=(), variants=(), media=(),
            created_at=tx.now, updated_at=tx.now,
        )  # fmt: skip

    async def write(self, tx: Transaction, old: Product, new: ProductInput, context: WriteContext) -> Product:
        """Write a product and its new variants."""
        ids = iter(self._work.ids.many("var", len(new.variants) or len(model.all_combinations(new.options))))
        product = await self.compose(tx, old, new, context, Names(self._store, tx), lambda _unused: next(ids))
        return (await self.save(tx, [product], context))[0]

    async def compose(
        self, tx: Transaction, old: Product, new: ProductInput, context: WriteContext, names: Names, new_id: NewId
    ) -> Product:
        """Return the product to write and claim its names. Raises Invalid."""
        if unknown := [slug for slug in new.categories if slug not in context.by_slug]:
            raise Invalid.at(
                "/categories", _("There is no category {join}.", join=", ".join(f"“{slug}”" for slug in unknown))
            )
        _check_type(new, context)
        for attribute in attributes.check(new.attributes, context.attributes):
            await self._store.write_attribute_type(tx, attribute)
            context.attributes[attribute.name] = attribute
        variants = model.variants_of(new, old, new_id)
        product = msgspec.structs.replace(
            old,
            title=new.title.strip(),
            description=clean_html(new.description),
            brand=new.brand.strip(),
            category_ids=tuple(context.by_slug[slug].id for slug in dict.fromkeys(new.categories)),
            tags=tuple(dict.fromkeys(tag.strip() for tag in new.tags if tag.strip())),
            attributes=new.attributes,
            options=model.options_of(new),
            variants=variants,
            removed=model.taken_out(old, variants),
            media=new.media,
            **new.tax_fields,
            type=new.type,
            seo_title=new.seo_title.strip(),
            seo_description=new.seo_description.strip(),
            publish_at=new.publish_at,
            source=new.source or old.source,
            source_digest=new.source_digest or old.source_digest,
            updated_at=tx.now,
            published_at=old.published_at or (tx.now if old.status == "published" else None),
        )
        product = await self._with_free_skus(names, product, {one.sku for one in new.variants})
        names.give(product, old)
        return product

    async def save(self, tx: Transaction, products: Sequence[Product], context: WriteContext) -> list[Product]:
        """Write products, update their collections and emit events."""
        written = await self._store.write_products(tx, _placed(products, context.categories))
        for collection in context.ruled:
            for one in written:
                belongs = rules.belongs(collection, one, context.slugs)
                await self._store.set_member(tx, collection.id, one.id, belongs=belongs)
        await self.emit_published(tx, written)
        return written

    @staticmethod
    async def _with_free_skus(names: Names, product: Product, given: set[str]) -> Product:
        """Replace generated SKUs that are taken; given SKUs are used as they are, or refused."""
        variants = []
        for variant in product.variants:
            sku = variant.sku
            for number in range(2, TRIES):
                if sku in given or await names.owner("skus", sku) in {"", product.id}:
                    break
                sku = f"{variant.sku}-{number}"
            variants.append(variant if sku == variant.sku else msgspec.structs.replace(variant, sku=sku))
        now = tuple(variants)
        return product if now == product.variants else msgspec.structs.replace(product, variants=now)

    async def emit_saved(self, tx: Transaction, product_id: str) -> None:
        """Emit the event of a product again, as data shown with it changed."""
        await self.emit_published(tx, await self._store.products(tx, [product_id]))

    @staticmethod
    async def emit_published(tx: Transaction, products: Sequence[Product]) -> None:
        """Emit events for products that are or were visible."""
        await tx.emit(
            *(
                ProductPublished(product_id=one.id, version=one.version)
                if one.status == "published"
                else ProductRetired(product_id=one.id)
                for one in products
                if one.status == "published" or one.published_at is not None
            )
        )

    async def move_many(
        self, tx: Transaction, moves: Sequence[tuple[Product, Status]], categories: Sequence[Category]
    ) -> list[Product]:
        """Change the status of products; no other indexed field changes."""
        placed = _placed(model.moved(moves, tx.now), categories)
        written = await self._store.write_products(tx, placed, moved=True)
        await self.emit_published(tx, written)
        return written

    async def current(self, tx: Transaction, product_id: str, version: int | None) -> Product:
        """Return a product. Raises Missing, VersionConflict if `version` is outdated."""
        found = await self._store.products(tx, [product_id])
        if not found:
            raise Missing(_("There is no product {product_id}.", product_id=product_id))
        if version is not None and version != found[0].version:
            raise VersionConflict(
                _(
                    "The product is now in version {version}; you changed version {yours}. Read it again.",
                    version=found[0].version,
                    yours=version,
                )
            )
        return found[0]

    async def check_slug(self, tx: Transaction, wanted: str) -> None:
        """Raise SlugTaken if the slug is taken."""
        if await self._store.product_by(tx, "slug", wanted):
            raise SlugTaken(_("Another product has the address “{wanted}”.", wanted=wanted))

    async def free_slug(self, names: Names, wanted: str) -> str:
        """Return the slug, or a similar free one."""
        for number in range(1, TRIES):
            slug = wanted if number == 1 else f"{wanted}-{number}"
            if not await names.owner("slug", slug):
                return slug
        return f"{wanted}-{self._work.ids.secret(4)}"


def _check_type(new: ProductInput, context: WriteContext) -> None:
    if not new.type:
        return
    if new.type not in context.types:
        raise Invalid.at("/type", _("There is no product type “{type}”.", type=new.type))
    attributes.check_type(new.attributes, context.types[new.type], published=new.status in {"scheduled", "published"})


def _placed(products: Sequence[Product], categories: Sequence[Category]) -> list[tuple[Product, list[str]]]:
    """Each product with its categories and their ancestors."""
    parents = {category.id: category.parent_id for category in categories}
    return [(one, _below(one, parents)) for one in products]


def _below(product: Product, parents: Mapping[str, str | None]) -> list[str]:
    found: dict[str, None] = {}
    for category_id in product.category_ids:
        current: str | None = category_id
        while current and current not in found:
            found[current] = None
            current = parents.get(current)
    return list(found)
