"""Products, categories and attributes as documents."""

from collections.abc import AsyncIterator, Container, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.database import UniqueViolation
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.days import aware
from shopwright.kit.ports import DocumentCollection, DocumentStore, StoredDocument, Write
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog import contract, words_store
from shopwright.services.catalog.contract import AttributeType, Category, Product, SkuTaken, SlugTaken, Status

PRODUCTS = DocumentCollection(
    "products", unique=("slug", "skus", "variant_ids", "source"), indexed=("status", "below"), kind=Product
)
CATEGORIES = DocumentCollection("categories", unique=("slug",), kind=Category)
ATTRIBUTES = DocumentCollection("attributes", kind=AttributeType)
TYPES = DocumentCollection("product_types", kind=contract.ProductType)
COLLECTIONS = DocumentCollection("collections", unique=("slug",), kind=contract.Collection)
# Membership ids are “{collection}/{position}/{product}”, so that they are read in order.
MEMBERS = DocumentCollection("members", indexed=("collection", "product"))
FORMER_SLUGS = DocumentCollection("former_slugs")
REDIRECTS = DocumentCollection("redirects")
IMPORTED = DocumentCollection("imported")  # by product: what the last import gave, a fingerprint a field
ALL = 5_000
UNPLACED = "999999"
BATCH = 200
T = TypeVar("T")


class CatalogStore:
    """Reads and writes documents."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    async def products(self, source: ServiceDatabase | Transaction, ids: Sequence[str]) -> list[Product]:
        return _products(source, await self._documents.get(source, PRODUCTS, ids))

    async def product_by(self, source: ServiceDatabase | Transaction, field: str, value: str) -> Product | None:
        found = await self._documents.find(source, PRODUCTS, {field: value}, limit=1)
        return _product(source, found[0]) if found else None

    async def by_sources(self, source: ServiceDatabase | Transaction, sources: Sequence[str]) -> list[Product]:
        return _products(source, await self._documents.find_any(source, PRODUCTS, "source", sources))

    async def imported_fields(
        self, source: ServiceDatabase | Transaction, product_ids: Sequence[str]
    ) -> dict[str, dict[str, str]]:
        found = await self._documents.get(source, IMPORTED, product_ids)
        return {one.id: msgspec.json.decode(one.body)["given"] for one in found}

    async def write_imported(
        self, tx: Transaction, given: Mapping[str, Mapping[str, str]], new: Container[str]
    ) -> None:
        """Write import fingerprints; `new`: products without any."""
        bodies = {product_id: {"given": one} for product_id, one in given.items()}
        await self._put_many(tx, IMPORTED, bodies, new)

    async def list_products(
        self, source: ServiceDatabase, category_id: str, status: Status | None, after: str, limit: int
    ) -> list[Product]:
        where = {"below": category_id} if category_id else {}
        where |= {"status": status} if status else {}
        found: list[Product] = []
        while len(found) < limit:
            wanted = limit - len(found)
            page = await self._documents.find(source, PRODUCTS, where, after=after, limit=wanted)
            found += _products(source, page)
            if len(page) < wanted:
                break
            after = page[-1].id
        return found

    async def every_product(self, source: ServiceDatabase, status: Status | None = None) -> AsyncIterator[Product]:
        """Iterate over all products by id; concurrent changes may or may not be included."""
        after = ""
        while batch := await self.list_products(source, "", status, after, BATCH):
            for product in batch:
                yield product
            after = batch[-1].id

    async def write_products(
        self, tx: Transaction, products: Sequence[tuple[Product, Sequence[str]]], *, moved: bool = False
    ) -> list[Product]:
        """Write products, all or none, with their categories. Raises SlugTaken, SkuTaken, VersionConflict.

        Each has the categories it is in and all their ancestors. `moved`: of the indexed fields only status and
        categories changed.
        """
        changed = ("status", "below") if moved else None
        try:
            versions = await self._documents.put_many(tx, PRODUCTS, [_write(*one) for one in products], changed)
        except UniqueViolation:
            raise self._which_is_taken([product for product, _unused in products]) from None
        await words_store.write(tx, [product for product, _unused in products], moved=moved)
        return [
            msgspec.structs.replace(product, version=version)
            for (product, _unused), version in zip(products, versions, strict=True)
        ]

    async def owners(self, source: ServiceDatabase | Transaction, field: str, values: Sequence[str]) -> dict[str, str]:
        """Return the owning product of each taken value (`slug`, `skus`)."""
        found: dict[str, str] = {}
        for one in await self._documents.find_any(source, PRODUCTS, field, values):
            field_values = msgspec.json.decode(one.body)[field]
            found |= dict.fromkeys(field_values if isinstance(field_values, list) else [field_values], one.id)
        return found

    @staticmethod
    def _which_is_taken(products: Sequence[Product]) -> SlugTaken | SkuTaken:
        slugs = ", ".join(f"“{product.slug}”" for product in products)
        skus = ", ".join(variant.sku for product in products for variant in product.variants)
        return SkuTaken(_("Another product has the address {slugs} or one of the SKUs {skus}.", slugs=slugs, skus=skus))

    async def categories(self, source: ServiceDatabase | Transaction) -> list[Category]:
        return _readable(source, "category", await self._documents.find(source, CATEGORIES, {}, limit=ALL), Category)

    async def category_by_slug(self, source: ServiceDatabase | Transaction, slug: str) -> tuple[Category, int] | None:
        found = await self._documents.find(source, CATEGORIES, {"slug": slug}, limit=1)
        return (decode_tolerant(found[0].body, Category), found[0].version) if found else None

    async def write_category(self, tx: Transaction, category: Category, version: int) -> None:
        await self._documents.put(tx, CATEGORIES, category.id, msgspec.to_builtins(category), version)

    async def attribute_types(self, source: ServiceDatabase | Transaction) -> dict[str, AttributeType]:
        found = await self._documents.find(source, ATTRIBUTES, {}, limit=ALL)
        return {one.name: one for one in _readable(source, "attribute", found, AttributeType)}

    async def write_attribute_type(self, tx: Transaction, attribute: AttributeType) -> None:
        await self._put(tx, ATTRIBUTES, attribute.name, msgspec.to_builtins(attribute))

    async def _put(self, tx: Transaction, kind: DocumentCollection, document_id: str, body: Mapping[str, Any]) -> None:
        """Write a document, overwriting an existing one."""
        found = await self._documents.get(tx, kind, [document_id])
        await self._documents.put(tx, kind, document_id, body, found[0].version if found else 0)

    async def _put_many(
        self,
        tx: Transaction,
        kind: DocumentCollection,
        bodies: Mapping[str, Mapping[str, Any]],
        new: Container[str] = (),
    ) -> None:
        """Write many documents, reading versions once. `new`: those known not to exist."""
        existing = [one for one in bodies if one not in new]
        versions = {one.id: one.version for one in await self._documents.get(tx, kind, existing)}
        writes = [Write(name, body, versions.get(name, 0)) for name, body in bodies.items()]
        await self._documents.put_many(tx, kind, writes)

    # --- product types

    async def product_types(self, source: ServiceDatabase | Transaction) -> list[contract.ProductType]:
        found = await self._documents.find(source, TYPES, {}, limit=ALL)
        return sorted(_readable(source, "product type", found, contract.ProductType), key=lambda one: one.title)

    async def product_type(self, source: ServiceDatabase | Transaction, name: str) -> contract.ProductType | None:
        found = await self._documents.get(source, TYPES, [name])
        return decode_tolerant(found[0].body, contract.ProductType) if found else None

    async def write_product_type(self, tx: Transaction, product_type: contract.ProductType) -> None:
        await self._put(tx, TYPES, product_type.name, msgspec.to_builtins(product_type))

    # --- collections

    async def collections(self, source: ServiceDatabase | Transaction) -> list[contract.Collection]:
        found = await self._documents.find(source, COLLECTIONS, {}, limit=ALL)
        return sorted(_readable(source, "collection", found, contract.Collection), key=lambda one: one.title)

    async def collection_by_slug(
        self, source: ServiceDatabase | Transaction, slug: str
    ) -> tuple[contract.Collection, int] | None:
        found = await self._documents.find(source, COLLECTIONS, {"slug": slug}, limit=1)
        return (decode_tolerant(found[0].body, contract.Collection), found[0].version) if found else None

    async def write_collection(self, tx: Transaction, collection: contract.Collection, version: int) -> None:
        await self._documents.put(tx, COLLECTIONS, collection.id, msgspec.to_builtins(collection), version)

    async def delete_collection(self, tx: Transaction, collection_id: str) -> None:
        await self._documents.delete(tx, COLLECTIONS, collection_id)

    async def members(
        self, source: ServiceDatabase, collection_id: str, after: str, limit: int
    ) -> list[tuple[str, str]]:
        """Return positions and products of a collection in order."""
        found = await self._documents.find(source, MEMBERS, {"collection": collection_id}, after=after, limit=limit)
        return [(one.id, one.id.rpartition("/")[2]) for one in found]

    async def all_members(self, source: ServiceDatabase, collection_id: str) -> list[str]:
        found: list[str] = []
        after = ""
        while page := await self.members(source, collection_id, after, ALL):
            found += [product_id for _unused, product_id in page]
            after = page[-1][0]
        return found

    async def memberships(self, source: ServiceDatabase | Transaction, product_id: str) -> list[str]:
        """Return the positions of a product in collections."""
        found = await self._documents.find(source, MEMBERS, {"product": product_id}, limit=ALL)
        return [one.id for one in found]

    async def slugs_of(self, source: ServiceDatabase | Transaction, product_id: str) -> list[str]:
        ids = [place.partition("/")[0] for place in await self.memberships(source, product_id)]
        found = await self._documents.get(source, COLLECTIONS, ids)
        return [one.slug for one in _readable(source, "collection", found, contract.Collection)]

    async def set_member(self, tx: Transaction, collection_id: str, product_id: str, *, belongs: bool) -> bool:
        """Add or remove a member. Returns whether anything changed."""
        memberships = [one for one in await self.memberships(tx, product_id) if one.startswith(f"{collection_id}/")]
        if belongs == bool(memberships):
            return False
        for place in memberships:
            await self._documents.delete(tx, MEMBERS, place)
        if belongs:
            await self._add(tx, collection_id, product_id, UNPLACED)
        return True

    async def add_member(self, tx: Transaction, collection_id: str, product_id: str, position: int) -> None:
        """Set the position of a product in a manual collection."""
        for place in await self.memberships(tx, product_id):
            if place.startswith(f"{collection_id}/"):
                await self._documents.delete(tx, MEMBERS, place)
        await self._add(tx, collection_id, product_id, f"{position:06d}")

    async def _add(self, tx: Transaction, collection_id: str, product_id: str, place: str) -> None:
        body = {"collection": collection_id, "product": product_id}
        await self._documents.put(tx, MEMBERS, f"{collection_id}/{place}/{product_id}", body, 0)

    # --- former slugs

    async def remember_slug(self, tx: Transaction, slug: str, product_id: str) -> None:
        await self._put(tx, FORMER_SLUGS, slug, {"product_id": product_id})

    async def by_former_slug(self, source: ServiceDatabase | Transaction, slug: str) -> Product | None:
        found = await self._documents.get(source, FORMER_SLUGS, [slug])
        if not found:
            return None
        products = await self.products(source, [msgspec.json.decode(found[0].body)["product_id"]])
        return products[0] if products else None

    async def put_redirects(self, tx: Transaction, targets: Mapping[str, str]) -> None:
        await self._put_many(tx, REDIRECTS, {path: {"target": target} for path, target in targets.items()})

    async def redirect(self, source: ServiceDatabase, path: str) -> str | None:
        found = await self._documents.get(source, REDIRECTS, [path])
        return str(msgspec.json.decode(found[0].body)["target"]) if found else None


def _write(product: Product, below: Sequence[str]) -> Write:
    body = msgspec.to_builtins(product)
    del body["version"]
    body["skus"] = [variant.sku for variant in product.variants]
    body["variant_ids"] = [variant.id for variant in product.variants]
    body["below"] = list(below)
    return Write(product.id, body, product.version)


def _product(source: ServiceDatabase | Transaction, found: StoredDocument) -> Product:
    product = decode_tolerant(found.body, Product)
    return msgspec.structs.replace(product, version=found.version, publish_at=aware(product.publish_at, source.zone))


def _products(source: ServiceDatabase | Transaction, found: Sequence[StoredDocument]) -> list[Product]:
    """Decode products, leaving out unreadable ones."""
    return source.aside.readable("product", found, _id, lambda one: _product(source, one))


def _readable(
    source: ServiceDatabase | Transaction, kind: str, found: Sequence[StoredDocument], wanted: type[T]
) -> list[T]:
    """Decode documents, leaving out unreadable ones."""
    return source.aside.readable(kind, found, _id, lambda one: decode_tolerant(one.body, wanted))


def _id(document: StoredDocument) -> str:
    return document.id
