"""Shared context of the parts of this service: database, collaborating services, and carts by id."""

from functools import partial

from shopwright.kit.caching.cached_counter import CachedCounter
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Missing
from shopwright.kit.translation import gettext as _
from shopwright.services.carts import model, store
from shopwright.services.carts.contract import CartClosed
from shopwright.services.catalog.contract import Catalog
from shopwright.services.inventory.contract import Inventory
from shopwright.services.pricing.contract import Price, Pricing


class CartContext:
    """Shared context, given to each part."""

    def __init__(
        self,
        work: ServiceDatabase,
        counts: CachedCounter,
        *,
        catalog: Catalog,
        inventory: Inventory,
        pricing: Pricing,
        currency: str,
    ) -> None:
        self.work = work
        self._counts = counts
        self.catalog = catalog
        self.inventory = inventory
        self.pricing = pricing
        self.currency = currency

    async def count(self, cart_id: str) -> int:
        """Count the items of a cart."""
        return await self._counts.get(cart_id, partial(store.count, self.work, cart_id))

    async def read(self, cart_id: str) -> store.StoredCart:
        """Return the stored cart. Raises Missing."""
        stored = await store.read(self.work, cart_id)
        if stored is None:
            raise Missing(_("There is no such cart."))
        return stored

    async def price(self, stored: store.StoredCart, variant_id: str, more: int) -> Price:
        """Return the price if this many more may be added. Raises Missing, Invalid."""
        wanted = {line.variant_id: line.quantity for line in stored.lines}
        wanted[variant_id] = wanted.get(variant_id, 0) + more
        prices = await self.pricing.prices(list(wanted), self.currency)
        if variant_id not in prices:
            raise Missing(_("This has no price in {currency} yet, so it cannot be bought.", currency=self.currency))
        if more > 0:
            model.check_sum(wanted, prices, variant_id)
        return prices[variant_id]

    @staticmethod
    async def open(tx: Transaction, cart_id: str) -> None:
        """Lock the cart for a change. Raises Missing, CartClosed."""
        row = await store.touch(tx, cart_id)
        if row is None:
            raise Missing(_("There is no such cart."))
        if row["closed"]:
            raise CartClosed(_("This cart has become an order. Start a new one."))

    def count_again(self, tx: Transaction, *cart_ids: str) -> None:
        """Invalidate the item counts of these carts once the transaction commits."""

        async def invalidate(_work: ServiceDatabase) -> None:
            for cart_id in cart_ids:
                await self._counts.changed(cart_id)

        tx.on_commit(invalidate)
