"""The contract of the catalog: values, events and operations."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Protocol

import msgspec

from shopwright.kit.bounds import Html, SizeLimit, Text, Url
from shopwright.kit.codes import sku_form
from shopwright.kit.data.events import Event
from shopwright.kit.errors import Conflict
from shopwright.kit.rpc.operations import idempotent
from shopwright.kit.tax_classes import Taxable
from shopwright.kit.typed import write_number

Status = Literal["draft", "scheduled", "published", "retired"]
Value = str | float | bool
Bringing = Literal["draft", "reserve", "try"]
Kind = Literal["text", "number", "boolean", "date", "choice", "colour", "measurement"]


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """Target of one upload request for an image. `url`: at the file store, or of this shop."""

    id: str
    url: str
    method: Literal["PUT"] = "PUT"
    expires_at: datetime


class Media(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A picture. Ours are at `/media/{hash}/{width}.webp`; one that could not be fetched keeps its external URL."""

    url: Url
    alt: str = ""
    width: int = 0
    height: int = 0


class Option(msgspec.Struct, frozen=True):
    """An option with its values: Size with S, M, L."""

    name: str
    values: Annotated[tuple[str, ...], SizeLimit(2_048)]


class Variant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The unit that is sold: one value of each option, with its own SKU. `weight` in grams."""

    id: str
    sku: str
    title: str
    options: dict[str, str] = {}
    barcode: str = ""
    weight: int = 0
    media: str = ""


class Product(Taxable, msgspec.Struct, frozen=True, kw_only=True):
    """A product; `version` grows with each edit, `removed` variants may return, `source` is its origin in an import."""

    id: str
    slug: str
    title: str
    description: str
    brand: str
    status: Status
    category_ids: tuple[str, ...]
    tags: tuple[str, ...]
    attributes: dict[str, Value]
    options: tuple[Option, ...]
    variants: tuple[Variant, ...]
    removed: tuple[Variant, ...] = ()
    media: tuple[Media, ...]
    type: str = ""
    seo_title: str = ""
    seo_description: str = ""
    source: str = ""
    source_digest: str = ""
    version: int = 0
    created_at: datetime
    updated_at: datetime
    publish_at: datetime | None = None
    published_at: datetime | None = None

    def variant(self, variant_id: str) -> Variant | None:
        return next((variant for variant in self.variants if variant.id == variant_id), None)

    def variant_named(self, id_or_sku: str) -> Variant | None:
        """Return the variant with this id, or this SKU in any spelling."""
        sku = sku_form(id_or_sku)
        return self.variant(id_or_sku) or next((one for one in self.variants if sku_form(one.sku) == sku), None)


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A category in the tree."""

    id: str
    slug: str
    title: str
    parent_id: str | None = None
    position: int = 0
    description: str = ""
    image: str = ""


class AttributeType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An attribute definition; undefined attributes take the kind of their first value.

    `choices`: the values of a choice or colour (none: any); `swatches`: #rrggbb by colour; `unit`: of a measurement,
    such as cm. Only `filterable` attributes become filters.
    """

    name: str
    title: str
    kind: Kind
    choices: tuple[str, ...] = ()
    swatches: dict[str, str] = {}
    unit: str = ""
    filterable: bool = True


def written(value: Value, known: AttributeType | None) -> str:
    """The attribute value as text."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    text = write_number(value) if isinstance(value, float | int) else value
    return f"{text} {known.unit}" if known is not None and known.unit else text


class ProductType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product type: the attributes its products may have, and those required for publishing."""

    name: str
    title: str
    attributes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


class Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition of a collection; `name`: the attribute, if `field` is one. Categories are given by slug."""

    field: Literal["title", "brand", "tag", "category", "type", "attribute"]
    operator: Literal["is", "is_not", "contains", "at_least", "at_most"] = "is"
    value: Value
    name: str = ""


class Collection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of products across categories, chosen by hand (`product_ids`, in that order) or by rules."""

    id: str = ""
    slug: str
    title: str
    description: Html = ""
    image: Url = ""
    kind: Literal["manual", "rules"] = "manual"
    product_ids: tuple[str, ...] = ()
    match: Literal["all", "any"] = "all"
    conditions: tuple[Condition, ...] = ()
    seo_title: str = ""
    seo_description: Text = ""


class VariantInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A variant as written by staff or an import; `id` refers to an existing one."""

    sku: str = ""
    title: str = ""
    options: dict[str, str] = {}
    barcode: str = ""
    weight: int = 0
    media: str = ""
    id: str = ""


class ProductInput(Taxable, msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product as written by staff or an import. `categories` are slugs."""

    title: str
    slug: str = ""
    description: str = ""
    brand: str = ""
    status: Status = "draft"
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    attributes: dict[str, Value] = {}
    options: tuple[Option, ...] = ()
    variants: Annotated[tuple[VariantInput, ...], SizeLimit(2_048)] = ()
    media: tuple[Media, ...] = ()
    type: str = ""
    seo_title: str = ""
    seo_description: str = ""
    publish_at: datetime | None = None
    source: str = ""
    source_digest: str = ""


class ImportedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """The result for an imported product: `problem` if it was refused; `made_anew`: variants whose SKU was taken."""

    product: Product | None = None
    is_new: bool = False
    made_anew: tuple[int, ...] = ()
    problem: str = ""


class Release(msgspec.Struct, frozen=True):
    """Completes an imported product; `given`: fingerprints of its fields; `product`: if not written yet."""

    product_id: str
    status: Status
    source_digest: str
    given: dict[str, str] | None = None
    product: Product | None = None


class SkuTaken(Conflict):
    """Another variant has this SKU."""

    code = "sku_taken"


class SlugTaken(Conflict):
    """Another product has this slug."""

    code = "slug_taken"


class ProductPublished(Event, frozen=True, kw_only=True):
    """This version of a product is visible to shoppers."""

    SUBJECT: ClassVar[str] = "product_id"
    product_id: str
    version: int


class ProductRetired(Event, frozen=True, kw_only=True):
    """A product is no longer visible to shoppers."""

    SUBJECT: ClassVar[str] = "product_id"
    product_id: str


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
