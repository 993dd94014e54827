"""Shared context of the parts of this service: database, collaborating services, and access to one order."""

import msgspec

from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Conflict, Missing
from shopwright.kit.translation import gettext as _
from shopwright.services.carts.contract import Carts
from shopwright.services.inventory.contract import Inventory
from shopwright.services.orders import cancel_store, refund_rules, store
from shopwright.services.orders.contract import Order
from shopwright.services.orders.gift_cards import GiftCardPayments
from shopwright.services.orders.sales import Sales
from shopwright.services.payments.contract import Payments
from shopwright.services.pricing.contract import Pricing


class OrderContext:
    """Shared context, given to each part."""

    def __init__(
        self,
        work: ServiceDatabase,
        *,
        carts: Carts,
        inventory: Inventory,
        pricing: Pricing,
        payments: Payments,
        giftcards: GiftCardPayments,
    ) -> None:
        self.work = work
        self.carts = carts
        self.inventory = inventory
        self.pricing = pricing
        self.payments = payments
        self.giftcards = giftcards
        self.sales = Sales(work, pricing)

    async def get(self, order_id: str) -> Order:
        """Return an order with its payment and sale context. Raises Missing."""
        order = await store.read(self.work, order_id)
        if order is None:
            raise Missing(_("There is no such order."))
        head = await store.head(self.work, order.id)
        sale = await self.sales.of(head) if head is not None else None
        order = msgspec.structs.replace(order, cart_id="", sale=sale)
        if head is None or head.payment_id is None:
            return order
        if order.status in {"cancelled", "expired"}:
            all_of_it = await self.payments.of_order(order.id)
            payment = next((one for one in all_of_it if one.id == head.payment_id), None)
            return msgspec.structs.replace(order, payment=payment, owed=refund_rules.owed(order, all_of_it))
        return msgspec.structs.replace(order, payment=await self.payments.get(head.payment_id))

    @staticmethod
    async def locked(tx: Transaction, order_id: str) -> Order:
        """Return the order, locked until the transaction ends. Raises Missing."""
        order = await store.held(tx, order_id)
        if order is None:
            raise Missing(_("There is no such order."))
        return order

    async def add_history(self, tx: Transaction, order_id: str, what: str, who: str) -> None:
        """Add an entry to the history that buyer and staff read."""
        await store.insert_history(tx, self.work.ids.new("tml"), order_id, what, who)

    @staticmethod
    async def not_being_cancelled(tx: Transaction, order_id: str) -> None:
        """Raise Conflict if a cancellation of the order is in progress."""
        if await cancel_store.cancelling_of(tx, order_id) is not None:
            raise Conflict(_("This order is being cancelled. Reload it in a moment."))
