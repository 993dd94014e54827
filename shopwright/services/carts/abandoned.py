"""Abandoned carts: untouched for some hours."""

from shopwright.kit.clock import to_micros
from shopwright.services.carts import model, store
from shopwright.services.carts.context import CartContext
from shopwright.services.carts.contract import CartAbandoned


class AbandonedCarts:
    """Emits an event for each, once."""

    def __init__(self, context: CartContext) -> None:
        self._work = context.work

    async def emit_abandoned(self) -> None:
        """Scheduled job: emit CartAbandoned for carts untouched for some hours."""
        now = self._work.now()
        since, until = to_micros(now - model.FORSAKEN), to_micros(now - model.ABANDONED)
        for cart_id, customer_id in await store.left_alone(self._work, since, until):
            with self._work.aside.guard("abandoned cart", cart_id):
                count = await store.count(self._work, cart_id)
                async with self._work.begin() as tx:
                    if await store.mark_reminded(tx, cart_id):
                        await tx.emit(CartAbandoned(cart_id=cart_id, customer_id=customer_id, count=count))
