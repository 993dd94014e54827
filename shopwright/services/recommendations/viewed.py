"""Recently viewed products, with consent, and anonymous view counts."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Missing
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import Catalog
from shopwright.services.recommendations import memory_store
from shopwright.services.recommendations.contract import ProductsViewed

REMEMBERED = timedelta(days=90)


class ViewedProducts:
    """Views by viewer, customer or guest."""

    def __init__(self, work: ServiceDatabase, catalog: Catalog) -> None:
        self._work = work
        self._catalog = catalog

    async def has_consent(self, viewer: str) -> bool:
        return await memory_store.consent(self._work, viewer)

    async def set_consent(self, viewer: str, *, wanted: bool) -> None:
        async with self._work.begin() as tx:
            if wanted:
                await memory_store.give_consent(tx, viewer)
            else:
                await memory_store.forget(tx, viewer)

    async def record_view(self, viewer: str, product: str) -> None:
        known = await self._catalog.get(product)
        if known.status != "published":
            raise Missing(_("There is no product “{product}”.", product=product))
        async with self._work.begin() as tx:
            if await memory_store.consent(tx, viewer):
                await memory_store.record_view(tx, viewer, known.id)

    async def assign_views(self, viewer: str, user_id: str) -> None:
        async with self._work.begin() as tx:
            if await memory_store.consent(tx, viewer):
                await memory_store.give_consent(tx, user_id)
                await memory_store.move(tx, viewer, user_id)
                await memory_store.forget(tx, viewer)

    async def recently_viewed(self, viewer: str, limit: int = 60) -> list[str]:
        return await memory_store.seen_by(self._work, viewer, limit)

    async def record_view_counts(self, counts: Mapping[str, int]) -> None:
        known: Counter[str] = Counter()
        for slug, count in counts.items():
            try:
                known[(await self._catalog.get(slug)).id] += count
            except Missing:
                continue  # an invented address
        if known:
            async with self._work.begin() as tx:
                await tx.emit(ProductsViewed(day=f"{tx.now:%Y-%m-%d}", counts=dict(known)))

    async def forget_old(self) -> None:
        """Scheduled job: delete old views."""
        async with self._work.begin() as tx:
            await memory_store.forget_before(tx, to_micros(tx.now - REMEMBERED))
