"""Carts of people who are forgotten."""

from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.personal import ERASED
from shopwright.services.carts import store
from shopwright.services.carts.context import CartContext


class CartErasure:
    """Deletes carts."""

    def __init__(self, context: CartContext) -> None:
        self._context = context
        self._work = context.work

    async def on_erased(self, heard: Delivery) -> None:
        """UserErased: their carts go with them, also those they filled without their account, where their address was proved."""
        async with self._work.begin(dedup_key=heard.key) as tx:
            self._context.count_again(tx, *await store.delete_of(tx, heard.event.user_id))
            if heard.event.verified:
                await self._forget_guest(tx, heard.event.email)

    async def on_address_erased(self, heard: Delivery) -> None:
        """AddressErased: what was filled under it without an account."""
        async with self._work.begin(dedup_key=heard.key) as tx:
            await self._forget_guest(tx, heard.event.email)

    async def _forget_guest(self, tx: Transaction, email: str) -> None:
        if email != ERASED:
            ids = await store.of_guest(tx, email)
            await store.delete(tx, ids)
            self._context.count_again(tx, *ids)
