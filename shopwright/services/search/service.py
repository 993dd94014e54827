"""Search: follows events, keeps an index and answers from it."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress

import msgspec

from shopwright.kit.caching.memo import Memo
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Invalid, Missing, Unavailable
from shopwright.kit.ports import Cdn, IndexDocument, Query, SearchIndex
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import AttributeType, Catalog, Category, Product
from shopwright.services.search import model, store
from shopwright.services.search.cdn_invalidation import CdnInvalidation
from shopwright.services.search.contract import (
    MOST_CHOICES,
    MOST_FACETS,
    Card,
    Rating,
    Results,
    Search,
    SearchesMade,
    SearchRequest,
)

PAGE = 1_000  # entries in memory at once: some with long texts
WORD = re.compile(r"[^\W_]+")
DEEPEST = 10_000
LONGEST = 200
PATIENCE_S = 5.0
COUNTED_WORDS = 60


class SearchService(Search):
    """The operations of search. `cdn`: the CDN to invalidate, if any."""

    def __init__(self, work: ServiceDatabase, index: SearchIndex, *, catalog: Catalog, cdn: Cdn | None = None) -> None:
        self._work = work
        self._index = index
        self._catalog = catalog
        self._memo = Memo(work)
        self._encoded: tuple[object, object, bytes] = (None, None, b"")
        self._outages = 0
        self.edges = CdnInvalidation(work, catalog, cdn)

    async def find(self, request: SearchRequest) -> Results:
        if len(request.text) > LONGEST:
            raise Invalid.at("/q", _("A search has at most {longest} characters.", longest=LONGEST))
        if request.page < 1 or request.page * request.limit > DEEPEST:
            raise Invalid.at("/page", _("Pages end at result {deepest}; continue with `after`.", deepest=DEEPEST))
        if request.after and request.page > 1:
            raise Invalid.at("/after", _("Give either page or `after`, not both."))
        if len(request.chosen) > MOST_FACETS or sum(map(len, request.chosen.values())) > MOST_CHOICES:
            raise Invalid(
                _(
                    "A search is narrowed down by at most {most_facets} facets and {most_choices} of their values.",
                    most_facets=MOST_FACETS,
                    most_choices=MOST_CHOICES,
                )
            )
        categories, types = await self._catalog.categories(), await self._catalog.attribute_types()
        # Products are marked as indexed in our database afterwards, so its version is also the index's.
        key = (msgspec.msgpack.encode(request), self._catalog_key(categories, types))
        try:
            return await self._memo.get(key, lambda: self._find(request, categories, types))
        except Unavailable:
            if request.after:  # only the index knows where that is
                raise
            self._outages += 1
            return await self._known(request)

    def _catalog_key(self, categories: Sequence[Category], types: Mapping[str, AttributeType]) -> bytes:
        """Categories and attribute types as part of a key, encoded again only if they are others."""
        if categories is not self._encoded[0] or types is not self._encoded[1]:
            self._encoded = (categories, types, msgspec.msgpack.encode((categories, types)))
        return self._encoded[2]

    def outages(self) -> int:
        """How often it answered without the index; pages made from such answers are not cached."""
        return self._outages

    async def _known(self, request: SearchRequest) -> Results:
        """Answer without the index: best-selling products from our database, so that shoppers can still browse."""
        tokens = [f"category={request.category}"] if request.category else []
        tokens += [f"collection={request.collection}"] if request.collection else []
        tokens += [f"{name}={values[0]}" for name, values in request.chosen.items() if len(values) == 1]
        words = WORD.findall(request.text.casefold())
        if request.text.strip() and not words:  # signs alone: as with the index, nothing has them
            return Results(items=(), total=0, facets=(), partial=True)
        found, total = await store.known(self._work, tokens, words, (request.page - 1) * request.limit, request.limit)
        cards = [model.card(one.entry, one.offers, one.rating) for one in found if one.entry is not None]
        return Results(
            items=tuple(msgspec.Raw(msgspec.json.encode(card)) for card in cards), total=total, facets=(), partial=True
        )

    async def _find(
        self, request: SearchRequest, categories: Sequence[Category], types: Mapping[str, AttributeType]
    ) -> Results:
        query = Query(
            text=request.text,
            within=(
                *([f"category={request.category}"] if request.category else []),
                *([f"collection={request.collection}"] if request.collection else []),
            ),
            groups={name: tuple(f"{name}={value}" for value in values) for name, values in request.chosen.items()},
            price_min=request.price_min,
            price_max=request.price_max,
            rating_min=request.rating_min,
            sort=request.sort,
            offset=(request.page - 1) * request.limit,
            after=request.after,
            limit=request.limit,
            exact=request.exact,
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await self._index.search(query)
        except TimeoutError:
            raise Unavailable(
                _("The search engine did not answer within {patience_s} s.", patience_s=PATIENCE_S)
            ) from None
        return Results(
            items=tuple(msgspec.Raw(card.encode()) for card in found.cards),
            highlights=found.highlights,
            total=found.total,
            facets=model.facets(request, found, categories, types),
            corrected_query=found.corrected,
            next=found.next or None,
        )

    async def suggest(self, text: str, limit: int = 6) -> list[Card]:
        try:
            found = await self._index.suggest(text[:LONGEST], limit)
        except Unavailable:
            return []  # suggestions are optional
        return [decode_tolerant(card, Card) for card in found]

    async def cards(self, product_ids: tuple[str, ...]) -> list[Card]:
        async def read(ids: list[str]) -> dict[str, Card]:
            known = await store.some(self._work, ids)
            return {
                one.product_id: model.card(one.entry, one.offers, one.rating) for one in known if one.entry is not None
            }

        found = await self._memo.many("card", product_ids, read)
        return [card for card in found.values() if card is not None]

    async def rating(self, product_id: str) -> Rating:
        return await self._memo.get(("rating", product_id), lambda: store.rating(self._work, product_id))

    # --- anonymous search counts

    async def record_searches(self, counts: Mapping[str, int]) -> None:
        searched: Counter[str] = Counter()
        for text, count in counts.items():
            words = " ".join(text.casefold().split())[:COUNTED_WORDS]
            if words and "@" not in words:  # e-mail addresses are private
                searched[words] += count
        if searched:
            async with self._work.begin() as tx:
                await tx.emit(SearchesMade(day=f"{tx.now:%Y-%m-%d}", counts=dict(searched)))

    # --- event handlers

    async def on_published(self, delivery: Delivery) -> None:
        """Handle ProductPublished: read the product again."""
        try:
            product = await self._catalog.get(delivery.event.product_id)
        except Missing:
            return
        categories, types = await self._catalog.categories(), await self._catalog.attribute_types()
        collections = await self._catalog.collections_of(product.id)
        async with self._work.begin(dedup_key=delivery.key) as tx:
            if product.status == "published":
                known = model.entry(product, _above(product, categories), collections, types)
                await store.write_entry(tx, known, [variant.id for variant in product.variants])
            else:
                await store.hide(tx, product.id)
            await self.edges.note(tx, product.id)

    async def on_retired(self, delivery: Delivery) -> None:
        """Handle ProductRetired."""
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await store.hide(tx, delivery.event.product_id)
            await self.edges.note(tx, delivery.event.product_id)

    async def on_price(self, delivery: Delivery) -> None:
        """Handle PriceChanged."""
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await store.set_price(tx, delivery.event.variant_id, delivery.event.price, delivery.event.compare_at)
            await self.edges.note_variant(tx, delivery.event.variant_id)

    async def on_stock(self, delivery: Delivery) -> None:
        """Handle StockChanged."""
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await store.set_available(tx, delivery.event.variant_id, delivery.event.available)
            await self.edges.note_variant(tx, delivery.event.variant_id)

    async def on_review(self, delivery: Delivery) -> None:
        """Handle ReviewPublished, which has the whole sum, so late or repeated delivery does no harm."""
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await store.set_rating(
                tx, delivery.event.product_id, delivery.event.rating_sum, delivery.event.rating_count
            )
            await self.edges.note(tx, delivery.event.product_id)

    async def on_paid(self, delivery: Delivery) -> None:
        """Handle OrderPaid: count sales for the sort order."""
        async with self._work.begin(dedup_key=delivery.key) as tx:
            for line in delivery.event.lines:
                await store.add_sold(tx, line.product_id, line.quantity)

    # --- the index

    async def bring_up_to_date(self) -> int:
        """Index what has changed. Returns how many products."""
        count = 0
        while changed := await store.changed(self._work, PAGE):
            generation = await store.generation(self._work)
            gone = [one.product_id for one in changed if one.entry is None]
            await self._index.write(_documents(changed), gone)
            async with self._work.begin() as tx:
                await store.mark_indexed(tx, {one.product_id: one.changed for one in changed}, generation)
                await self.edges.note_indexed(tx, changed)
            count += len(changed)
        return count

    async def refresh_index(self) -> None:
        """Scheduled job: index changes, and repair a damaged index."""
        await self.bring_up_to_date()
        await self.heal()

    async def heal(self) -> None:
        """Rebuild an index that lost data, or a new engine's."""
        if await store.changed(self._work, 1):
            return  # someone is at it: only what should be whole can be found wanting
        try:
            is_intact = await self._index.count() == await store.visible_and_indexed(self._work)
        except Unavailable:
            is_intact = False
        if not is_intact:
            with suppress(Unavailable):  # the timer tries again; until then the shop sells without it
                await self.rebuild()

    async def rebuild(self) -> int:
        """Build a new index and swap it in. Returns the number of products. Raises Unavailable.

        Changes made meanwhile are indexed afterwards.
        """
        written: dict[str, int] = {}
        count, before = 0, await store.generation(self._work)

        async def all_there_are() -> AsyncIterator[Sequence[IndexDocument]]:
            nonlocal count
            after = ""
            while some := await store.after(self._work, after, PAGE):
                after = some[-1].product_id
                documents = _documents(some)
                yield documents
                count += len(documents)
                written.update({one.product_id: one.changed for one in some})

        await self._index.replace(all_there_are())
        async with self._work.begin() as tx:
            generation = await store.new_generation(tx)
            if generation == before + 1:  # else another process built one at the same time, and either may be current
                await store.mark_indexed(tx, written, generation)
        return count


def _documents(entries: Sequence[store.ChangedProduct]) -> list[IndexDocument]:
    """The documents of visible products."""
    return [
        model.document(one.entry, model.card(one.entry, one.offers, one.rating), one.sold)
        for one in entries
        if one.entry is not None
    ]


def _above(product: Product, categories: list[Category]) -> list[Category]:
    """The product's categories and their ancestors, nearest first."""
    by_id = {category.id: category for category in categories}
    found: dict[str, Category] = {}
    for category_id in product.category_ids:
        current = by_id.get(category_id)
        while current is not None and current.id not in found:
            found[current.id] = current
            current = by_id.get(current.parent_id or "")
    return list(found.values())
