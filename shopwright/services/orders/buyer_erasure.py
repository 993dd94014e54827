"""Erasure of buyers: with their account, at a guest's request, or after a set time.

Orders stay, without their buyer. An order still to be shipped keeps its address until the parcel is shipped; for a paid
order the books retain the buyer under restricted access (`kept_buyers`).
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from shopwright.kit.addresses import email_key
from shopwright.kit.clock import to_micros
from shopwright.kit.data.events import Delivery
from shopwright.kit.data.retention import believed
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Conflict, Unavailable
from shopwright.kit.personal import ERASED
from shopwright.kit.translation import gettext as _
from shopwright.services.orders import erasure_store, find_store, past_store, store
from shopwright.services.orders.contract import Order
from shopwright.services.orders.contract.events import OrderErased
from shopwright.services.orders.retained_buyers import RetainedBuyers
from shopwright.services.users.contract.events import UserErased

AT_ONCE, LOOKED_AT = 20, 500


class BuyerErasure:
    """Erases buyers from orders. `guest_days`: days after which a guest's data is erased; 0: never."""

    def __init__(self, work: ServiceDatabase, kept_buyers: RetainedBuyers, guest_days: int) -> None:
        self._work = work
        self._guest_days = guest_days
        self.kept_buyers = kept_buyers

    async def on_erased(self, delivery: Delivery) -> None:
        """Handle UserErased: erase the account's orders, and guest orders under its verified address."""
        event: UserErased = delivery.event
        names = {event.name, event.email}

        for order_id in await erasure_store.orders_of(self._work, event.user_id):
            await self._forget(order_id, names, lambda order: order.customer_id == event.user_id)
        if event.verified:
            await self._forget_address(event.email, names, delivery.stored.time)
        await self.clear_addresses()

    async def on_address_erased(self, delivery: Delivery) -> None:
        """Handle AddressErased: erase guest orders placed with this address."""
        await self._forget_address(delivery.event.email, {delivery.event.email}, delivery.stored.time)
        await self.clear_addresses()

    async def _forget_address(self, email: str, names: Collection[str], requested_at: datetime) -> None:
        """Erase guest orders of an address, except those claimed by an account or placed after the request."""
        if email == ERASED:
            return

        def meant(order: Order) -> bool:
            is_theirs = order.customer_id is None and email_key(order.email) == email_key(email)
            return is_theirs and order.placed_at <= requested_at

        for order_id in await erasure_store.orders_of_guest(self._work, email):
            await self._forget(order_id, names, meant)

    async def forget_buyer(self, order: Order) -> None:
        """Erase the buyer of an order with neither address nor account, as imports bring them. Raises Conflict."""
        if order.email or order.customer_id:
            raise Conflict(
                _(
                    "This order has an e-mail address or an account: erase that, and all stored data of the person is deleted."
                )
            )
        await self._forget(order.id, (), lambda one: not one.email and one.customer_id is None)
        await self.clear_addresses()

    async def forget_old_guests(self) -> None:
        """Scheduled job: erase guests of old orders. A clock that is ahead erases at most a day early."""
        if not self._guest_days:
            return
        since, before = 0, to_micros(await believed(self._work) - timedelta(days=self._guest_days))
        while some := await erasure_store.old_guests(self._work, since, before, LOOKED_AT):
            for order_id, placed_at in some:
                with self._work.aside.guard("order of guest", order_id):
                    await self._forget(order_id, (), lambda order: order.customer_id is None)
                since = placed_at
            if len(some) < LOOKED_AT:
                return

    async def _forget(self, order_id: str, names: Collection[str], meant: Callable[[Order], bool]) -> None:
        """Erase the buyer of an order if `meant` agrees once the order is locked."""
        async with self._work.begin() as tx:
            order = await store.held(tx, order_id)
            if order is None or not meant(order):
                return
            known = {*names, order.email, order.shipping_address.name} - {""}
            await erasure_store.forget_customer(tx, order_id, sorted(known))
            await find_store.forget(tx, order)
            await past_store.delete_source(tx, order_id)
            await tx.redact(order_id)
            await tx.emit(OrderErased(order_id=order_id))

    async def clear_addresses(self) -> None:
        """Scheduled job: clear addresses that are no longer needed. Raises Unavailable after clearing what it can."""
        after, waits = "", None
        while some := await erasure_store.to_be_cleared(self._work, after, AT_ONCE):
            for after in some:  # one that cannot be now is passed, and met by the next run
                with self._work.aside.guard("address of order", after):
                    waits = await self._clear(after) or waits
        if waits is not None:
            raise waits

    async def _clear(self, order_id: str) -> Unavailable | None:
        """Clear one address. Returns the error if it is unknown for now whether the order was sold."""
        order = await store.read(self._work, order_id)
        if order is None:
            return None
        try:
            sold = await self.kept_buyers.was_sold(order)
        except Unavailable as error:
            return error
        async with self._work.begin() as tx:
            now = await store.held(tx, order_id)
            if sold and now is not None:
                await self.kept_buyers.retain(tx, now)
            await erasure_store.clear_addresses(tx, order_id)
        return None
