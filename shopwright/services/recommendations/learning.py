"""Learning from orders and products."""

from collections.abc import Sequence

from shopwright.kit.clock import to_micros
from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Missing
from shopwright.services.catalog.contract import Catalog
from shopwright.services.recommendations import model, store

DAY = 86_400_000_000
MOST_IN_ORDER = 50


class PurchaseLearner:
    """Counts co-purchases and stores product features."""

    def __init__(self, work: ServiceDatabase, catalog: Catalog) -> None:
        self._work = work
        self._catalog = catalog

    async def on_paid(self, delivery: Delivery) -> None:
        """Handle OrderPaid: count the products bought together."""
        products = sorted({line.product_id for line in delivery.event.lines})[:MOST_IN_ORDER]
        async with self._work.begin(dedup_key=delivery.key) as tx:
            time = getattr(
                delivery.event, "placed_at", delivery.stored.time
            )  # one of an earlier shop counts when it was placed
            await self._count(tx, products, to_micros(time), delivery.event.customer_id)

    @staticmethod
    async def _count(tx: Transaction, products: Sequence[str], time: int, user_id: str | None) -> None:
        for product_id in products:
            await store.count_sold(tx, product_id, time // DAY)
            if user_id:
                await store.add_bought(tx, user_id, product_id, time)
            for other in products:
                if other != product_id:
                    await store.count_pair(tx, product_id, other)

    async def on_published(self, delivery: Delivery) -> None:
        """Handle ProductPublished: store the product's features."""
        try:
            product = await self._catalog.get(delivery.event.product_id)
        except Missing:
            return
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await store.set_features(tx, product.id, model.features(product))

    async def on_retired(self, delivery: Delivery) -> None:
        """Handle ProductRetired: delete the product's features."""
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await store.set_features(tx, delivery.event.product_id, [])
