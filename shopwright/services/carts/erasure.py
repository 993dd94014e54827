"""Erasure of carts."""

from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.personal import ERASED
from shopwright.services.carts import store
from shopwright.services.carts.context import CartContext


class CartErasure:
    """Deletes carts of erased people."""

    def __init__(self, context: CartContext) -> None:
        self._context = context
        self._work = context.work

    async def on_erased(self, delivery: Delivery) -> None:
        """Handle UserErased: delete their carts, and guest carts under a verified address."""
        async with self._work.begin(dedup_key=delivery.key) as tx:
            self._context.count_again(tx, *await store.delete_of(tx, delivery.event.user_id))
            if delivery.event.verified:
                await self._forget_guest(tx, delivery.event.email)

    async def on_address_erased(self, delivery: Delivery) -> None:
        """Handle AddressErased: delete guest carts with this address."""
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await self._forget_guest(tx, delivery.event.email)

    async def _forget_guest(self, tx: Transaction, email: str) -> None:
        if email != ERASED:
            ids = await store.of_guest(tx, email)
            await store.delete(tx, ids)
            self._context.count_again(tx, *ids)
