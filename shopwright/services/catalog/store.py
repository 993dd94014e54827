"""Products, categories and attributes as documents."""

from collections.abc import Sequence

import msgspec

from shopwright.kit.database import UniqueViolation
from shopwright.kit.ports import Collection, Document, Documents
from shopwright.kit.work import Transaction, Work
from shopwright.services.catalog.contract import AttributeType, Category, Product, SkuTaken, SlugTaken, Status

PRODUCTS = Collection("products", unique=("slug", "skus", "variant_ids", "source"), indexed=("status", "below"))
CATEGORIES = Collection("categories", unique=("slug",))
ATTRIBUTES = Collection("attributes")
ALL = 5_000


class CatalogStore:
    """Documents in, values out."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def products(self, source: Work | Transaction, ids: Sequence[str]) -> list[Product]:
        return [_product(found) for found in await self._documents.get(source, PRODUCTS, ids)]

    async def product_by(self, source: Work | Transaction, field: str, value: str) -> Product | None:
        found = await self._documents.find(source, PRODUCTS, {field: value}, limit=1)
        return _product(found[0]) if found else None

    async def list_products(
        self, source: Work, category_id: str, status: Status | None, after: str, limit: int
    ) -> list[Product]:
        where = {"below": category_id} if category_id else {}
        where |= {"status": status} if status else {}
        return [
            _product(found) for found in await self._documents.find(source, PRODUCTS, where, after=after, limit=limit)
        ]

    async def write_product(self, tx: Transaction, product: Product, below: Sequence[str]) -> Product:
        """`below`: the categories it is in, and all above them. Raises SlugTaken, SkuTaken, VersionConflict."""
        body = msgspec.to_builtins(product)
        del body["version"]
        body["skus"] = [variant.sku for variant in product.variants]
        body["variant_ids"] = [variant.id for variant in product.variants]
        body["below"] = list(below)
        try:
            version = await self._documents.put(tx, PRODUCTS, product.id, body, product.version)
        except UniqueViolation:
            raise await self._which_is_taken(product) from None
        return msgspec.structs.replace(product, version=version)

    async def _which_is_taken(self, product: Product) -> SlugTaken | SkuTaken:
        skus = ", ".join(variant.sku for variant in product.variants)
        return SkuTaken(f"Another product has the address “{product.slug}” or one of the SKUs {skus}.")

    async def categories(self, source: Work | Transaction) -> list[Category]:
        return [
            msgspec.json.decode(found.body, type=Category)
            for found in await self._documents.find(source, CATEGORIES, {}, limit=ALL)
        ]

    async def category_by_slug(self, source: Work | Transaction, slug: str) -> tuple[Category, int] | None:
        found = await self._documents.find(source, CATEGORIES, {"slug": slug}, limit=1)
        return (msgspec.json.decode(found[0].body, type=Category), found[0].version) if found else None

    async def write_category(self, tx: Transaction, category: Category, version: int) -> None:
        await self._documents.put(tx, CATEGORIES, category.id, msgspec.to_builtins(category), version)

    async def attribute_types(self, source: Work | Transaction) -> dict[str, AttributeType]:
        found = await self._documents.find(source, ATTRIBUTES, {}, limit=ALL)
        return {one.id: msgspec.json.decode(one.body, type=AttributeType) for one in found}

    async def write_attribute_type(self, tx: Transaction, attribute: AttributeType) -> None:
        await self._documents.put(tx, ATTRIBUTES, attribute.name, msgspec.to_builtins(attribute), 0)


def _product(found: Document) -> Product:
    product = msgspec.json.decode(found.body, type=Product)
    return msgspec.structs.replace(product, version=found.version)
