"""Recommendations: counted from real orders and from what products have in common; each says why it is there."""

from collections.abc import Sequence

from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Missing
from shopwright.kit.facts import Heard
from shopwright.kit.memo import Memo
from shopwright.kit.work import Transaction, Work
from shopwright.services.catalog.contract import Catalog
from shopwright.services.recommendations import model, store
from shopwright.services.recommendations.contract import Recommended

DAY = 86_400_000_000
TREND_DAYS = 30
MOST_IN_ORDER = 50
HISTORY = 20


class Adviser:
    """What is learned from orders and products; `memory.py` has the rest of `contract.Recommendations`."""

    def __init__(self, work: Work, *, catalog: Catalog) -> None:
        self._work = work
        self._catalog = catalog
        self._memo = Memo(work)

    async def _together(
        self, products: Sequence[str], without: Sequence[str], limit: int, reason: str
    ) -> list[Recommended]:
        scores: dict[str, float] = {}
        for product_id in products:
            for other, together, own, others in await store.pairs(self._work.late, product_id):
                scores[other] = scores.get(other, 0.0) + model.score_pair(together, own, others)
        return [Recommended(one, reason) for one in model.rank(scores, without, limit)]

    async def _similar(self, products: Sequence[str], limit: int) -> list[Recommended]:
        scores: dict[str, float] = {}
        for product_id in products:
            for other, feature, having in await store.sharing(self._work.late, product_id):
                scores[other] = scores.get(other, 0.0) + model.weight(feature, having)
        return [Recommended(one, "Similar to this") for one in model.rank(scores, products, limit)]

    async def _trending(self, without: Sequence[str], limit: int) -> list[Recommended]:
        today = to_micros(self._work.now()) // DAY
        found = await store.trending(self._work.late, today - TREND_DAYS, limit + len(without))
        return [Recommended(one, f"Popular in the last {TREND_DAYS} days") for one in found if one not in without][
            :limit
        ]

    async def hear_paid(self, heard: Heard) -> None:
        """OrderPaid: one more basket."""
        products = sorted({line.product_id for line in heard.event.lines})[:MOST_IN_ORDER]
        async with self._work.begin(once=heard.key) as tx:
            time = getattr(
                heard.event, "placed_at", heard.fact.time
            )  # one of an earlier shop counts when it was placed
            await self._count(tx, products, to_micros(time), heard.event.customer_id)

    @staticmethod
    async def _count(tx: Transaction, products: Sequence[str], time: int, user_id: str | None) -> None:
        for product_id in products:
            await store.count_sold(tx, product_id, time // DAY)
            if user_id:
                await store.add_bought(tx, user_id, product_id, time)
            for other in products:
                if other != product_id:
                    await store.count_pair(tx, product_id, other)

    async def hear_published(self, heard: Heard) -> None:
        """ProductPublished: what it is like now."""
        try:
            product = await self._catalog.get(heard.event.product_id)
        except Missing:
            return
        async with self._work.begin(once=heard.key) as tx:
            await store.set_features(tx, product.id, model.features(product))

    async def hear_retired(self, heard: Heard) -> None:
        """ProductRetired: it is like nothing any more."""
        async with self._work.begin(once=heard.key) as tx:
            await store.set_features(tx, heard.event.product_id, [])
