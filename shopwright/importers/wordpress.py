"""WordPress's own export (WXR, an RSS of posts), presented as WooCommerce's product export.

A product's references are elsewhere in the file: pictures are posts, value names are terms, and variations name
attribute keys only. So the file is read twice, post by post.
"""

import gzip
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from shopwright.importers.php import unserialized
from shopwright.importers.reading import LARGEST, Open, Table, too_large
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

CELLS = (
    "ID", "Type", "SKU", "GTIN, UPC, EAN, or ISBN", "Name", "Published", "Is featured?", "Visibility in catalog",
    "Short description", "Description", "Date sale price starts", "Date sale price ends", "Tax status", "Tax class",
    "In stock?", "Stock", "Low stock amount", "Backorders allowed?", "Weight", "Sale price", "Regular price", "Categories",
    "Tags", "Shipping class", "Images", "Brands", "Parent", "Meta: _yoast_wpseo_title", "Meta: _yoast_wpseo_metadesc",
)  # fmt: skip
# WooCommerce's internal fields that its product export has unchanged.
META = {
    "SKU": "_sku",
    "GTIN, UPC, EAN, or ISBN": "_global_unique_id",
    "Tax status": "_tax_status",
    "Tax class": "_tax_class",
    "Low stock amount": "_low_stock_amount",
    "Backorders allowed?": "_backorders",
    "Weight": "_weight",
    "Sale price": "_sale_price",
    "Regular price": "_regular_price",
    "Meta: _yoast_wpseo_title": "_yoast_wpseo_title",
    "Meta: _yoast_wpseo_metadesc": "_yoast_wpseo_metadesc",
}
PRODUCTS = {"product": "simple", "product_variation": "variation"}
PUBLISHED = {"publish": "1", "private": "0"}
IN_STOCK = {"instock": "1", "outofstock": "0", "onbackorder": "backorder"}
CHOICE = "attribute_"  # what a variation says of an attribute
TAXONOMY = "pa_"  # attributes that products share
DEEPEST = 20  # categories one below the other


class WordPressPost(msgspec.Struct, frozen=True):
    """A post. `fields`: by local name, with `content` and `excerpt`; `terms`: (taxonomy, slug, name)."""

    number: int
    fields: Mapping[str, str]
    meta: Mapping[str, str]
    terms: tuple[tuple[str, str, str], ...]
    reviews: int

    @property
    def kind(self) -> str:
        return self.fields.get("post_type", "")

    @property
    def id(self) -> str:
        return self.fields.get("post_id", "")

    def named(self, taxonomy: str) -> list[str]:
        """The slugs of its terms."""
        return [slug for domain, slug, _unused in self.terms if domain == taxonomy]


class Attribute(msgspec.Struct, frozen=True):
    """A product's attribute: name, and values by key."""

    name: str
    values: Mapping[str, str]


class WordPress(Table):
    """The products among the posts of an export."""

    def __init__(self, name: str, opened: Open) -> None:
        self.name = name
        self._open = opened
        self._pictures: dict[str, str] = {}
        self._terms: dict[tuple[str, str], tuple[str, str]] = {}  # its name, and the slug above it
        self._attributes: dict[str, dict[str, Attribute]] = {}  # of each product, by key
        others: Counter[str] = Counter()
        most = reviews = 0
        for post in self._posts():
            reviews += post.reviews
            for taxonomy, slug, term_name in post.terms:
                self._terms.setdefault((taxonomy, slug), (term_name, ""))
            if post.kind == "attachment":
                self._pictures[post.id] = post.fields.get("attachment_url", "")
            elif post.kind == "product":
                self._attributes[post.id] = self._attributes_of(post)
            elif post.kind in PRODUCTS:
                most = max(most, sum(key.startswith(CHOICE) for key in post.meta))
            else:
                others[post.kind or "entry"] += 1
        most = max(most, *map(len, self._attributes.values()), 0)
        self.columns = [
            *CELLS,
            *(f"Attribute {number} {what}" for number in range(1, most + 1) for what in ("name", "value(s)")),
        ]
        kinds = [f"{count} × {kind}" for kind, count in sorted(others.items())]
        self.notes = [f"{self.name}: left out as no products: {', '.join(kinds)}"] if kinds else []
        if reviews:
            self.notes.append(f"{self.name}: {reviews} reviews stay behind")

    def records(self) -> Iterator[tuple[int, list[str]]]:
        for post in self._posts():
            if post.kind in PRODUCTS:
                cells = self._cells(post)
                yield post.number, [cells.get(column, "") for column in self.columns]

    # --- the file

    def _posts(self) -> Iterator[WordPressPost]:
        numbers = itertools.count(1)
        known = False
        with closing(self._open()) as file:
            try:
                channel: ET.Element | None = None
                # expat limits entity expansion (since 2.4.1), and reads nothing external.
                for event, element in ET.iterparse(file, events=("start", "end")):  # noqa: S314
                    name = _local(element.tag)
                    if event == "start":
                        channel = element if name == "channel" else channel
                        continue
                    if name == "item":
                        yield _post(next(numbers), element)
                    elif name == "term":
                        self._note_term(element)
                    known = known or name == "wxr_version"
                    if channel is not None and name in {"item", "term"}:
                        channel.clear()  # what was read is not kept
                    if file.tell() > LARGEST:
                        raise too_large(self.name)
            except (ET.ParseError, gzip.BadGzipFile, EOFError) as error:
                raise Invalid(
                    _("{name} cannot be read on: {error}. Export it once more.", name=self.name, error=error)
                ) from None
        if not known:
            raise Invalid(
                _(
                    "{name} is not an export of WordPress (WXR). Give the file of Tools › Export, or the CSV of Products › Export.",
                    name=self.name,
                )
            )

    def _note_term(self, element: ET.Element) -> None:
        """Record a category or term of the file's head."""
        fields = {_local(one.tag): (one.text or "").strip() for one in element}
        key = fields.get("term_taxonomy", ""), fields.get("term_slug", "")
        self._terms[key] = fields.get("term_name", ""), fields.get("term_parent", "")

    # --- a row

    def _cells(self, post: WordPressPost) -> dict[str, str]:
        meta = post.meta
        variation = post.kind == "product_variation"
        managed = meta.get("_manage_stock", "") == "yes"
        begins, ends = (_day(meta.get(f"_sale_price_dates_{end}", "")) for end in ("from", "to"))
        taxed = meta.get("_tax_class", "")
        return {
            **{column: meta.get(key, "") for column, key in META.items()},
            "ID": post.id,
            "Type": ", ".join(_kinds(post)),
            "Name": post.fields.get("title", ""),
            "Published": PUBLISHED.get(post.fields.get("status", ""), "-1"),
            "Is featured?": "1" if "featured" in post.named("product_visibility") else "0",
            "Visibility in catalog": _visibility(post),
            "Short description": _as_exported(post.fields.get("excerpt", "")),
            "Description": _as_exported(post.fields.get("content", "")),
            "Date sale price starts": begins,
            "Date sale price ends": ends,
            "Tax class": "" if taxed == "parent" else taxed,
            "In stock?": "" if managed else IN_STOCK.get(meta.get("_stock_status", ""), ""),
            "Stock": meta.get("_stock", "") if managed else "",
            "Categories": ", ".join(self._path(slug) for slug in post.named("product_cat")),
            "Tags": self._names(post, "product_tag"),
            "Shipping class": self._names(post, "product_shipping_class"),
            "Images": ", ".join(self._addresses(post)),
            "Brands": self._names(post, "product_brand"),
            "Parent": f"id:{post.fields.get('post_parent', '')}" if variation else "",
            **_numbered(self._chosen(post) if variation else self._attributes.get(post.id, {})),
        }

    def _name(self, taxonomy: str, slug: str) -> str:
        return self._terms.get((taxonomy, slug), ("", ""))[0] or slug

    def _names(self, post: WordPressPost, taxonomy: str) -> str:
        return ", ".join(_escaped(self._name(taxonomy, slug)) for slug in post.named(taxonomy))

    def _path(self, slug: str) -> str:
        """The path of a category."""
        path: list[str] = []
        while slug and len(path) < DEEPEST:
            path.insert(0, _escaped(self._name("product_cat", slug)))
            slug = self._terms.get(("product_cat", slug), ("", ""))[1]
        return " > ".join(path)

    def _addresses(self, post: WordPressPost) -> Iterator[str]:
        ids = [post.meta.get("_thumbnail_id", ""), *post.meta.get("_product_image_gallery", "").split(",")]
        for number in dict.fromkeys(one.strip() for one in ids):
            if address := self._pictures.get(number, ""):
                yield address

    def _attributes_of(self, post: WordPressPost) -> dict[str, Attribute]:
        """Attributes by key in the shop's order: the terms of shared ones, typed values of others."""
        serialised = unserialized(post.meta.get("_product_attributes", ""))
        declared = serialised if isinstance(serialised, dict) else {}
        keys = dict.fromkeys(
            [*map(str, declared), *(one for one, _unused, _unused in post.terms if one.startswith(TAXONOMY))]
        )
        found: dict[str, Attribute] = {}
        for key in keys:
            one = declared.get(key)
            typed: Mapping[Any, Any] = one if isinstance(one, dict) else {}
            if key.startswith(TAXONOMY):
                name = key.removeprefix(TAXONOMY).replace("-", " ").replace("_", " ").capitalize()
                values = {slug: name for taxonomy, slug, name in post.terms if taxonomy == key}
            else:
                name = str(typed.get("name", key))
                values = {part: part for raw in str(typed.get("value", "")).split("|") if (part := raw.strip())}
            found[key] = Attribute(name, values)
        return found

    def _chosen(self, post: WordPressPost) -> dict[str, Attribute]:
        """The attribute values of a variation; empty means any."""
        there = self._attributes.get(post.fields.get("post_parent", ""), {})
        chosen = {}
        for key, value in post.meta.items():
            if not key.startswith(CHOICE):
                continue
            bare = key.removeprefix(CHOICE)
            one = there.get(bare, Attribute(bare.removeprefix(TAXONOMY), {}))
            named = one.values.get(value) or (self._name(bare, value) if bare.startswith(TAXONOMY) else value)
            chosen[bare] = Attribute(one.name, {value: named} if value else {})
        return chosen


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _post(number: int, element: ET.Element) -> WordPressPost:
    fields: dict[str, str] = {}
    meta: dict[str, str] = {}
    terms: list[tuple[str, str, str]] = []
    reviews = 0
    for one in element:
        name, text = _local(one.tag), one.text or ""
        if name == "postmeta":
            pair = {_local(part.tag): part.text or "" for part in one}
            meta[pair.get("meta_key", "")] = pair.get("meta_value", "")
        elif name == "category":
            terms.append((one.get("domain", ""), one.get("nicename", ""), text.strip()))
        elif name == "comment":
            reviews += 1
        elif name == "encoded":
            fields["excerpt" if "/excerpt/" in one.tag else "content"] = text
        else:
            fields[name] = text.strip()
    return WordPressPost(number, fields, meta, tuple(terms), reviews)


def _kinds(post: WordPressPost) -> Iterator[str]:
    yield next(iter(post.named("product_type")), PRODUCTS[post.kind])
    for kind in ("downloadable", "virtual"):
        if post.meta.get(f"_{kind}") == "yes":
            yield kind


def _visibility(post: WordPressPost) -> str:
    left_out = {one.removeprefix("exclude-from-") for one in post.named("product_visibility")} & {"catalog", "search"}
    return {frozenset(): "visible", frozenset({"catalog"}): "search", frozenset({"search"}): "catalog"}.get(
        frozenset(left_out), "hidden"
    )


def _day(text: str) -> str:
    """A Unix time as the product export writes it."""
    try:
        return datetime.fromtimestamp(int(text), UTC).isoformat() if text.strip() else ""
    except (ValueError, OverflowError, OSError):
        return text


def _escaped(value: str) -> str:
    return value.replace(",", "\\,")


def _as_exported(text: str) -> str:
    r"""Escape typed \n, which means a line end in the product export."""
    return text.strip().replace("\\n", "\\\\n")


def _numbered(attributes: Mapping[str, Attribute]) -> dict[str, str]:
    cells = {}
    for number, one in enumerate(attributes.values(), 1):
        cells[f"Attribute {number} name"] = one.name
        cells[f"Attribute {number} value(s)"] = ", ".join(_escaped(value) for value in one.values.values())
    return cells
