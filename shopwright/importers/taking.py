"""Drafts into products. Each is safe to repeat and to break off: what is there in the same form is left alone."""

import re
from collections.abc import AsyncIterator, Iterable
from typing import Literal

import msgspec

from shopwright.faces.shelf.view import Shelf
from shopwright.faces.shelf.write import as_written
from shopwright.importers.draft import Draft, DraftVariant, Remark
from shopwright.importers.pictures import Fetcher
from shopwright.kit.errors import Missing, ShopError
from shopwright.services.catalog.contract import Option, Product, ProductInput, VariantInput
from shopwright.services.inventory.contract import Adjustment
from shopwright.services.pricing.contract import Price


class Taker:
    """Takes drafts into one shop."""

    def __init__(self, shelf: Shelf, fetcher: Fetcher, how: Literal["take", "try", "undo"] = "take") -> None:
        self._take_one = {"take": self._take, "try": self._try, "undo": self._undo}[how]
        self._shelf = shelf
        self._fetcher = fetcher
        self._categories: set[str] = set()

    async def take(self, drafts: Iterable[Draft | Remark]) -> AsyncIterator[Remark]:
        """Remarks about every row, as they become known."""
        for one in drafts:
            if isinstance(one, Remark):
                yield one
                continue
            try:
                async for remark in self._take_one(one):
                    yield remark
            except ShopError as error:
                for row in one.rows:
                    yield Remark(row, one.title, "refused", error.detail)

    async def _try(self, draft: Draft) -> AsyncIterator[Remark]:
        """What would become of it; nothing is written."""
        known = await self._shelf.catalog.by_source(draft.source)
        same = known is not None and known.source_digest == draft.digest
        for row in draft.rows:
            yield Remark(row, draft.title, "unchanged" if same else "taken" if known is None else "changed")

    async def _undo(self, draft: Draft) -> AsyncIterator[Remark]:
        """What an earlier run brought is not sold any more; the next run would take it anew."""
        known = await self._shelf.catalog.by_source(draft.source)
        if known is not None and known.status != "retired":
            bare = await as_written(self._shelf, known)
            wanted = msgspec.convert(bare, ProductInput, from_attributes=True)
            undone = msgspec.structs.replace(wanted, status="retired", source_digest=f"undone {known.source_digest}")
            await self._shelf.catalog.edit(known.id, undone)
        for row in draft.rows:
            yield Remark(row, draft.title, "unchanged" if known is None else "changed")

    async def _take(self, draft: Draft) -> AsyncIterator[Remark]:
        known = await self._shelf.catalog.by_source(draft.source)
        if known is not None and known.source_digest == draft.digest:
            for row in draft.rows:
                yield Remark(row, draft.title, "unchanged")
            return
        variants: list[DraftVariant] = []
        for variant in draft.variants:
            again = any(one.sku == variant.sku for one in variants)
            sku = "" if again else await self._free_sku(variant, known)
            if variant.sku and not sku:
                yield Remark(variant.row, draft.title, "noted", f"the SKU {variant.sku} is taken; a new one was made")
            variants.append(msgspec.structs.replace(variant, sku=sku))
        draft_ = msgspec.structs.replace(draft, variants=tuple(variants))
        wanted = await self._input(draft_)
        # First as a draft that nobody sees; prices and stock; then, with its digest, for everyone. Broken off anywhere
        # between, the next run does it again: it is the digest that says it was finished.
        if known is None:
            unseen = msgspec.structs.replace(wanted, status="draft", source_digest="")
            known = await self._create(unseen)
            outcome = "taken"
        else:
            outcome = "changed" if known.source_digest else "taken"
            ids = {tuple(sorted(one.options.items())): one.id for one in known.variants}
            matched = tuple(
                msgspec.structs.replace(one, id=ids.get(tuple(sorted(one.options.items())), ""))
                for one in wanted.variants
            )
            wanted = msgspec.structs.replace(wanted, variants=matched, slug=known.slug)
            known = await self._shelf.catalog.edit(
                known.id, msgspec.structs.replace(wanted, status=known.status, source_digest=known.source_digest)
            )
        await self._set_offers(known, draft_)
        final = msgspec.structs.replace(
            wanted,
            slug=known.slug,
            source_digest=draft.digest,
            variants=tuple(
                msgspec.structs.replace(one, id=made.id)
                for one, made in zip(wanted.variants, known.variants, strict=True)
            ),
        )
        await self._shelf.catalog.edit(known.id, final)
        if draft.old_path and draft.old_path != f"/p/{known.slug}":
            await self._shelf.catalog.put_redirect(draft.old_path, f"/p/{known.slug}")
        if left_out := [image for image in draft.images if await self._fetcher.media(image) is None]:
            told = f"{len(left_out)} pictures are left out: {left_out[0].url} says not where it is (--images-from)"
            yield Remark(draft.rows[0], draft.title, "noted", told)
        for row in draft.rows:
            yield Remark(row, draft.title, outcome)  # type: ignore[arg-type]  # one of the outcomes

    async def _create(self, wanted: ProductInput) -> Product:
        try:
            await self._shelf.catalog.get(wanted.slug)
        except Missing:
            return await self._shelf.catalog.create(wanted)
        return await self._shelf.catalog.create(msgspec.structs.replace(wanted, slug=""))

    async def _free_sku(self, variant: DraftVariant, known: Product | None) -> str:
        if not variant.sku:
            return ""
        try:
            owner = await self._shelf.catalog.by_variant(variant.sku)
        except Missing:
            return variant.sku
        return variant.sku if known is not None and owner.id == known.id else ""

    async def _input(self, draft: Draft) -> ProductInput:
        fetched = {image.url: await self._fetcher.media(image) for image in draft.images}
        media = {url: one for url, one in fetched.items() if one is not None}
        return ProductInput(
            title=draft.title,
            slug=draft.slug,
            description=draft.description,
            brand=draft.brand,
            status="published" if draft.published else "draft",
            categories=tuple([await self._category(path) for path in draft.categories]),
            tags=draft.tags,
            attributes={_attribute(name): value for name, value in draft.attributes.items()},
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
            source=draft.source,
            source_digest=draft.digest,
        )

    async def _category(self, path: tuple[str, ...]) -> str:
        """The slug of a category, made with those above it where they are missing."""
        known = (
            {category.slug for category in await self._shelf.catalog.categories()}
            if not self._categories
            else self._categories
        )
        self._categories = known
        slug = ""
        for title in path:
            above, slug = slug, re.sub(r"[^\w]+", "-", f"{slug}-{title}".casefold()).strip("-")
            if slug not in known:
                slug = (await self._shelf.catalog.put_category(slug, title, above)).slug
                known.add(slug)
        return slug

    async def _set_offers(self, product: Product, draft: Draft) -> None:
        pairs = list(zip(product.variants, draft.variants, strict=True))
        await self._shelf.pricing.set_prices([Price(made.id, one.price, one.compare_at) for made, one in pairs])
        for made, one in pairs:
            # Opening stock is set once for a variant: what was sold since must not come back with the next run.
            opening = Adjustment(variant_id=made.id, delta=one.on_hand, reason=f"imported from {draft.source}")
            await self._shelf.inventory.adjust([opening], key=f"import/{made.id}")


def _attribute(name: str) -> str:
    bare = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    return bare if bare[:1].isalpha() else f"a_{bare}"
