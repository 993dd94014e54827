"""Shops that are broken on purpose, each by one defect: the simulator must find them."""

from collections.abc import Mapping
from datetime import datetime

from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.clock import to_micros
from shopwright.kit.data.events import Delivery
from shopwright.kit.money import Money
from shopwright.services.insights import sales_store
from shopwright.services.insights.service import AnalyticsService
from shopwright.services.inventory import store as stock
from shopwright.services.inventory.adjustments import Adjustments
from shopwright.services.inventory.backorders import Backorders
from shopwright.services.inventory.contract import Adjustment
from shopwright.services.inventory.reservations import Reservations
from shopwright.services.notifications import model as message_model
from shopwright.services.notifications.event_messages import EventMessages
from shopwright.services.orders import store
from shopwright.services.orders.checkout import Checkout
from shopwright.services.orders.closing import OrderClosing
from shopwright.services.orders.contract import PAID, NewRefund, Order, PlaceOrder
from shopwright.services.orders.contract.events import OrderPaid
from shopwright.services.orders.refunds import Refunds
from shopwright.services.orders.repayment import Repayment
from shopwright.services.orders.settlement import Settlement
from shopwright.services.payments import model as payment_model
from shopwright.services.payments import store as ledger
from shopwright.services.payments.contract import Payment
from shopwright.services.payments.service import PaymentService
from shopwright.services.pricing.service import PricingService
from shopwright.services.search.service import SearchService


class ReservesPartially(Reservations):
    """A reservation that may be partial."""

    async def reserve(self, order_id: str, lines, expires_at: datetime) -> None:
        async with self._work.begin() as tx:
            if not await stock.open_reservation(tx, order_id, to_micros(expires_at)):
                return
            before = await stock.read(tx, sorted({line.variant_id for line in lines}))
            for line in lines:
                await stock.reserve(tx, order_id, line)
            await self._context.emit_changes(tx, before)


class ReleasesNothing(Reservations):
    """Released stock stays reserved."""

    async def release_reservation(self, order_id: str) -> None:
        async with self._work.begin() as tx:
            await stock.close_reservation(tx, order_id, stock.RELEASED)


class ExceedsBackorderCap(Reservations):
    """A cap on backorders without a lock: it is read, then exceeded."""

    async def _reserve_units(self, tx, order_id: str, wanted) -> bool:
        if await super()._reserve_units(tx, order_id, wanted):
            return True
        await stock.keep_line(tx, order_id, wanted, stock.ON_BACKORDER)
        return True


class ForgetsBackorders(Backorders):
    """Goods arrive, and backorders get none."""

    async def goods_came(self, *_: object) -> None:
        return


class LosesUpdates(Adjustments):
    """A lost update: the count is read before the transaction that writes it."""

    async def adjust(self, adjustments, key: str = ""):
        fixed = []
        for one in adjustments:
            seen = (await stock.read(self._work, [one.variant_id]))[one.variant_id].on_hand
            fixed.append(Adjustment(variant_id=one.variant_id, on_hand=seen + (one.delta or 0), reason=one.reason))
        return await super().adjust(fixed, key)


class IgnoresAdjustmentKeys(Adjustments):
    """A key that is ignored: a repeated request books again."""

    async def adjust(self, adjustments, key: str = ""):
        return await super().adjust(adjustments)


class CommitsWithoutMovement(Reservations):
    """Goods that leave without a movement."""

    async def commit_reservation(self, order_id: str):
        async with self._work.begin() as tx:
            if not await stock.close_reservation(tx, order_id, stock.TAKEN):
                return "taken" if await stock.reservation_state(tx, order_id) == stock.TAKEN else "expired"
            await stock.delete_lines(tx, order_id, leaves_shelf=True)
        return "taken"


class NumbersOutsideTransaction(Checkout):
    """An order number taken in a transaction of its own: gaps."""

    async def _place_new(self, order_id: str, request: PlaceOrder, who: Caller):
        async with self._work.begin() as tx:
            await store.next_number(tx)
        return await super()._place_new(order_id, request, who)


class IgnoresOrderKeys(Checkout):
    """An Idempotency-Key that is ignored."""

    async def place(self, request: PlaceOrder, key: str, who: Caller) -> Order:
        return await super().place(request, f"{key}/{self._work.ids.secret(4)}", who)


class IgnoresRefundKeys(Refunds):
    """An idempotency key of refunds that is ignored."""

    async def refund(self, order_id: str, refund: NewRefund, key: str, who: Caller) -> Order:
        return await super().refund(order_id, refund, f"{key}/{self._work.ids.secret(4)}", who)


class ExpiresPendingPayments(Settlement):
    """Orders expire without looking up a pending payment, and a late payment is kept."""

    async def expire_unpaid(self) -> None:
        for order_id in await store.overdue(self._work, to_micros(self._work.now())):
            await self._closing.close_order(order_id, "too late", SYSTEM, "cancelled", only=frozenset({"placed"}))

    async def on_captured(self, delivery: Delivery) -> None:
        order = await store.head(self._work, delivery.event.order_id)
        if order is not None and order.status != "cancelled":
            await super().on_captured(delivery)


class EmitsPaymentLater(Settlement):
    """An event emitted in a transaction after the change: lost with the process."""

    async def _mark_paid(self, order_id: str, payment: Payment) -> bool:
        async with self._work.begin() as tx:
            order = await self._context.locked(tx, order_id)
            if order.status == "cancelled" or order.status in PAID:
                return order.status != "cancelled"
            await store.move(tx, order_id, "paid")
            await store.set_payment(tx, order_id, payment.id)
            await self._context.add_history(tx, order_id, "Payment received", SYSTEM.name)
        async with self._work.begin() as tx:
            await tx.emit(
                OrderPaid(order_id=order_id, number=order.number, email=order.email, total=order.totals.total)
            )
        return True


class CancelsAndForgets(OrderClosing):
    """A cancelled order is refunded and restocked only if nothing fails in between."""

    async def on_order_closed(self, delivery: Delivery) -> None:
        return


class KeepsBothPayments(Repayment):
    """A second payment of an order is kept."""

    async def refund_all(self, payment: Payment, order: Order) -> None:
        return


class SettlesTwice(Settlement):
    """Marks an order as paid at each report."""

    async def _mark_paid(self, order_id: str, payment: Payment) -> bool:
        done = await super()._mark_paid(order_id, payment)
        if done:
            async with self._work.begin() as tx:
                await self._context.add_history(tx, order_id, "Payment received", SYSTEM.name)
        return done

    async def settle(self, order_id: str, payment: Payment) -> None:
        if payment.status == "captured":
            await self._mark_paid(order_id, payment)
        await super().settle(order_id, payment)


class LeaksCents(Refunds):
    """A rounding leak: each refund is a cent more than its amount."""

    async def _mark_settled(self, order_id: str, refund) -> None:
        payment = (await self._context.get(order_id)).payment
        if payment is not None and payment.refunded < payment.amount:
            await self._context.payments.refund(
                key=f"cent/{refund.id}", payment_id=payment.id, amount=Money(1, payment.amount.currency)
            )
        await super()._mark_settled(order_id, refund)


class IgnoresInbox(EventMessages):
    """A missing inbox row: a repeated delivery is stored again."""

    async def on_event(self, delivery: Delivery) -> None:
        outgoing = message_model.MESSAGES_BY_EVENT[type(delivery.event)](delivery.event)
        for _ in range(2 if delivery.stored.id[-1] in "01234" else 1):  # delivered again after a crash, sometimes
            messages = await self._renderer.messages(outgoing)
            async with self._work.begin() as tx:
                await self._queue.add(tx, outgoing, messages)


class SendsBeforeRecording(EventMessages):
    """A message is sent before that is recorded."""

    async def on_event(self, delivery: Delivery) -> None:
        outgoing = message_model.MESSAGES_BY_EVENT[type(delivery.event)](delivery.event)
        for message in await self._renderer.messages(outgoing):
            await self._context.transports[message.channel].deliver(message)
        async with self._work.begin(dedup_key=delivery.key):
            return


class OneSidedLedger(PaymentService):
    """A ledger with one-sided entries."""

    async def _believe(self, payment_id: str, looked_up):
        after = await super()._believe(payment_id, looked_up)
        if after.status == "captured":
            async with self._work.begin() as tx:
                await tx.run(
                    "DELETE FROM ledger WHERE payment_id = :id AND account NOT LIKE 'provider:%'", id=payment_id
                )
        return after


class BooksPaymentsTwice(PaymentService):
    """Each webhook books the money again."""

    async def webhook(self, provider: str, headers: Mapping[str, str], body: bytes) -> None:
        await super().webhook(provider, headers, body)
        notice = await (await self._provider(provider)).verify(headers, body)
        row = await ledger.by_reference(self._work, provider, notice.reference)
        if row is not None and row["status"] == "captured":
            paid = ledger.payment(row)
            async with self._work.begin() as tx:
                entry = f"again/{self._work.ids.secret(4)}"
                await ledger.book(tx, entry, payment_model.capture_entry(paid.provider, paid.amount), paid)


class NeverLooksUpPayments(PaymentService):
    """Payments without a webhook stay pending for ever."""

    async def ask_undecided(self) -> None:
        return

    async def void(self, payment_id: str) -> Payment:
        return await self.get(payment_id)


class CouponsWithoutLimit(PricingService):
    """The last use of a coupon is checked where it is shown, and not where it is redeemed."""

    async def redeem(self, order_id: str, codes, customer: str, customer_also=()) -> None:
        async with self._work.begin() as tx:
            for code in codes:
                await tx.run(
                    "INSERT INTO coupon_uses (order_id, code, customer, time) VALUES (:order_id, :code, :customer, 0)"
                    " ON CONFLICT (order_id, code) DO NOTHING",
                    order_id=order_id,
                    code=code,
                    customer=customer,
                )
                await tx.run("UPDATE coupons SET used = used + 1 WHERE code = :code", code=code)


class KeepsCoupons(PricingService):
    """Coupons of cancelled orders stay used."""

    async def release_coupons(self, order_id: str) -> None:
        return


class DropsEvents(SearchService):
    """A handler that acknowledges events without handling them."""

    async def on_stock(self, delivery: Delivery) -> None:
        if delivery.stored.id[-1] not in "01234567":
            await super().on_stock(delivery)


class CountsSalesTwice(AnalyticsService):
    """A dashboard that counts repeated deliveries again."""

    async def on_event(self, delivery: Delivery) -> None:
        if (change := sales_store.change_of(delivery.event)) is not None:
            async with self._work.begin() as tx:
                await sales_store.add(tx, self._day(delivery.stored.time), change)
        await super().on_event(delivery)


BROKEN = {
    Reservations: [ReservesPartially, ReleasesNothing, CommitsWithoutMovement, ExceedsBackorderCap],
    Adjustments: [LosesUpdates, IgnoresAdjustmentKeys],
    Backorders: [ForgetsBackorders],
    Checkout: [NumbersOutsideTransaction, IgnoresOrderKeys],
    Settlement: [ExpiresPendingPayments, EmitsPaymentLater, SettlesTwice],
    OrderClosing: [CancelsAndForgets],
    Repayment: [KeepsBothPayments],
    Refunds: [IgnoresRefundKeys, LeaksCents],
    EventMessages: [IgnoresInbox, SendsBeforeRecording],
    PaymentService: [OneSidedLedger, BooksPaymentsTwice, NeverLooksUpPayments],
    PricingService: [CouponsWithoutLimit, KeepsCoupons],
    SearchService: [DropsEvents],
    AnalyticsService: [CountsSalesTwice],
}  # fmt: skip
