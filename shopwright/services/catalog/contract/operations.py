"""The operations of catalog."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from shopwright.kit.rpc.operations import idempotent
from shopwright.services.catalog.contract.values import (
    AttributeType,
    Bringing,
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


class Catalog(Protocol):
    """The operations of the catalog."""

    async def create(self, new: ProductInput) -> Product:
        """Create a product. Raises Invalid, SlugTaken, SkuTaken."""
        ...

    async def edit(self, product_id: str, new: ProductInput, version: int | None = None) -> Product:
        """Replace the editable fields. Raises Missing, Invalid, VersionConflict if `version` is outdated."""
        ...

    async def set_status(self, product_id: str, status: Status, version: int | None = None) -> Product:
        """Publish or retire a product. Raises Missing, IllegalMove."""
        ...

    @idempotent
    async def get(self, id_or_slug: str) -> Product:
        """Return a product of any status by id, slug or former slug. Raises Missing."""
        ...

    @idempotent
    async def get_many(self, product_ids: Sequence[str]) -> list[Product]:
        """Return the existing products in this order."""
        ...

    @idempotent
    async def by_variant(self, variant_id_or_sku: str) -> Product:
        """Return the product with this variant. Raises Missing."""
        ...

    @idempotent
    async def by_sources(self, sources: Sequence[str]) -> dict[str, Product]:
        """Return imported products by source."""
        ...

    async def import_products(
        self, wanted: Sequence[ProductInput], *, how: Bringing = "draft"
    ) -> list[ImportedProduct]:
        """Create or update products by `source`, each independently; `try`: only report what would happen.

        `reserve` writes no new product but reserves ids for its variants, which later runs reuse, so that prices and
        stock can be set before `release` writes it. `draft`, for the previous version: new products are drafts, others
        keep their digest until then.
        """
        ...

    @idempotent
    async def imported_fields(self, product_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return fingerprints of the last imported fields by product."""
        ...

    async def publish_imported(self, finished: Sequence[Release]) -> None:
        """Publish imported products, all or none, once prices and stock are set. Raises Missing, Conflict."""
        ...

    @idempotent
    async def list_products(
        self, *, category: str = "", status: Status | None = None, text: str = "", after: str = "", limit: int = 24
    ) -> list[Product]:
        """List products by id, of a category and its subcategories, or matching words, SKU or barcode (`text`)."""
        ...

    @idempotent
    async def in_collection(self, slug: str, *, after: str = "", limit: int = 24) -> tuple[list[Product], str]:
        """Return published products of a collection in its order, and the next cursor (""). Raises Missing."""
        ...

    @idempotent
    async def collections(self) -> list[Collection]:
        """Return all collections by title."""
        ...

    @idempotent
    async def collections_of(self, product_id: str) -> list[str]:
        """Return the slugs of a product's collections."""
        ...

    async def put_collection(self, collection: Collection) -> Collection:
        """Create or update a collection and its members. Raises Invalid."""
        ...

    async def delete_collection(self, slug: str) -> None:
        """Delete a collection; its products stay. Raises Missing."""
        ...

    @idempotent
    async def product_types(self) -> list[ProductType]:
        """Return all product types by title."""
        ...

    async def put_product_type(self, product_type: ProductType) -> ProductType:
        """Create or update a product type. Raises Invalid."""
        ...

    async def put_attribute_type(self, attribute: AttributeType) -> AttributeType:
        """Create or update an attribute definition. Raises Invalid if existing values would not fit."""
        ...

    async def put_redirect(self, path: str, target: str) -> None:
        """Redirect a path of an earlier shop to `target`. Raises Invalid."""
        ...

    async def put_redirects(self, targets: Mapping[str, str]) -> None:
        """Redirect many paths, all or none. Raises Invalid."""
        ...

    @idempotent
    async def redirect(self, path: str) -> str | None:
        """Return the target of an old path, or None."""
        ...

    @idempotent
    async def categories(self) -> list[Category]:
        """Return the whole tree, parents before children, siblings by position."""
        ...

    async def put_category(
        self, slug: str, title: str, parent_slug: str = "", *, description: str = "", image: str = "", position: int = 0
    ) -> Category:
        """Create or update a category."""
        ...

    @idempotent
    async def attribute_types(self) -> Mapping[str, AttributeType]:
        """Return all attribute definitions by name."""
        ...

    async def add_media(self, data: bytes, alt: str, *, ours: bool = False) -> Media:
        """Store a picture; equal bytes have equal URLs. Raises Invalid if it is no picture.

        A drawing (SVG) is rasterised and not kept; one of `ours` is kept, and rasterised in each size on first use.
        """
        ...

    async def begin_upload(self) -> Upload:
        """Open an upload for a large picture, valid for an hour."""
        ...

    async def receive_upload(self, upload_id: str, data: bytes) -> None:
        """Store an uploaded picture where the file store accepts none directly. Raises Missing, Invalid."""
        ...

    async def finish_upload(self, upload_id: str, alt: str) -> Media:
        """Add the uploaded picture. Raises Missing if nothing was sent, Invalid if it is no picture."""
        ...

    @idempotent
    async def original(self, digest: str) -> str | bytes:
        """Return the original picture: a URL valid for a minute, or the bytes. Raises Missing."""
        ...

    @idempotent
    async def picture(self, digest: str, width: int, form: str) -> bytes:
        """Return a picture in one of the sizes, "webp" or "avif". Raises Missing."""
        ...
