"""Order lists and search, for customers and staff."""

from contextlib import suppress

from shopwright.kit.errors import Unavailable
from shopwright.services.orders import erasure_store, find_store, list_store, model, store
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import Order, OrderFilter, OrderSummary


class OrderSearch:
    """Finds and counts orders."""

    def __init__(self, context: OrderContext) -> None:
        self._context = context
        self._work = context.work

    async def search(
        self, *, customer_id: str = "", status: str = "", text: str = "", after: str = "", limit: int = 24
    ) -> list[OrderSummary]:
        return await find_store.search(
            self._work,
            customer_id=customer_id,
            status=status,
            text=text,
            paid_by=await self._paid_by(text.strip()),
            after=after,
            limit=limit,
        )

    async def _paid_by(self, name: str) -> list[str]:
        """Return orders whose payment has this id, ours or the provider's; none while payments are unavailable."""
        if not model.may_name_a_payment(name):
            return []
        with suppress(Unavailable):
            return await self._context.payments.orders_of(name)
        return []

    async def count(self, status: OrderFilter) -> int:
        return await list_store.count(self._work, status)

    async def claim_guest_orders(self, cart_id: str, customer_id: str) -> list[Order]:
        async with self._work.begin() as tx:
            taken = await store.claim_guest_orders(tx, cart_id, customer_id)
        return [await self._context.get(order_id) for order_id in taken]

    async def has_bought(self, customer_id: str, product_id: str) -> bool:
        return await store.has_bought(self._work, customer_id, product_id)

    async def of_guest(self, email: str) -> list[Order]:
        return [await self._context.get(one) for one in await erasure_store.orders_of_guest(self._work, email)]
