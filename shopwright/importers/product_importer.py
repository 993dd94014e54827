"""From drafts to products, many at a time. Safe to repeat and to interrupt: unchanged products are left alone."""

import itertools
import re
import unicodedata
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from shopwright.importers.draft import Draft, DraftImage, ImportIssue, Outcome
from shopwright.importers.languages import NO, YES
from shopwright.importers.merging import UNDONE, MergeResult, merged
from shopwright.importers.offers import ImportOffer, kept_prices, offers_of, set_offers
from shopwright.kit.errors import ShopError
from shopwright.kit.tax_classes import tax_fields
from shopwright.kit.text import name_key, slugify
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import (
    AttributeType,
    Media,
    Option,
    Product,
    ProductInput,
    Release,
    Value,
    VariantInput,
)
from shopwright.web.product_view.view import ProductViews

# Total length of descriptions per batch, as they are held in several forms, and sent in one call.
MOST_CHARACTERS = 2_000_000


class ImportPictures(Protocol):
    """The source of pictures."""

    async def media(self, image: DraftImage) -> Media | None:
        """Return the picture, or None."""
        ...


class ProductImporter:
    """Imports drafts. `at_once`: variants per transaction, as they determine its length."""

    def __init__(
        self,
        product_views: ProductViews,
        pictures: ImportPictures,
        how: Literal["take", "try", "undo"] = "take",
        at_once: int = 1_000,
    ) -> None:
        self._at_once = at_once
        self._deal_with = {"take": self._take, "try": self._try, "undo": self._undo}[how]
        self._product_views = product_views
        self._pictures = pictures
        self._categories: dict[tuple[str, str], str] = {}  # by the slug above and the title
        self._paths: dict[tuple[str, ...], str] = {}
        self._known: dict[str, AttributeType] | None = None
        self._writes = how == "take"
        self._notes: list[ImportIssue] = []
        self._last: Mapping[str, Mapping[str, str]] = {}  # what the last import gave, by product

    async def import_drafts(self, drafts: Iterable[Draft | ImportIssue]) -> AsyncIterator[ImportIssue]:
        """Iterate over the results of all rows as they become known."""
        batch: dict[str, Draft] = {}
        variants = character_count = 0
        classes = {one.name for one in await self._product_views.pricing.tax_classes()}
        for found in drafts:
            if isinstance(found, ImportIssue):
                yield found
                continue
            one = found if found.tax_class in classes else msgspec.structs.replace(found, tax_class="standard")
            if one is not found:
                note = f"its tax class “{found.tax_class}” is none of this shop's; the standard one holds"
                yield ImportIssue(found.rows[0], found.title, "noted", note)
            # A repeated source is one product in two forms: the second is compared with the first.
            if variants >= self._at_once or character_count > MOST_CHARACTERS or one.source in batch:
                for issue in await self._deal(list(batch.values())):
                    yield issue
                batch, variants, character_count = {}, 0, 0
            batch[one.source] = one
            variants += len(one.variants)
            character_count += len(one.description)
        for issue in await self._deal(list(batch.values())):
            yield issue

    async def _deal(self, batch: list[Draft]) -> list[ImportIssue]:
        try:
            return await self._deal_with(
                batch, await self._product_views.catalog.by_sources([one.source for one in batch])
            )
        except ShopError as error:
            if len(batch) == 1:
                return _rows(batch[0], "refused", error.detail)
        return [issue for draft in batch for issue in await self._deal([draft])]  # so that one stops no other

    async def _try(self, batch: list[Draft], known: Mapping[str, Product]) -> list[ImportIssue]:
        """Report what would happen, without writing."""
        issues, new = await self._merge(batch, known)
        # Importing creates categories and pictures first; a dry run goes without.
        wanted = [msgspec.structs.replace(one.wanted, categories=()) for _, one in new]
        for (draft, one), tried in zip(
            new, await self._product_views.catalog.import_products(wanted, how="try"), strict=True
        ):
            if tried.product is None:
                issues += _rows(draft, "refused", tried.problem)
            else:
                issues += _rows(draft, _compared(draft, known))
                issues += await self._kept(draft, tried.product, one.kept, self._last.get(tried.product.id, {}))
        return issues

    async def _merge(
        self, batch: list[Draft], known: Mapping[str, Product]
    ) -> tuple[list[ImportIssue], list[tuple[Draft, MergeResult]]]:
        """Return issues of unchanged drafts, and what to write of the others."""
        self._notes, issues, new = [], [], []
        self._last = await self._product_views.catalog.imported_fields([one.id for one in known.values()])
        slugs = {one.id: one.slug for one in await self._product_views.catalog.categories()} if known else {}
        for draft in batch:
            product = known.get(draft.source)
            last = self._last.get(product.id, {}) if product is not None else {}
            bare = draft if self._writes else msgspec.structs.replace(draft, categories=(), images=())
            one = merged(await self._input(bare), draft.images, product, slugs, last)
            if product is not None and _compared(draft, known) == "unchanged":
                issues += _rows(draft, "unchanged")
                kept_fields = (
                    one.kept
                    if self._writes
                    else tuple(name for name in one.kept if name not in {"categories", "pictures"})
                )
                issues += await self._kept(draft, product, kept_fields, last)
            else:
                new.append((draft, one))
        return issues, new

    async def _kept(
        self, draft: Draft, product: Product, fields: Sequence[str], last: Mapping[str, str]
    ) -> list[ImportIssue]:
        """Report fields changed here since the last import, which stay."""
        if not product.source_digest:
            return []
        prices = await kept_prices(self._product_views, [(offer, last) for offer in offers_of(draft, product)])
        changed = [*fields, *(f"price of {one.sku}" for one in product.variants if one.id in prices)]
        return (
            [
                ImportIssue(
                    draft.rows[0], draft.title, "noted", _("kept as changed here: {names}", names=", ".join(changed))
                )
            ]
            if changed
            else []
        )

    async def _undo(self, batch: list[Draft], known: Mapping[str, Product]) -> list[ImportIssue]:
        """Retire what an earlier run created; the next run would import it again."""
        issues: list[ImportIssue] = []
        for draft in batch:
            product = known.get(draft.source)
            if product is not None and product.status != "retired":
                undone = f"{UNDONE} {product.source_digest}"
                await self._product_views.catalog.publish_imported([Release(product.id, "retired", undone)])
            issues += _rows(draft, "unchanged" if product is None else "changed")
        return issues

    async def _take(self, batch: list[Draft], known: Mapping[str, Product]) -> list[ImportIssue]:
        issues, new = await self._merge(batch, known)
        # Prices and stock first, then the products, so that none is visible without. After an interruption the next run
        # repeats it for the same ids: the digest marks a product as complete.
        imported = await self._product_views.catalog.import_products([one.wanted for _, one in new], how="reserve")
        written: list[tuple[Draft, MergeResult, Product]] = []
        notes: dict[int, list[ImportIssue]] = {}
        for note in self._notes:
            notes.setdefault(note.row, []).append(note)
        for (draft, merge), one in zip(new, imported, strict=True):
            if one.product is None:
                issues += _rows(draft, "refused", one.problem)
                continue
            written.append((draft, merge, one.product))
            issues += [
                ImportIssue(
                    draft.rows[0],
                    draft.title,
                    "noted",
                    _("the SKU {sku} is taken; a new one was made", sku=variant.sku),
                )
                for variant in (merge.wanted.variants[number] for number in one.made_anew)
            ]
            issues += await self._left_out(draft)
            issues += notes.get(draft.rows[0], ())
            issues += _rows(draft, "taken" if one.is_new else "changed")
            issues += await self._kept(draft, one.product, merge.kept, self._last.get(one.product.id, {}))
        offers = {draft.source: offers_of(draft, product) for draft, _, product in written}
        failed = await set_offers(
            self._product_views,
            [
                (
                    offer,
                    self._last.get(product.id, {}),
                    bool(product.source_digest) and not product.source_digest.startswith(UNDONE),
                )
                for draft, _, product in written
                for offer in offers[draft.source]
            ],
        )
        for draft, _entry, product in written:
            if left := [one.sku for one in product.variants if one.id in failed]:
                stock_note = f"stock of {', '.join(left)} stays: orders hold more than the file has"
                issues.append(ImportIssue(draft.rows[0], draft.title, "noted", stock_note))
        await self._release(written, offers)
        return issues

    async def _release(
        self, written: Sequence[tuple[Draft, MergeResult, Product]], offers: Mapping[str, list[ImportOffer]]
    ) -> None:
        finished = []
        for draft, merge, product in written:
            given = {name: value for offer in offers[draft.source] for name, value in offer.given.items()}
            finished.append(Release(product.id, merge.status, draft.digest, merge.given | given, product))
        await self._product_views.catalog.publish_imported(finished)
        paths = [(draft.old_path, f"/p/{product.slug}") for draft, _, product in written if draft.old_path]
        if moved := {path: target for path, target in paths if path != target}:
            await self._product_views.catalog.put_redirects(moved)

    async def _left_out(self, draft: Draft) -> list[ImportIssue]:
        left_out = [image for image in draft.images if await self._pictures.media(image) is None]
        if not left_out:
            return []
        note = f"{len(left_out)} pictures are left out: {left_out[0].url} says not where it is (--images-from)"
        return [ImportIssue(draft.rows[0], draft.title, "noted", note)]

    async def _input(self, draft: Draft) -> ProductInput:
        fetched = {image.url: await self._pictures.media(image) for image in draft.images}
        media = {url: one for url, one in fetched.items() if one is not None}
        return ProductInput(
            title=draft.title,
            slug=draft.slug,
            description=draft.description,
            brand=draft.brand,
            status="published" if draft.published else "draft",
            categories=tuple([self._paths.get(path) or await self._category(path) for path in draft.categories]),
            tags=draft.tags,
            attributes=await self._attributes(draft),
            options=tuple(
                Option(name, tuple(dict.fromkeys(variant.options[name] for variant in draft.variants)))
                for name in draft.options
            ),
            variants=tuple(
                VariantInput(
                    sku=one.sku,
                    options=one.options,
                    barcode=one.barcode,
                    weight=one.weight,
                    media=media[one.image].url if one.image in media else "",
                )
                for one in draft.variants
            ),
            media=tuple(dict.fromkeys(media.values())),
            **tax_fields(draft.tax_class),
            seo_title=draft.seo_title,
            seo_description=draft.seo_description,
            source=draft.source,
        )

    async def _category(self, path: tuple[str, ...]) -> str:
        """The slug of a category by its path of titles, created with its ancestors if missing."""
        if not self._categories:
            tree = {one.id: one for one in await self._product_views.catalog.categories()}
            for one in tree.values():
                above = tree[one.parent_id].slug if one.parent_id in tree else ""
                self._categories[above, _folded(one.title)] = one.slug
        slug = ""
        for title in path:
            above = slug
            slug = self._categories.get((above, _folded(title)), "")
            if not slug:
                slug = await self._new_category(title, above)
                self._categories[above, _folded(title)] = slug
        self._paths[path] = slug
        return slug

    async def _new_category(self, title: str, above: str) -> str:
        used_slugs = set(self._categories.values())
        wanted = slugify(f"{above} {title}".replace("_", " "))
        slug = next(
            one
            for number in itertools.count(1)
            if (one := wanted if number == 1 else f"{wanted}-{number}") not in used_slugs
        )
        return (await self._product_views.catalog.put_category(slug, title, above)).slug

    async def _attributes(self, draft: Draft) -> dict[str, Value]:
        """Attributes by key, each defined under its name in the file."""
        if self._known is None:
            self._known = dict(await self._product_views.catalog.attribute_types())
        found: dict[str, Value] = {}
        for name, value in draft.attributes.items():
            key = name_key(name)
            if key not in self._known:
                described = AttributeType(name=key, title=name[:1].upper() + name[1:].replace("_", " "), kind="text")
                self._known[key] = (
                    await self._product_views.catalog.put_attribute_type(described) if self._writes else described
                )
            fitting = _fitting(value, self._known[key])
            if fitting is None:
                note = f"its {name} “{value}” is left out: it does not fit the attribute {self._known[key].title}"
                self._notes.append(ImportIssue(draft.rows[0], draft.title, "noted", note))
            else:
                found[key] = fitting
        return found


def _compared(draft: Draft, known: Mapping[str, Product]) -> Outcome:
    product = known.get(draft.source)
    if product is None:
        return "taken"
    return "unchanged" if product.source_digest == draft.digest else "changed"


def _rows(draft: Draft, outcome: Outcome, detail: str = "") -> list[ImportIssue]:
    return [ImportIssue(row, draft.title, outcome, detail, draft.source) for row in draft.rows]


def _fitting(value: Value, known: AttributeType) -> Value | None:
    """The value as the attribute's kind; None if impossible."""
    text = str(value).strip()
    if known.kind in {"number", "measurement"}:
        bare = text.removesuffix(known.unit).strip()
        return float(bare) if re.fullmatch(r"-?\d+(\.\d+)?", bare) else None
    if known.kind == "boolean":
        return True if text.casefold() in YES else False if text.casefold() in NO else None
    if known.kind == "date":
        return text if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    return text if known.kind == "text" or not known.choices or text in known.choices else None


def _folded(title: str) -> str:
    return unicodedata.normalize("NFC", " ".join(title.split())).casefold()
