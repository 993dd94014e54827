"""What a cache in front of the shop (CDN) must drop: noted as it is heard, told every moment until it was told.

Answers that show a product are dropped when anything of it changes, and again when the index knows, from which lists are
made; all lists when something changes that decides in which of them it stands; everything when categories, collections
or attributes do.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from shopwright.kit.caching.surrogate_keys import EVERYTHING, LISTS, key_of
from shopwright.kit.data.events import ScheduledJob
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.ports import Cdn
from shopwright.services.catalog.contract import Catalog
from shopwright.services.search import model, purge_store, store
from shopwright.services.search.purge_store import ListedProduct
from shopwright.services.search.store import ChangedProduct

AT_ONCE = 5_000
# More than that at once is everything: an import, not an editor.
MANY = 300
WHOLE = ""  # what is noted of all lists, and shown of all categories


class CdnInvalidation:
    """`edge`: None where there is no such cache, and nothing to note."""

    def __init__(self, work: ServiceDatabase, catalog: Catalog, edge: Cdn | None) -> None:
        self._work = work
        self._catalog = catalog
        self._edge = edge

    async def note(self, tx: Transaction, product_id: str) -> None:
        """Something of this product is not as it was."""
        if self._edge is not None:
            await purge_store.note(tx, [product_id])

    async def note_variant(self, tx: Transaction, variant_id: str) -> None:
        """Something of this variant's product is not as it was."""
        if self._edge is not None:
            await purge_store.note_variant(tx, variant_id)

    async def note_indexed(self, tx: Transaction, indexed: Sequence[ChangedProduct]) -> None:
        """The index has these as they are now: do they stand in other lists than before, or look different there?"""
        if self._edge is None:
            return
        before = await purge_store.shown(tx, [one.product_id for one in indexed])
        now = {one.product_id: ListedProduct(_slug(one), _place(one) + _looks(one)) for one in indexed}
        changed = [one for one, shown in now.items() if before.get(one, ListedProduct()).digest != shown.digest]
        if any(not before.get(one.product_id, ListedProduct()).digest.startswith(_place(one)) for one in indexed):
            changed.append(WHOLE)
        await purge_store.note(tx, changed)
        await purge_store.show(tx, now)

    def timers(self) -> list[ScheduledJob]:
        """As often as that cache may be told."""
        return [] if self._edge is None else [ScheduledJob("search.purge", self._edge.every, self.purge)]

    async def purge(self) -> None:
        """Tell what was noted. Raises Unavailable; then it is noted still."""
        if self._edge is None:
            return
        catalog = self._catalog
        arranged = _digest((await catalog.categories(), await catalog.collections(), await catalog.attribute_types()))
        anew = arranged != (await purge_store.shown(self._work, [WHOLE])).get(WHOLE, ListedProduct()).digest
        noted = await purge_store.noted(self._work, AT_ONCE)
        if not noted and not anew:
            return
        keys = {EVERYTHING} if anew else await self._keys([one.subject for one in noted])
        if keys:
            await self._edge.purge(keys)
        async with self._work.begin() as tx:
            await purge_store.told(tx, noted)
            if anew:
                await purge_store.show(tx, {WHOLE: ListedProduct(digest=arranged)})

    async def _keys(self, subjects: Sequence[str]) -> set[str]:
        """By the slugs products are seen by now, and by those they were seen by."""
        if len(subjects) > MANY:
            return {EVERYTHING}
        now = {_slug(one) for one in await store.some(self._work, subjects)}
        before = {one.slug for one in (await purge_store.shown(self._work, subjects)).values()}
        return {key_of(slug) for slug in now | before if slug} | ({LISTS} if WHOLE in subjects else set())


def _slug(one: ChangedProduct) -> str:
    return one.entry.slug if one.entry is not None else ""


def _place(one: ChangedProduct) -> str:
    """What decides in which lists it stands."""
    return _digest(one.entry)


def _looks(one: ChangedProduct) -> str:
    """What lists show of it."""
    return _digest(model.card(one.entry, one.offers, one.rating)) if one.entry is not None else ""


def _digest(what: Any) -> str:
    return hashlib.sha256(msgspec.msgpack.encode(what)).hexdigest()
