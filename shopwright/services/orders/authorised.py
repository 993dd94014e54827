"""Money that is only set aside at the provider: the goods are kept for it, until someone takes it or lets it go."""

from contextlib import suppress

from shopwright.kit.auth import Caller
from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Conflict, Missing
from shopwright.kit.facts import Heard
from shopwright.kit.work import AlreadyDone
from shopwright.services.orders import holds_store, list_store, model, store
from shopwright.services.orders.contract import PAID, Order
from shopwright.services.orders.past import Past
from shopwright.services.payments.contract import Payment


class Authorised(Past):
    """Capturing by hand."""

    async def settle(self, order_id: str, payment: Payment) -> None:
        if payment.status == "authorized":
            await self._hold(order_id, payment)
        else:
            await super().settle(order_id, payment)

    async def _hold(self, order_id: str, payment: Payment) -> None:
        """The goods are kept as long as the money is; safe to repeat."""
        order = await store.head(self._work, order_id)
        if order is None:
            raise Missing("There is no such order.")
        if order.status != "placed" or order.payment_id not in {None, payment.id}:
            if order.status in {"cancelled", "expired"}:
                await self._payments.void(payment.id)  # it was opened while the order was given up
            return
        until = payment.created_at + model.AUTHORISED
        async with self._work.begin() as tx:
            await store.set_payment(tx, order_id, payment.id)
            await list_store.set_authorised(tx, order_id, authorised=True)
            await holds_store.let_go(tx, order_id)  # there is money behind it
            if await store.wait_until(tx, order_id, to_micros(until)):
                await self._note(tx, order_id, "Payment authorised: the money is set aside", "payments")
        await self._inventory.keep(order_id, until + model.GRACE)
        await self._giftcards.keep(order, until + model.GRACE)
        await self._close_cart(order)

    async def hear_authorized(self, heard: Heard) -> None:
        """PaymentAuthorized: the same end as the browser's return."""
        await self.settle(heard.event.order_id, await self._payments.get(heard.event.payment_id))

    async def capture(self, order_id: str, who: Caller) -> Order:
        order = await store.head(self._work, order_id)
        if order is None:
            raise Missing("There is no such order.")
        if order.status in PAID:
            return await self.get(order_id)
        payment = await self._payments.get(order.payment_id) if order.payment_id else None
        if order.status != "placed" or payment is None or payment.status not in {"authorized", "captured"}:
            raise Conflict(f"This order is {order.status}; there is no money set aside for it that could be taken.")
        captured = await self._payments.capture(payment.id)
        if captured.status != "captured":
            raise Conflict(f"The provider did not give the money: {captured.reason or captured.status}.")
        with suppress(AlreadyDone):  # by someone else, a moment ago
            async with self._work.begin(once=f"captured/{payment.id}") as tx:
                await self._note(tx, order_id, "The money is taken", who.signature)
        await self.settle(order_id, captured)
        return await self.get(order_id)
