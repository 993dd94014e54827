"""The catalog: products, categories, collections, pictures. Each operation is one line; the parts do the work.

context ← lookup, writing, product_types, categories, redirects
lookup, writing ← collections     writing ← editing, product_import
media ← uploads
"""

from collections.abc import Mapping, Sequence

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.ports import DocumentStore, Files
from shopwright.services.catalog.categories import Categories
from shopwright.services.catalog.collections import Collections
from shopwright.services.catalog.context import CatalogContext
from shopwright.services.catalog.contract import (
    AttributeType,
    Bringing,
    Catalog,
    Category,
    Collection,
    ImportedProduct,
    Media,
    Product,
    ProductInput,
    ProductType,
    Release,
    Status,
    Upload,
)
from shopwright.services.catalog.editing import ProductEditing
from shopwright.services.catalog.lookup import ProductLookup
from shopwright.services.catalog.media import Pictures
from shopwright.services.catalog.product_import import ProductImport
from shopwright.services.catalog.product_types import ProductTypes
from shopwright.services.catalog.redirects import Redirects
from shopwright.services.catalog.uploads import Uploads
from shopwright.services.catalog.writing import ProductWriter


class CatalogService(Catalog):
    """The operations and jobs of the catalog."""

    def __init__(self, work: ServiceDatabase, documents: DocumentStore, files: Files) -> None:
        context = CatalogContext(work, documents)
        writer = ProductWriter(context)
        self._lookup = ProductLookup(context)
        self._editing = ProductEditing(context, writer)
        self._imports = ProductImport(context, writer)
        self._types = ProductTypes(context)
        self._categories = Categories(context)
        self._collections = Collections(context, self._lookup, writer)
        self._redirects = Redirects(context)
        self._pictures = Pictures(files)
        self._uploads = Uploads(work, files, self._pictures)

    async def create(self, new: ProductInput) -> Product:
        return await self._editing.create(new)

    async def edit(self, product_id: str, new: ProductInput, version: int | None = None) -> Product:
        return await self._editing.edit(product_id, new, version)

    async def set_status(self, product_id: str, status: Status, version: int | None = None) -> Product:
        return await self._editing.set_status(product_id, status, version)

    async def get(self, id_or_slug: str) -> Product:
        return await self._lookup.get(id_or_slug)

    async def get_many(self, product_ids: Sequence[str]) -> list[Product]:
        return await self._lookup.get_many(product_ids)

    async def by_variant(self, variant_id_or_sku: str) -> Product:
        return await self._lookup.by_variant(variant_id_or_sku)

    async def by_sources(self, sources: Sequence[str]) -> dict[str, Product]:
        return await self._lookup.by_sources(sources)

    async def import_products(
        self, wanted: Sequence[ProductInput], *, how: Bringing = "draft"
    ) -> list[ImportedProduct]:
        return await self._imports.import_products(wanted, how=how)

    async def imported_fields(self, product_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        return await self._lookup.imported_fields(product_ids)

    async def publish_imported(self, finished: Sequence[Release]) -> None:
        await self._imports.publish_imported(finished)

    async def list_products(
        self, *, category: str = "", status: Status | None = None, text: str = "", after: str = "", limit: int = 24
    ) -> list[Product]:
        return await self._lookup.list_products(category=category, status=status, text=text, after=after, limit=limit)

    async def in_collection(self, slug: str, *, after: str = "", limit: int = 24) -> tuple[list[Product], str]:
        return await self._collections.products(slug, after=after, limit=limit)

    async def collections(self) -> list[Collection]:
        return await self._collections.all()

    async def collections_of(self, product_id: str) -> list[str]:
        return await self._collections.of_product(product_id)

    async def put_collection(self, collection: Collection) -> Collection:
        return await self._collections.put(collection)

    async def delete_collection(self, slug: str) -> None:
        await self._collections.delete(slug)

    async def product_types(self) -> list[ProductType]:
        return await self._types.all()

    async def put_product_type(self, product_type: ProductType) -> ProductType:
        return await self._types.put(product_type)

    async def put_attribute_type(self, attribute: AttributeType) -> AttributeType:
        return await self._types.put_attribute_type(attribute)

    async def put_redirect(self, path: str, target: str) -> None:
        await self._redirects.put({path: target})

    async def put_redirects(self, targets: Mapping[str, str]) -> None:
        await self._redirects.put(targets)

    async def redirect(self, path: str) -> str | None:
        return await self._redirects.target(path)

    async def categories(self) -> list[Category]:
        return await self._categories.all()

    async def put_category(
        self, slug: str, title: str, parent_slug: str = "", *, description: str = "", image: str = "", position: int = 0
    ) -> Category:
        return await self._categories.put(
            slug, title, parent_slug, description=description, image=image, position=position
        )

    async def attribute_types(self) -> Mapping[str, AttributeType]:
        return await self._types.attribute_types()

    async def add_media(self, data: bytes, alt: str, *, ours: bool = False) -> Media:
        return await self._pictures.add(data, alt, ours=ours)

    async def begin_upload(self) -> Upload:
        return await self._uploads.begin()

    async def receive_upload(self, upload_id: str, data: bytes) -> None:
        await self._uploads.receive(upload_id, data)

    async def finish_upload(self, upload_id: str, alt: str) -> Media:
        return await self._uploads.finish(upload_id, alt)

    async def original(self, digest: str) -> str | bytes:
        return await self._pictures.original(digest)

    async def picture(self, digest: str, width: int, form: str) -> bytes:
        return await self._pictures.get(digest, width, form)

    # --- jobs

    async def publish_due(self) -> None:
        await self._editing.publish_due()

    async def write_words(self) -> None:
        await self._lookup.write_words()

    async def forget_uploads(self) -> None:
        await self._uploads.forget()
