"""What others may know of the catalog."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Protocol

import msgspec

from shopwright.kit.bounds import Html, Most, Text, Url
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
    """Where a picture can be sent with one request. `url`: at the file store, or of this shop."""

    id: str
    url: str
    method: Literal["PUT"] = "PUT"
    expires_at: datetime


class Media(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A picture. Ours lie at `/media/{hash}/{width}.webp`; one that could not be fetched keeps its address elsewhere."""

    url: Url
    alt: str = ""
    width: int = 0
    height: int = 0


class Option(msgspec.Struct, frozen=True):
    """What a shopper chooses: Size with S, M, L."""

    name: str
    values: Annotated[tuple[str, ...], Most(2_048)]


class Variant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is really bought: one value of each option, with a SKU of its own. `weight` in grams."""

    id: str
    sku: str
    title: str
    options: dict[str, str] = {}
    barcode: str = ""
    weight: int = 0
    media: str = ""


class Product(Taxable, msgspec.Struct, frozen=True, kw_only=True):
    """A product document. `version` grows by one with each edit.

    `removed`: variants that were taken out and may come back; `source`: where an import found it, `source_digest`: what then.
    """

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
        """The variant with this id, or with this SKU however it is typed."""
        sku = sku_form(id_or_sku)
        return self.variant(id_or_sku) or next((one for one in self.variants if sku_form(one.sku) == sku), None)


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the tree."""

    id: str
    slug: str
    title: str
    parent_id: str | None = None
    position: int = 0
    description: str = ""
    image: str = ""


class AttributeType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An attribute of products, described once; undescribed ones take the kind of the first value they are given.

    `choices` are the values of a choice or colour (none: any); `swatches` give colours their #rrggbb; `unit` is that of
    a measurement, such as cm. Only `filterable` ones narrow down a search.
    """

    name: str
    title: str
    kind: Kind
    choices: tuple[str, ...] = ()
    swatches: dict[str, str] = {}
    unit: str = ""
    filterable: bool = True


def written(value: Value, known: AttributeType | None) -> str:
    """An attribute value as people read it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    text = write_number(value) if isinstance(value, float | int) else value
    return f"{text} {known.unit}" if known is not None and known.unit else text


class ProductType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of product: which attributes its products may have, and which they must have to be published."""

    name: str
    title: str
    attributes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


class Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a product must be like: `name` is that of the attribute where `field` is one; categories are slugs."""

    field: Literal["title", "brand", "tag", "category", "type", "attribute"]
    operator: Literal["is", "is_not", "contains", "at_least", "at_most"] = "is"
    value: Value
    name: str = ""


class Collection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Products that belong together across categories: chosen by hand (`product_ids`, in that order), or by rules."""

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
    """A variant as staff or an import writes it; with `id` it is the one there is."""

    sku: str = ""
    title: str = ""
    options: dict[str, str] = {}
    barcode: str = ""
    weight: int = 0
    media: str = ""
    id: str = ""


class ProductInput(Taxable, msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product as staff or an import writes it. `categories` are slugs."""

    title: str
    slug: str = ""
    description: str = ""
    brand: str = ""
    status: Status = "draft"
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    attributes: dict[str, Value] = {}
    options: tuple[Option, ...] = ()
    variants: Annotated[tuple[VariantInput, ...], Most(2_048)] = ()
    media: tuple[Media, ...] = ()
    type: str = ""
    seo_title: str = ""
    seo_description: str = ""
    publish_at: datetime | None = None
    source: str = ""
    source_digest: str = ""


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a product: `problem`, why it was refused; `made_anew`, places of variants whose SKU another has."""

    product: Product | None = None
    is_new: bool = False
    made_anew: tuple[int, ...] = ()
    problem: str = ""


class Release(msgspec.Struct, frozen=True):
    """What was brought is complete. `given`: fingerprints of what the import gave; `product`: where `bring` did not write it."""

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
    """A product can be seen by shoppers, in this version."""

    SUBJECT: ClassVar[str] = "product_id"
    product_id: str
    version: int


class ProductRetired(Event, frozen=True, kw_only=True):
    """A product cannot be seen by shoppers any more."""

    SUBJECT: ClassVar[str] = "product_id"
    product_id: str


class Catalog(Protocol):
    """The verbs of the catalog."""

    async def create(self, new: ProductInput) -> Product:
        """A new product. Raises Invalid, SlugTaken, SkuTaken."""
        ...

    async def edit(self, product_id: str, new: ProductInput, version: int | None = None) -> Product:
        """Replace what staff may write. Raises Missing, Invalid, VersionConflict where `version` is not the newest."""
        ...

    async def move(self, product_id: str, status: Status, version: int | None = None) -> Product:
        """Publish or retire. Raises Missing, IllegalMove."""
        ...

    @idempotent
    async def get(self, id_or_slug: str) -> Product:
        """One product, whatever its status; a slug it had before finds it, too. Raises Missing."""
        ...

    @idempotent
    async def get_many(self, product_ids: Sequence[str]) -> list[Product]:
        """Those that exist, in that order."""
        ...

    @idempotent
    async def by_variant(self, variant_id_or_sku: str) -> Product:
        """The product that has this variant. Raises Missing."""
        ...

    @idempotent
    async def by_sources(self, sources: Sequence[str]) -> dict[str, Product]:
        """What imports made of these."""
        ...

    async def bring(self, wanted: Sequence[ProductInput], *, how: Bringing = "draft") -> list[Brought]:
        """Make or change products by their `source`, many at once, each on its own; or say what would become (`try`).

        `reserve` writes none: `release` does, when new variants have prices and stock under the ids that they have from here
        on, also in the next run. `draft`, for the version before: new ones are drafts, others keep their digest, till then.
        """
        ...

    @idempotent
    async def imported(self, product_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """What the last import gave of these: a fingerprint of each field, by product."""
        ...

    async def release(self, finished: Sequence[Release]) -> None:
        """What was brought has prices and stock: now it can be seen. All of these or none: raises Missing, Conflict."""
        ...

    @idempotent
    async def list_products(
        self, *, category: str = "", status: Status | None = None, text: str = "", after: str = "", limit: int = 24
    ) -> list[Product]:
        """Products by id, of a category (and those below it) by slug, or with these words, SKU or barcode (`text`)."""
        ...

    @idempotent
    async def in_collection(self, slug: str, *, after: str = "", limit: int = 24) -> tuple[list[Product], str]:
        """Published products of a collection, in its order, and where the next ones start ("": nowhere). Raises Missing."""
        ...

    @idempotent
    async def collections(self) -> list[Collection]:
        """All collections, by title."""
        ...

    @idempotent
    async def collections_of(self, product_id: str) -> list[str]:
        """The slugs of the collections a product is in."""
        ...

    async def put_collection(self, collection: Collection) -> Collection:
        """Make a collection, or change the one with this slug; members follow. Raises Invalid."""
        ...

    async def delete_collection(self, slug: str) -> None:
        """Take a collection away; its products stay. Raises Missing."""
        ...

    @idempotent
    async def product_types(self) -> list[ProductType]:
        """All product types, by title."""
        ...

    async def put_product_type(self, product_type: ProductType) -> ProductType:
        """Make or change a product type. Raises Invalid."""
        ...

    async def put_attribute_type(self, attribute: AttributeType) -> AttributeType:
        """Describe an attribute. Raises Invalid where products have values that would not fit."""
        ...

    async def put_redirect(self, path: str, target: str) -> None:
        """An address of an earlier shop leads to `target` from now on. Raises Invalid."""
        ...

    async def put_redirects(self, targets: Mapping[str, str]) -> None:
        """The same for many addresses, all or none. Raises Invalid."""
        ...

    @idempotent
    async def redirect(self, path: str) -> str | None:
        """Where an old address leads."""
        ...

    @idempotent
    async def categories(self) -> list[Category]:
        """The whole tree, parents before children, siblings by position."""
        ...

    async def put_category(
        self, slug: str, title: str, parent_slug: str = "", *, description: str = "", image: str = "", position: int = 0
    ) -> Category:
        """Make or change a category."""
        ...

    @idempotent
    async def attribute_types(self) -> Mapping[str, AttributeType]:
        """All attributes products have, by name."""
        ...

    async def add_media(self, data: bytes, alt: str, *, ours: bool = False) -> Media:
        """Keep a picture; the same bytes have the same address. Raises Invalid where it is none.

        A drawing (SVG) is drawn once and not kept; one of `ours` is kept, and drawn in each size when it is first seen.
        """
        ...

    async def begin_upload(self) -> Upload:
        """A place for a picture that is too large to go through the shop; it lasts an hour."""
        ...

    async def receive_upload(self, upload_id: str, data: bytes) -> None:
        """Put the picture there, where only the shop can. Raises Missing, Invalid."""
        ...

    async def finish_upload(self, upload_id: str, alt: str) -> Media:
        """Keep what was put there as a picture. Raises Missing where nothing was, Invalid where it is no picture."""
        ...

    @idempotent
    async def original(self, digest: str) -> str | bytes:
        """A picture as it came: an address that lasts a minute, or else the bytes. Raises Missing."""
        ...

    @idempotent
    async def picture(self, digest: str, width: int, form: str) -> bytes:
        """A picture in one of the sizes, "webp" or "avif". Raises Missing."""
        ...
