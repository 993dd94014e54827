"""What others may know of the catalog."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Literal, Protocol

import msgspec

from shopwright.kit.errors import Conflict
from shopwright.kit.facts import Event

Status = Literal["draft", "published", "retired"]
Value = str | float | bool
Kind = Literal["text", "number", "boolean"]
TaxClass = Literal["standard", "reduced", "zero"]


class Media(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A picture. Ours lie at `/media/{hash}/{width}.webp`; one that could not be fetched keeps its address elsewhere."""

    url: str
    alt: str = ""
    width: int = 0
    height: int = 0


class Option(msgspec.Struct, frozen=True):
    """What a shopper chooses: Size with S, M, L."""

    name: str
    values: tuple[str, ...]


class Variant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is really bought: one value of each option, with a SKU of its own. `weight` in grams."""

    id: str
    sku: str
    title: str
    options: dict[str, str] = {}
    barcode: str = ""
    weight: int = 0
    media: str = ""


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product document. `version` grows by one with each edit.

    `source` is where an import found it, `source_digest` what it found there the last time.
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
    media: tuple[Media, ...]
    tax_class: TaxClass = "standard"
    source: str = ""
    source_digest: str = ""
    version: int = 0
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None = None

    def variant(self, variant_id: str) -> Variant | None:
        return next((variant for variant in self.variants if variant.id == variant_id), None)


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the tree."""

    id: str
    slug: str
    title: str
    parent_id: str | None = None
    position: int = 0
    description: str = ""
    image: str = ""


class AttributeType(msgspec.Struct, frozen=True, kw_only=True):
    """An attribute of products: its kind is decided by the first product that has it, and kept."""

    name: str
    title: str
    kind: Kind


class VariantInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A variant as staff or an import writes it; with `id` it is the one there is."""

    sku: str = ""
    title: str = ""
    options: dict[str, str] = {}
    barcode: str = ""
    weight: int = 0
    media: str = ""
    id: str = ""


class ProductInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
    variants: tuple[VariantInput, ...] = ()
    media: tuple[Media, ...] = ()
    tax_class: TaxClass = "standard"
    source: str = ""
    source_digest: str = ""


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

    async def get(self, id_or_slug: str) -> Product:
        """One product, whatever its status. Raises Missing."""
        ...

    async def get_many(self, product_ids: Sequence[str]) -> list[Product]:
        """Those that exist, in that order."""
        ...

    async def by_variant(self, variant_id_or_sku: str) -> Product:
        """The product that has this variant. Raises Missing."""
        ...

    async def by_source(self, source: str) -> Product | None:
        """What an import made of `source`."""
        ...

    async def list_products(
        self, *, category: str = "", status: Status | None = None, after: str = "", limit: int = 24
    ) -> list[Product]:
        """Products by id, of a category (and those below it) by slug."""
        ...

    async def categories(self) -> list[Category]:
        """The whole tree, parents before children, siblings by position."""
        ...

    async def put_category(
        self, slug: str, title: str, parent_slug: str = "", *, description: str = "", image: str = "", position: int = 0
    ) -> Category:
        """Make or change a category."""
        ...

    async def attribute_types(self) -> Mapping[str, AttributeType]:
        """All attributes products have, by name."""
        ...

    async def add_media(self, data: bytes, alt: str) -> Media:
        """Keep a picture; the same bytes have the same address. Raises Invalid where it is none."""
        ...

    async def picture(self, digest: str, width: int, form: str) -> bytes:
        """A picture in one of the sizes, "webp" or "avif". Raises Missing."""
        ...
