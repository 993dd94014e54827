"""Recommendations from real orders and product features, each with its reason.

viewed ← ranking          learning
"""

from collections.abc import Mapping, Sequence

from shopwright.kit.caching.memo import Memo
from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.services.catalog.contract import Catalog
from shopwright.services.recommendations import memory_store, store
from shopwright.services.recommendations.contract import Kind, Recommendations, Recommended
from shopwright.services.recommendations.learning import PurchaseLearner
from shopwright.services.recommendations.ranking import Ranking
from shopwright.services.recommendations.viewed import ViewedProducts


class RecommendationService(Recommendations):
    """The operations and event handlers of recommendations."""

    def __init__(self, work: ServiceDatabase, *, catalog: Catalog) -> None:
        self._work = work
        self._memo = Memo(work)
        self._learning = PurchaseLearner(work, catalog)
        self._viewed = ViewedProducts(work, catalog)
        self._ranking = Ranking(work, self._viewed)

    async def has_consent(self, viewer: str) -> bool:
        return await self._viewed.has_consent(viewer)

    async def set_consent(self, viewer: str, *, wanted: bool) -> None:
        await self._viewed.set_consent(viewer, wanted=wanted)

    async def record_view(self, viewer: str, product: str) -> None:
        await self._viewed.record_view(viewer, product)

    async def record_view_counts(self, counts: Mapping[str, int]) -> None:
        await self._viewed.record_view_counts(counts)

    async def assign_views(self, viewer: str, user_id: str) -> None:
        await self._viewed.assign_views(viewer, user_id)

    async def recently_viewed(self, viewer: str, limit: int = 60) -> list[str]:
        return await self._viewed.recently_viewed(viewer, limit)

    async def recommend(
        self, kind: Kind, *, products: Sequence[str] = (), user_id: str | None = None, limit: int = 8
    ) -> list[Recommended]:
        key = (kind, tuple(products), user_id, limit)
        return await self._memo.get(key, lambda: self._ranking.recommend(kind, products, user_id, limit))

    # --- event handlers and jobs

    async def on_paid(self, delivery: Delivery) -> None:
        await self._learning.on_paid(delivery)

    async def on_published(self, delivery: Delivery) -> None:
        await self._learning.on_published(delivery)

    async def on_retired(self, delivery: Delivery) -> None:
        await self._learning.on_retired(delivery)

    async def on_erased(self, delivery: Delivery) -> None:
        """Handle UserErased: delete the customer's purchases and views."""
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await store.forget(tx, delivery.event.user_id)
            await memory_store.forget(tx, delivery.event.user_id)

    async def forget_old(self) -> None:
        await self._viewed.forget_old()
