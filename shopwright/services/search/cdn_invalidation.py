"""CDN invalidation: changes are recorded, then reported to the CDN until it confirms.

Responses that show a product are purged when it changes, and again once the index has the change, as lists come from
it; all lists when its place in lists changes; everything when categories, collections or attributes change.
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
# More changes at once purge everything: an import, not an editor.
MANY = 300
ALL_LISTS = ""  # what is noted of all lists, and shown of all categories


class CdnInvalidation:
    """Records and reports changes. `cdn`: None without a CDN."""

    def __init__(self, work: ServiceDatabase, catalog: Catalog, cdn: Cdn | None) -> None:
        self._work = work
        self._catalog = catalog
        self._cdn = cdn

    async def note(self, tx: Transaction, product_id: str) -> None:
        """Record that a product changed."""
        if self._cdn is not None:
            await purge_store.note(tx, [product_id])

    async def note_variant(self, tx: Transaction, variant_id: str) -> None:
        """Record that the product of a variant changed."""
        if self._cdn is not None:
            await purge_store.note_variant(tx, variant_id)

    async def note_indexed(self, tx: Transaction, indexed: Sequence[ChangedProduct]) -> None:
        """Record which lists are affected by products the index has updated."""
        if self._cdn is None:
            return
        before = await purge_store.listed_before(tx, [one.product_id for one in indexed])
        now = {one.product_id: ListedProduct(_slug(one), _place(one) + _looks(one)) for one in indexed}
        changed = [one for one, listed in now.items() if before.get(one, ListedProduct()).digest != listed.digest]
        if any(not before.get(one.product_id, ListedProduct()).digest.startswith(_place(one)) for one in indexed):
            changed.append(ALL_LISTS)
        await purge_store.note(tx, changed)
        await purge_store.show(tx, now)

    def timers(self) -> list[ScheduledJob]:
        """The scheduled job, at the interval the CDN allows."""
        return [] if self._cdn is None else [ScheduledJob("search.purge", self._cdn.every, self.purge)]

    async def purge(self) -> None:
        """Report recorded changes. Raises Unavailable; they stay recorded."""
        if self._cdn is None:
            return
        catalog = self._catalog
        arranged = _digest((await catalog.categories(), await catalog.collections(), await catalog.attribute_types()))
        anew = (
            arranged
            != (await purge_store.listed_before(self._work, [ALL_LISTS])).get(ALL_LISTS, ListedProduct()).digest
        )
        noted = await purge_store.noted(self._work, AT_ONCE)
        if not noted and not anew:
            return
        keys = {EVERYTHING} if anew else await self._keys([one.subject for one in noted])
        if keys:
            await self._cdn.purge(keys)
        async with self._work.begin() as tx:
            await purge_store.delete_purges(tx, noted)
            if anew:
                await purge_store.show(tx, {ALL_LISTS: ListedProduct(digest=arranged)})

    async def _keys(self, subjects: Sequence[str]) -> set[str]:
        """Surrogate keys by current and former slugs."""
        if len(subjects) > MANY:
            return {EVERYTHING}
        now = {_slug(one) for one in await store.some(self._work, subjects)}
        before = {one.slug for one in (await purge_store.listed_before(self._work, subjects)).values()}
        return {key_of(slug) for slug in now | before if slug} | ({LISTS} if ALL_LISTS in subjects else set())


def _slug(one: ChangedProduct) -> str:
    return one.entry.slug if one.entry is not None else ""


def _place(one: ChangedProduct) -> str:
    """A digest of what decides which lists the product is in."""
    return _digest(one.entry)


def _looks(one: ChangedProduct) -> str:
    """A digest of what lists show of the product."""
    return _digest(model.card(one.entry, one.offers, one.rating)) if one.entry is not None else ""


def _digest(what: Any) -> str:
    return hashlib.sha256(msgspec.msgpack.encode(what)).hexdigest()
