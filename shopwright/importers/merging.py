"""Repeated imports merge: a field changes only if the file changed it since the last import.

The last import's values are kept as fingerprints; changes by staff stay, and are reported. Pure functions.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from shopwright.kit.tax_classes import tax_fields
from shopwright.kit.text import clean_html
from shopwright.services.catalog.contract import Option, Product, ProductInput, Status, Variant, VariantInput
from shopwright.services.inventory.contract import StockRule

UNDONE = "undone"
ENCODER = msgspec.json.Encoder()
SHORT = 40
SIMPLE = frozenset({int, bool, type(None), StockRule})
OF_VARIANT = ("sku", "barcode", "weight")


class MergeResult(msgspec.Struct, frozen=True, kw_only=True):
    """The product to write. `given`: fingerprints of the file's values; `kept`: fields that differ and stay."""

    wanted: ProductInput
    status: Status
    given: dict[str, str]
    kept: tuple[str, ...] = ()


def fingerprint(value: Any) -> str:
    """A short fingerprint of a value."""
    if type(value) in SIMPLE or (type(value) is str and len(value) <= SHORT):
        return _of_many(value)
    return _fingerprint(value)


def _fingerprint(value: Any) -> str:
    return hashlib.blake2b(ENCODER.encode(value), digest_size=6).hexdigest()


@lru_cache(maxsize=5_000, typed=True)
def _of_many(value: Any) -> str:
    """The cached fingerprint of a value many products share: a brand, a count, nothing."""
    return _fingerprint(value)


def key_of(options: Mapping[str, str]) -> str:
    """The key of a variant across imports."""
    return " / ".join(options.values())


class Choice:
    """Decides field by field, and records the decisions."""

    def __init__(self, last: Mapping[str, str], *, first: bool) -> None:
        self._last = last
        self._first = first  # nothing is there yet, or all of it is to be as the file has it
        self.given: dict[str, str] = {}
        self.kept: list[str] = []

    def takes(self, field: str, file: Any, shop: Any) -> bool:
        """Whether the file's value applies."""
        self.given[field] = fingerprint(file)
        if self._first:
            return True
        if not self._last:  # imported by an earlier version without fingerprints: fields may have been edited by staff
            self._keep(field, file, shop)
            return False
        if self._last.get(field) != self.given[field]:
            return True
        self._keep(field, file, shop)
        return False

    def _keep(self, field: str, file: Any, shop: Any) -> None:
        if fingerprint(file) != fingerprint(shop):
            self.kept.append(field)

    @property
    def is_unknown(self) -> bool:
        """Whether an earlier version imported it without fingerprints."""
        return not self._last and not self._first

    def was_given(self, field: str) -> bool:
        return field in self._last


def merged(
    wanted: ProductInput,
    pictures: Sequence[Any],
    old: Product | None,
    slugs: Mapping[str, str],
    last: Mapping[str, str],
) -> MergeResult:
    """Merge a draft into the product. `pictures`: as in the file; `slugs`: of categories by id; `last`: fingerprints."""
    first = old is None or not old.source_digest or old.source_digest.startswith(UNDONE)
    choice = Choice(last, first=first)
    file = {
        "title": wanted.title.strip(),
        "description": clean_html(wanted.description),
        "brand": wanted.brand.strip(),
        "categories": tuple(dict.fromkeys(wanted.categories)),
        "tags": tuple(dict.fromkeys(tag.strip() for tag in wanted.tags if tag.strip())),
        "tax_class": wanted.taxed_as,
        "seo_title": wanted.seo_title.strip(),
        "seo_description": wanted.seo_description.strip(),
    }
    shop: dict[str, Any] = {}
    if old is not None:
        shop = {field: getattr(old, field) for field in file if field not in {"categories", "tax_class"}}
        shop["tax_class"] = old.taxed_as
        shop["categories"] = tuple(slugs[one] for one in old.category_ids if one in slugs)
    fields = {
        field: value if choice.takes(field, value, shop.get(field)) else shop[field] for field, value in file.items()
    }
    fields |= tax_fields(str(fields["tax_class"]))
    seen = old is not None and old.status == "published"
    status: Status = (
        wanted.status
        if choice.takes("status", wanted.status, "published" if seen else "draft") or old is None
        else old.status
    )
    media = wanted.media
    if not choice.takes("pictures", pictures, pictures) and old is not None:
        media = old.media
        if last.get("pictures made", "") not in {"", fingerprint([one.url for one in media])}:
            choice.kept.append("pictures")
    choice.given["pictures made"] = (
        last.get("pictures made", "") if media is not wanted.media else fingerprint([one.url for one in media])
    )
    attributes = _attributes(choice, wanted, old)
    options, variants = _variants(choice, wanted, old)
    complete = msgspec.structs.replace(
        wanted, **fields, status=status, media=media, attributes=attributes, options=options, variants=variants,
        type=old.type if old else wanted.type, publish_at=old.publish_at if old else wanted.publish_at,
    )  # fmt: skip
    return MergeResult(wanted=complete, status=status, given=choice.given, kept=tuple(choice.kept))


def _attributes(choice: Choice, wanted: ProductInput, old: Product | None) -> dict[str, Any]:
    there = old.attributes if old is not None else {}
    found: dict[str, Any] = {}
    for name, value in wanted.attributes.items():
        if choice.takes(f"attribute {name}", value, there.get(name)):
            found[name] = value
        elif name in there:
            found[name] = there[name]
    # What no import set belongs to staff; what an import set and the file dropped is removed.
    return found | {
        name: value
        for name, value in there.items()
        if name not in wanted.attributes and not choice.was_given(f"attribute {name}")
    }


def _variants(
    choice: Choice, wanted: ProductInput, old: Product | None
) -> tuple[tuple[Option, ...], tuple[VariantInput, ...]]:
    names = [option.name for option in wanted.options]
    there = {key_of(_ordered(one.options, names)): one for one in old.variants} if old is not None else {}
    own = [option.name for option in old.options] if old is not None else names
    if not choice.takes("options", names, own) and own != names and old is not None:
        for one in wanted.variants:
            choice.given[f"variant {key_of(one.options)}"] = fingerprint(True)
        return old.options, tuple(_as_input(one) for one in old.variants)
    made: list[VariantInput] = []
    for one in wanted.variants:
        key = key_of(one.options)
        now = there.pop(key, None)
        if choice.takes(f"variant {key}", True, now is not None) or now is not None or choice.is_unknown:
            made.append(_one_variant(choice, key, one, now))
    if set(own) == set(names):
        made += [_as_input(one) for key, one in there.items() if not choice.was_given(f"variant {key}")]
    values = {name: dict.fromkeys(one.options[name] for one in made) for name in names}
    return tuple(Option(name, tuple(values[name])) for name in names), tuple(made)


def _one_variant(choice: Choice, key: str, file: VariantInput, now: Variant | None) -> VariantInput:
    changes: dict[str, Any] = {}
    for field in OF_VARIANT:
        value = getattr(file, field)
        # A SKU the file lacks was generated here, and stays.
        if (
            not choice.takes(
                f"{field} of {key}".rstrip(), value, getattr(now, field, value) if value or field != "sku" else value
            )
            and now is not None
        ):
            changes[field] = getattr(now, field)
    return msgspec.structs.replace(file, title=now.title if now else file.title, **changes)


def _as_input(one: Variant) -> VariantInput:
    return VariantInput(
        id=one.id, sku=one.sku, title=one.title, options=one.options, barcode=one.barcode, weight=one.weight, media=one.media
    )  # fmt: skip


def _ordered(options: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return {name: options[name] for name in names} if set(names) == set(options) else dict(options)
