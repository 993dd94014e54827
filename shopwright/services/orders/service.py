"""Orders, from a cart to a paid order and beyond. Each operation is one line; the parts do the work.

context ← repayment ← closing ← settlement ← checkout, cancellation, manual_capture
context ← refunds ← payment_changes
context ← fulfilment, guest_access, order_import, order_search
"""

from collections.abc import Callable
from typing import Any

from shopwright.kit.auth import GUEST, Caller
from shopwright.kit.data.events import Delivery
from shopwright.services.giftcards.contract import BoughtGiftCard
from shopwright.services.orders.backfill import Backfill
from shopwright.services.orders.buyer_erasure import BuyerErasure
from shopwright.services.orders.cancellation import Cancellation
from shopwright.services.orders.checkout import Checkout
from shopwright.services.orders.closing import OrderClosing
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import (
    GuestProof,
    NewRefund,
    NewShipment,
    Order,
    OrderFilter,
    Orders,
    OrderSource,
    OrderSummary,
    PaymentChoice,
    PlaceOrder,
    RetainedBuyer,
)
from shopwright.services.orders.contract.past import PastOrder
from shopwright.services.orders.fulfilment import Fulfilment
from shopwright.services.orders.guest_access import GuestAccess
from shopwright.services.orders.links import OrderLinks
from shopwright.services.orders.manual_capture import ManualCapture
from shopwright.services.orders.order_import import OrderImport
from shopwright.services.orders.order_search import OrderSearch
from shopwright.services.orders.order_sources import OrderSources
from shopwright.services.orders.payment_changes import PaymentChanges
from shopwright.services.orders.refunds import Refunds
from shopwright.services.orders.repayment import Repayment
from shopwright.services.orders.settlement import Settlement
from shopwright.services.orders.tax_corrections import TaxCorrections
from shopwright.services.orders.unpaid_limits import UnpaidLimits


class OrderService(Orders):
    """Operations, event handlers and jobs of orders. `chosen`: the class of each part, which a test may replace."""

    def __init__(
        self,
        context: OrderContext,
        holds: UnpaidLimits,
        *,
        links: OrderLinks,
        forgetting: BuyerErasure,
        sources: OrderSources,
        chosen: Callable[[type[Any]], type[Any]],
    ) -> None:
        self._context = context
        self.forgetting = forgetting
        self._sources = sources
        self.tax_corrections = TaxCorrections(context.work, context.pricing)
        self._repayment: Repayment = chosen(Repayment)(context)
        self._closing: OrderClosing = chosen(OrderClosing)(context, self._repayment)
        self._settlement: Settlement = chosen(Settlement)(context, self._repayment, self._closing)
        self._checkout: Checkout = chosen(Checkout)(context, holds, self._repayment, self._closing, self._settlement)
        self._cancellation: Cancellation = chosen(Cancellation)(
            context, self._repayment, self._closing, self._settlement
        )
        self._manual_capture = ManualCapture(context, self._settlement)
        self._refunds: Refunds = chosen(Refunds)(context)
        self._payment_changes = PaymentChanges(context, self._refunds)
        self._fulfilment = Fulfilment(context, self.tax_corrections)
        self._guest_access = GuestAccess(context, links)
        self._order_import = OrderImport(context, sources)
        self._order_search = OrderSearch(context)
        self._backfill = Backfill(context.work)

    async def capture(self, order_id: str, who: Caller) -> Order:
        return await self._manual_capture.capture(order_id, who)

    async def import_order(self, past: PastOrder) -> tuple[str, bool]:
        return await self._order_import.import_order(past)

    async def place(self, request: PlaceOrder, key: str, who: Caller) -> Order:
        return await self._checkout.place(request, key, who)

    async def pay(self, order_id: str, choice: PaymentChoice, who: Caller = GUEST) -> Order:
        return await self._checkout.pay(order_id, choice, who)

    async def payment_returned(self, order_id: str) -> Order:
        return await self._checkout.payment_returned(order_id)

    async def get(self, order_id: str) -> Order:
        return await self._context.get(order_id)

    async def link_key(self, order_id: str) -> str:
        return await self._guest_access.link_key(order_id)

    async def for_guest(
        self, order_id: str, proof: GuestProof, address: str = "", *, change: bool = False, by_number: bool = False
    ) -> Order:
        return await self._guest_access.for_guest(order_id, proof, address, change=change, by_number=by_number)

    async def search(
        self, *, customer_id: str = "", status: str = "", text: str = "", after: str = "", limit: int = 24
    ) -> list[OrderSummary]:
        return await self._order_search.search(
            customer_id=customer_id, status=status, text=text, after=after, limit=limit
        )

    async def of_guest(self, email: str) -> list[Order]:
        return await self._order_search.of_guest(email)

    async def count(self, status: OrderFilter) -> int:
        return await self._order_search.count(status)

    async def ship(self, order_id: str, shipment: NewShipment, who: Caller) -> Order:
        return await self._fulfilment.ship(order_id, shipment, who)

    async def deliver(self, order_id: str, who: Caller) -> Order:
        return await self._fulfilment.deliver(order_id, who)

    async def cancel(self, order_id: str, reason: str, who: Caller) -> Order:
        return await self._cancellation.cancel(order_id, reason, who)

    async def refund(self, order_id: str, refund: NewRefund, key: str, who: Caller) -> Order:
        return await self._refunds.refund(order_id, refund, key, who)

    async def cancel_refund(self, order_id: str, refund_id: str, reason: str, who: Caller) -> Order:
        return await self._refunds.cancel_refund(order_id, refund_id, reason, who)

    async def bought_gift_cards(self, order_id: str) -> list[BoughtGiftCard]:
        return await self._context.giftcards.bought(await self._context.get(order_id))

    async def send_gift_card(self, order_id: str, card_id: str, who: Caller) -> list[BoughtGiftCard]:
        return await self._fulfilment.send_gift_card(order_id, card_id, who)

    async def retained_buyer(self, order_id: str) -> RetainedBuyer:
        return await self.forgetting.kept_buyers.get((await self._context.get(order_id)).id)

    async def forget_buyer(self, order_id: str) -> None:
        await self.forgetting.forget_buyer(await self._context.get(order_id))

    async def source(self, order_id: str) -> OrderSource:
        return await self._sources.get((await self._context.get(order_id)).id)

    async def claim_guest_orders(self, cart_id: str, customer_id: str) -> list[Order]:
        return await self._order_search.claim_guest_orders(cart_id, customer_id)

    async def has_bought(self, customer_id: str, product_id: str) -> bool:
        return await self._order_search.has_bought(customer_id, product_id)

    # --- event handlers

    async def on_captured(self, delivery: Delivery) -> None:
        await self._settlement.on_captured(delivery)

    async def on_authorized(self, delivery: Delivery) -> None:
        await self._settlement.on_authorized(delivery)

    async def on_failed(self, delivery: Delivery) -> None:
        await self._settlement.on_failed(delivery)

    async def on_order_closed(self, delivery: Delivery) -> None:
        await self._closing.on_order_closed(delivery)

    async def on_refund_settled(self, delivery: Delivery) -> None:
        await self._payment_changes.on_refund_settled(delivery)

    async def on_refund_refused(self, delivery: Delivery) -> None:
        await self._refunds.on_refund_refused(delivery)

    async def on_disputed(self, delivery: Delivery) -> None:
        await self._payment_changes.on_disputed(delivery)

    async def on_verified(self, delivery: Delivery) -> None:
        await self._guest_access.on_verified(delivery)

    async def on_erased(self, delivery: Delivery) -> None:
        """Handle UserErased."""
        await self.forgetting.on_erased(delivery)

    async def on_address_erased(self, delivery: Delivery) -> None:
        """Handle AddressErased."""
        await self.forgetting.on_address_erased(delivery)

    # --- jobs

    async def expire_unpaid(self) -> None:
        await self._settlement.expire_unpaid()

    async def forget_unfinished(self) -> None:
        await self._checkout.forget_unfinished()

    async def forget_guesses(self) -> None:
        await self._guest_access.forget_guesses()

    async def finish_refunds(self) -> None:
        await self._refunds.finish_refunds()

    async def finish_cancelling(self) -> None:
        await self._cancellation.finish_cancelling()

    async def write_terms(self) -> None:
        await self._backfill.write_terms()

    async def write_taxes(self) -> None:
        await self._backfill.write_taxes()

    async def protect(self, *, anew: bool = False) -> int:
        """Encrypt retained buyers and imported rows; see `RetainedBuyers.protect`."""
        return await self.forgetting.kept_buyers.protect(anew=anew) + await self._sources.protect(anew=anew)
