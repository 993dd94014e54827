"""The values of catalog: what operations take and return, and errors."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from shopwright.kit.bounds import Html, SizeLimit, Text, Url
from shopwright.kit.codes import sku_form
from shopwright.kit.errors import Conflict
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
