"""Settlement: webhook, browser return and our own look-ups all lead to `settle`, which makes an order paid."""

from collections import Counter
from collections.abc import Mapping

from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import to_micros
from shopwright.kit.data.events import Delivery
from shopwright.kit.errors import Missing, ShopError, Unavailable
from shopwright.kit.translation import gettext as _
from shopwright.services.carts.contract import PaidUnits
from shopwright.services.giftcards.contract import GiftCardRefused
from shopwright.services.inventory.contract import SoldOut, VariantQuantity
from shopwright.services.orders import list_store, model, placement_store, store, unpaid_store
from shopwright.services.orders.closing import OrderClosing
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import PAID, Status
from shopwright.services.orders.contract.events import OrderPaid
from shopwright.services.orders.contract.gift_cards import has_cards, paid_by_cards
from shopwright.services.orders.repayment import Repayment
from shopwright.services.payments.contract import Payment
from shopwright.services.pricing.contract import CouponRefused

UNPAID: frozenset[Status] = frozenset({"placed", "expired"})
# What an order that is paid late may no longer find.
TOO_LATE: Mapping[type[ShopError], str] = {
    SoldOut: "the goods were sold to others",
    CouponRefused: "its coupon was used by others",
    GiftCardRefused: "its gift card was spent, or had ended",
}


class Settlement:
    """Applies payments to orders, and expires orders that are never paid."""

    def __init__(self, context: OrderContext, repayment: Repayment, closing: OrderClosing) -> None:
        self._context = context
        self._repayment = repayment
        self._closing = closing
        self._work = context.work

    async def settle(self, order_id: str, payment: Payment) -> None:
        """Apply the state of a payment to its order. Safe to repeat, in any order."""
        if payment.status == "authorized":
            await self._keep_goods(order_id, payment)
            return
        order = await store.head(self._work, order_id)
        if order is None:
            raise Missing(_("There is no such order."))
        known = order.status in PAID and order.payment_id == payment.id
        if payment.status != "captured" and not known:
            if order.payment_id != payment.id and order.status == "placed":
                async with self._work.begin() as tx:
                    await store.set_payment(tx, order_id, payment.id)
            elif order.status == "cancelled":
                await self._repayment.end_payments(order_id)  # it was opened while the order was given up
            return
        if order.status not in PAID:
            # Goods are only reserved before the order is paid and only taken afterwards, so a cancellation or expiry in
            # between releases a reservation and never touches goods already taken.
            if (
                order.status == "cancelled"
                or not await self._reserve(order_id)
                or not await self._mark_paid(order_id, payment)
            ):
                await self._context.inventory.release_reservation(
                    order_id
                )  # also goods reserved above, after the order was closed
                await self._context.giftcards.release(order_id)
                await self._repayment.refund_all(payment, await self._context.get(order_id))
                return
            order = await store.head(self._work, order_id) or order
        if order.payment_id != payment.id:
            await self._repayment.refund_all(payment, await self._context.get(order_id))  # it was paid for twice
            return
        try:
            await self.take_goods(order)
        except (SoldOut, GiftCardRefused) as error:  # this process was suspended until the reservation expired
            what = "The goods were sold to others" if isinstance(error, SoldOut) else "The gift card was spent"
            reason = f"{what} while the payment was written down; it is refunded."
            await self._closing.close_order(order.id, reason, SYSTEM, "cancelled", only=frozenset({"paid"}))
            return
        await self.issue_gift_cards(order.id)
        await self._close_cart(order)

    async def _keep_goods(self, order_id: str, payment: Payment) -> None:
        """Keep the goods reserved for as long as the authorisation lasts. Safe to repeat."""
        order = await store.head(self._work, order_id)
        if order is None:
            raise Missing(_("There is no such order."))
        if order.status != "placed" or order.payment_id not in {None, payment.id}:
            if order.status in {"cancelled", "expired"}:
                await self._context.payments.void(payment.id)  # it was opened while the order was given up
            return
        until = payment.created_at + model.AUTHORISED
        async with self._work.begin() as tx:
            await store.set_payment(tx, order_id, payment.id)
            await list_store.set_authorised(tx, order_id, authorised=True)
            await unpaid_store.let_go(tx, order_id)  # there is money behind it
            if await store.wait_until(tx, order_id, to_micros(until)):
                await self._context.add_history(tx, order_id, "Payment authorised", "payments")
        await self._context.inventory.extend_reservation(order_id, until + model.GRACE)
        await self._context.giftcards.extend_hold(order, until + model.GRACE)
        await self._close_cart(order)

    async def _reserve(self, order_id: str) -> bool:
        """Reserve the goods, again if the reservation expired. Returns False if they are sold out: the order is closed."""
        full_order = await self._context.get(order_id)
        wanted = [VariantQuantity(line.variant_id, line.quantity) for line in full_order.lines]
        try:
            await self._context.inventory.reserve(order_id, wanted, self._work.now() + model.GRACE)
            await self._context.giftcards.hold(order_id, full_order.gift_cards)
            if full_order.status == "expired":
                names = model.known_as(full_order.customer_id, full_order.email)
                await self._context.pricing.redeem(order_id, full_order.coupons, names[0], names[1:])
        except (SoldOut, CouponRefused, GiftCardRefused) as error:
            reason = f"The payment came after {TOO_LATE[type(error)]}; it is refunded."
            await self._closing.close_order(order_id, reason, SYSTEM, "cancelled", only=UNPAID)
            return False
        return True

    async def take_goods(self, order: store.OrderHead) -> None:
        """Redeem gift cards and take goods for a paid order, once. Raises GiftCardRefused, SoldOut."""
        await self._context.giftcards.redeem(order)
        if await self._context.inventory.commit_reservation(order.id) == "expired":
            full_order = await self._context.get(order.id)
            wanted = [VariantQuantity(line.variant_id, line.quantity) for line in full_order.lines]
            await self._context.inventory.reserve(order.id, wanted, self._work.now() + model.GRACE)
            await self._context.inventory.commit_reservation(order.id)

    async def issue_gift_cards(self, order_id: str) -> None:
        """Make the gift cards an order buys; if it buys nothing else, it is delivered."""
        order = await store.read(self._work, order_id)
        if order is None or not has_cards(order):
            return
        await self._context.giftcards.issue(order)
        async with self._work.begin() as tx:
            order = await self._context.locked(tx, order_id)
            if order.status == "paid" and all(line.is_gift_card for line in order.lines):
                await store.move(tx, order_id, model.STATES.move(order.status, "delivered"))
                await self._context.add_history(tx, order_id, "Gift cards issued", SYSTEM.name)

    async def _mark_paid(self, order_id: str, payment: Payment) -> bool:
        """Mark a placed or expired order as paid, once. Returns False if it was closed."""
        async with self._work.begin() as tx:
            order = await store.lock(tx, order_id)
            full_order = await store.read(tx, order_id)
            if order is None or full_order is None or order.status == "cancelled":
                return False
            if order.status in PAID:
                return True
            await store.move(tx, order_id, model.STATES.move(order.status, "paid"))
            await unpaid_store.let_go(tx, order_id)
            await store.set_payment(tx, order_id, payment.id)
            await self._context.add_history(tx, order_id, "Payment received", SYSTEM.name)
            await tx.emit(
                OrderPaid(
                    order_id=order_id,
                    number=full_order.number,
                    email=full_order.email,
                    customer_id=full_order.customer_id,
                    name=full_order.shipping_address.name,
                    total=full_order.totals.total,
                    lines=model.to_sold_lines(full_order),
                    payment_id=payment.id,
                    by_gift_cards=paid_by_cards(full_order),
                    to_ship=not all(line.is_gift_card for line in full_order.lines),
                )
            )
        return True

    async def _close_cart(self, order: store.OrderHead) -> None:
        """Close the cart; items added since the order was placed move to an open cart."""
        units = Counter[str]()
        for variant_id, quantity in await placement_store.units(self._work, order.id):
            units[variant_id] += quantity
        await self._context.carts.close(order.cart_id, PaidUnits(order_id=order.id, units=units))

    # --- event handlers and jobs

    async def on_captured(self, delivery: Delivery) -> None:
        """Handle PaymentCaptured, like the browser's return."""
        await self.settle(delivery.event.order_id, await self._context.payments.get(delivery.event.payment_id))

    async def on_failed(self, delivery: Delivery) -> None:
        """Handle PaymentFailed: note it; the buyer may retry until the order expires."""
        order = await store.head(self._work, delivery.event.order_id)
        if order is None or order.status != "placed":
            return
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await self._context.add_history(tx, order.id, f"Payment failed: {delivery.event.reason}", SYSTEM.name)
            if order.payment_id == delivery.event.payment_id:  # also an authorisation that was voided after days
                await list_store.set_authorised(tx, order.id, authorised=False)
                await store.wait_no_longer(tx, order.id, to_micros(tx.now + model.TIME_TO_PAY))

    async def on_authorized(self, delivery: Delivery) -> None:
        """Handle PaymentAuthorized, like the browser's return."""
        await self.settle(delivery.event.order_id, await self._context.payments.get(delivery.event.payment_id))

    async def expire_unpaid(self) -> None:
        """Scheduled job: expire unpaid orders and release their goods; settle those whose payment is arriving."""
        for order_id in await store.overdue(self._work, to_micros(self._work.now())):
            with self._work.aside.guard("unpaid order", order_id):
                await self._end_unpaid(order_id)

    async def _end_unpaid(self, order_id: str) -> None:
        try:
            captured = await self._repayment.end_payments(order_id)
        except Unavailable:
            return  # the outcome is unknown: ask again at the next run
        if captured is not None:
            await self.settle(order_id, captured)
        else:
            await self._closing.close_order(
                order_id, "It was not paid in time.", SYSTEM, "expired", only=frozenset({"placed"})
            )
