"""Ranking of recommendations, with reasons."""

from collections.abc import Sequence

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.translation import gettext as _
from shopwright.services.recommendations import model, store
from shopwright.services.recommendations.contract import Kind, Recommended
from shopwright.services.recommendations.learning import DAY
from shopwright.services.recommendations.viewed import ViewedProducts

TREND_DAYS = 30
HISTORY = 20


class Ranking:
    """Ranks products by what was learned."""

    def __init__(self, work: ServiceDatabase, viewed: ViewedProducts) -> None:
        self._work = work
        self._viewed = viewed

    async def recommend(
        self, kind: Kind, products: Sequence[str], user_id: str | None, limit: int
    ) -> list[Recommended]:
        if kind == "bought_together":
            return await self._together(products, products, limit, _("Often bought together with this"))
        if kind == "similar":
            return await self._similar(products, limit)
        if kind == "trending":
            return await self._trending(products, limit)
        if not user_id:
            return []
        if kind == "for_you":
            return await self._for_you(user_id, products, limit)
        found = await self._viewed.recently_viewed(user_id, limit + len(products))
        return [Recommended(one, _("You looked at this")) for one in found if one not in products][:limit]

    async def _for_you(self, user_id: str, without: Sequence[str], limit: int) -> list[Recommended]:
        """Products bought with the customer's purchases first, then ones similar to those viewed."""
        bought = await store.bought_by(self._work, user_id, HISTORY)
        known = [*bought, *without]
        found = await self._together(bought, known, limit, _("Bought by people who bought what you did"))
        if len(found) < limit:
            viewed = [one for one in await self._viewed.recently_viewed(user_id, HISTORY) if one not in bought]
            taken = {one.product_id for one in found} | set(known)
            like = await self._similar(viewed, limit + len(taken))
            found += [
                Recommended(one.product_id, _("Similar to products you viewed"))
                for one in like
                if one.product_id not in taken
            ]
        return found[:limit]

    async def _together(
        self, products: Sequence[str], without: Sequence[str], limit: int, reason: str
    ) -> list[Recommended]:
        scores: dict[str, float] = {}
        for product_id in products:
            for other, together, own, others in await store.pairs(self._work.replica, product_id):
                scores[other] = scores.get(other, 0.0) + model.score_pair(together, own, others)
        return [Recommended(one, reason) for one in model.rank(scores, without, limit)]

    async def _similar(self, products: Sequence[str], limit: int) -> list[Recommended]:
        scores: dict[str, float] = {}
        for product_id in products:
            for other, feature, having in await store.sharing(self._work.replica, product_id):
                scores[other] = scores.get(other, 0.0) + model.weight(feature, having)
        return [Recommended(one, _("Similar to this")) for one in model.rank(scores, products, limit)]

    async def _trending(self, without: Sequence[str], limit: int) -> list[Recommended]:
        today = to_micros(self._work.now()) // DAY
        found = await store.trending(self._work.replica, today - TREND_DAYS, limit + len(without))
        return [
            Recommended(one, _("Popular in the last {trend_days} days", trend_days=TREND_DAYS))
            for one in found
            if one not in without
        ][:limit]
