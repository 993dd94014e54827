"""Changes made by the payment provider: refunds made there, and disputes."""

from shopwright.kit.auth import SYSTEM
from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.money import write
from shopwright.services.orders import refund_parts, refund_store, store
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import PAID, Order, Refund
from shopwright.services.orders.contract.events import OrderDisputed
from shopwright.services.orders.refunds import Refunds
from shopwright.services.payments.contract import PaymentDisputed, RefundSettled

REFUNDED, LOST = "Refunded at the payment provider", "Lost in a dispute: the buyer's bank took it"
BEYOND = "{} more than was paid has gone back: they are booked as disputed"
DISPUTES = {
    "": "The dispute of {} was withdrawn",
    "open": "The buyer disputes {} at their bank",
    "won": "The dispute of {} was won: the shop keeps the money",
    "lost": "The dispute of {} was lost: the buyer has the money back",
}


class PaymentChanges:
    """Applies the provider's changes to orders."""

    def __init__(self, context: OrderContext, refunds: Refunds) -> None:
        self._context = context
        self._refunds = refunds
        self._work = context.work

    async def on_refund_settled(self, delivery: Delivery) -> None:
        if not (isinstance(delivery.event, RefundSettled) and delivery.event.by_provider):
            await self._refunds.on_refund_settled(delivery)
            return
        if await store.head(self._work, delivery.event.order_id) is None:
            return
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await self._write_outside(tx, await self._context.locked(tx, delivery.event.order_id), delivery.event)

    async def _write_outside(self, tx: Transaction, order: Order, settled: RefundSettled) -> None:
        """Record a refund made at the provider; it has no units."""
        head = await store.head(tx, order.id)
        reason = LOST if settled.dispute else REFUNDED
        await self._context.add_history(tx, order.id, f"{write(settled.amount)}: {reason}", SYSTEM.name)
        if order.status not in {*PAID, "cancelled"} or head is None or head.payment_id != settled.payment_id:
            return
        parts = refund_parts.of_provider(order, settled.amount)
        made = Refund(
            id=self._work.ids.new("rfd"),
            amount=settled.amount,
            reason=reason,
            lines=(),
            restock=False,
            status="settled",
            created_at=tx.now,
            settled_at=tx.now,
            by_provider=True,
            reference=settled.reference,
            parts=parts,
        )
        if made.excess.amount:
            await self._context.add_history(tx, order.id, BEYOND.format(write(made.excess)), SYSTEM.name)
        await refund_store.insert_refund(tx, order.id, made, f"provider/{settled.refund_key}", "")
        if order.status != "cancelled":  # the cancellation has announced the refund already
            await self._refunds.emit_refunded(tx, order, made, dispute=settled.dispute)

    async def on_disputed(self, delivery: Delivery) -> None:
        """Handle PaymentDisputed: notify staff, as the bank sets a deadline of days."""
        disputed: PaymentDisputed = delivery.event
        if await store.head(self._work, disputed.order_id) is None:
            return
        async with self._work.begin(dedup_key=delivery.key) as tx:
            order = await self._context.locked(tx, disputed.order_id)
            await self._context.add_history(
                tx, order.id, DISPUTES[disputed.state].format(write(disputed.amount)), SYSTEM.name
            )
            await tx.emit(
                OrderDisputed(
                    order_id=order.id,
                    number=order.number,
                    email=order.email,
                    customer_id=order.customer_id,
                    state=disputed.state,
                    amount=disputed.amount,
                )
            )
