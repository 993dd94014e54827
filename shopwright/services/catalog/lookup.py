"""Product lookup by id, slug, variant, SKU, source, category or words."""

from collections.abc import Sequence

from shopwright.kit.codes import sku_form
from shopwright.kit.errors import Invalid, Missing
from shopwright.kit.text import slugify
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog import words_store
from shopwright.services.catalog.context import CatalogContext
from shopwright.services.catalog.contract import Product, Status

WORDS_AT_ONCE, WORDS_TIMES = 200, 20


class ProductLookup:
    """Reads products."""

    def __init__(self, context: CatalogContext) -> None:
        self._work = context.work
        self._store = context.store
        self._memo = context.memo

    async def get(self, id_or_slug: str) -> Product:
        """Return a product of any status. Raises Missing."""
        product = await self._memo.get(("get", id_or_slug), lambda: self._read(id_or_slug))
        if product is None:
            raise Missing(_("There is no product “{id_or_slug}”.", id_or_slug=id_or_slug))
        return product

    async def _read(self, id_or_slug: str) -> Product | None:
        found = await self._store.products(self._work, [id_or_slug]) if id_or_slug.startswith("prd_") else []
        if found:
            return found[0]
        # As given, as a former slug, and as typed: in capitals, or with decomposed letters.
        for slug in dict.fromkeys((id_or_slug, slugify(id_or_slug))):
            now = await self._store.product_by(self._work, "slug", slug)
            if found_now := now or await self._store.by_former_slug(self._work, slug):
                return found_now
        return None

    async def get_many(self, product_ids: Sequence[str]) -> list[Product]:
        """Return the existing products in this order."""

        async def read(ids: list[str]) -> dict[str, Product]:
            return {product.id: product for product in await self._store.products(self._work, ids)}

        found = await self._memo.many("product", product_ids, read)
        return [product for product in found.values() if product is not None]

    async def by_variant(self, variant_id_or_sku: str) -> Product:
        """Return the product with this variant. Raises Missing."""
        product = await self._memo.get(("variant", variant_id_or_sku), lambda: self._by_variant(variant_id_or_sku))
        if product is None:
            raise Missing(_("There is no variant “{variant_id_or_sku}”.", variant_id_or_sku=variant_id_or_sku))
        return product

    async def _by_variant(self, name: str) -> Product | None:
        if name.startswith("var_"):
            return await self._store.product_by(self._work, "variant_ids", name)
        found = await self._store.product_by(self._work, "skus", sku_form(name))
        return found or await self._store.product_by(self._work, "skus", name)  # as a version before kept it

    async def by_sources(self, sources: Sequence[str]) -> dict[str, Product]:
        """Return imported products by source."""
        return {one.source: one for one in await self._store.by_sources(self._work, sources)}

    async def imported_fields(self, product_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return fingerprints of the last imported fields by product."""
        return await self._store.imported_fields(self._work, product_ids)

    async def list_products(
        self, *, category: str = "", status: Status | None = None, text: str = "", after: str = "", limit: int = 24
    ) -> list[Product]:
        """List products by id, of a category, or with these words. Raises Missing, Invalid."""
        if text.strip():
            if category:
                raise Invalid.at("/category", _("Search products by text or by category."))
            return await self.get_many(await words_store.find(self._work, text, status, after, limit))
        category_id = ""
        if category:
            found = await self._store.category_by_slug(self._work, category)
            if found is None:
                raise Missing(_("There is no category “{category}”.", category=category))
            category_id = found[0].id
        return await self._store.list_products(self._work, category_id, status, after, limit)

    async def write_words(self) -> None:
        """Scheduled job: write search words of products that an earlier version stored, in batches."""
        for _unused in range(WORDS_TIMES):
            until = await words_store.written_until(self._work)
            if until == words_store.END:
                return
            products = await self._store.list_products(self._work, "", None, until, WORDS_AT_ONCE)
            async with self._work.begin() as tx:
                await words_store.write_missing(tx, products)
