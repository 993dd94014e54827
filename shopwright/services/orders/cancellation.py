"""Cancellation: ends a paid or unpaid order and returns its money, goods and coupons.

A paid order is cancelled in two steps, as a refund is (see `refunds.py`): `write_cancellation`, `execute`.
"""

from shopwright.kit.auth import Caller
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.errors import Conflict
from shopwright.kit.money import write, zero
from shopwright.kit.translation import gettext as _
from shopwright.services.giftcards.contract import GiftCardRefused
from shopwright.services.inventory.contract import SoldOut
from shopwright.services.orders import cancel_store, model, refund_rules, refund_store, store
from shopwright.services.orders.cancel_store import PendingCancellation
from shopwright.services.orders.closing import OrderClosing
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import Order, RefundNotPossible, Status, gift_cards
from shopwright.services.orders.refunds import BATCH, LONGEST
from shopwright.services.orders.repayment import Repayment
from shopwright.services.orders.settlement import Settlement
from shopwright.services.payments.contract import PaymentRefund

REPAID = "The order is cancelled"


class Cancellation:
    """Cancels orders: refunds first, then returns the goods."""

    def __init__(
        self, context: OrderContext, repayment: Repayment, closing: OrderClosing, settlement: Settlement
    ) -> None:
        self._context = context
        self._repayment = repayment
        self._closing = closing
        self._settlement = settlement
        self._work = context.work

    async def cancel(self, order_id: str, reason: str, who: Caller) -> Order:
        order = await self._context.get(order_id)
        if order.status == "cancelled":
            if order.owed is not None and who.is_staff:
                await self._repay_again(order)
                order = await self._context.get(order.id)
            return order
        if not model.STATES.may(order.status, "cancelled"):
            model.STATES.move(order.status, "cancelled")
        if order.status == "placed" and (captured := await self._repayment.end_payments(order.id)) is not None:
            await self._settlement.settle(order.id, captured)
            order = await self._context.get(order.id)
        because = reason.strip()[:LONGEST] or "No reason given"
        if order.status == "paid":
            intent = await self._intent(order, because, who)
            async with self._work.begin() as tx:
                await self.write_cancellation(tx, order.id, intent)
            await self.execute(order.id)
            return await self._context.get(order.id)
        if not await self._closing.close_order(order.id, because, who, "cancelled", only=frozenset({order.status})):
            raise Conflict(_("The order has changed in the meantime. Reload it."))
        return await self._context.get(order.id)

    async def _intent(self, order: Order, reason: str, who: Caller) -> PendingCancellation:
        goods_committed = await self._commit_goods(order.id)
        payment = order.payment
        return PendingCancellation(
            reason=reason,
            key=refund_rules.repayment_key(payment, again=True) if payment else "",
            who=who.signature,
            user_id=who.user_id,
            role=who.role,
            took_goods=goods_committed,
        )

    async def write_cancellation(self, tx: Transaction, order_id: str, intent: PendingCancellation) -> None:
        """First step: mark the order as being cancelled, unless it is. Raises Conflict."""
        begun = await cancel_store.begin(tx, order_id, intent)
        if not begun and await cancel_store.cancelling_of(tx, order_id) is None:
            raise Conflict(_("The order has changed in the meantime. Reload it."))

    async def execute(self, order_id: str) -> None:
        """Second step: refund, or promise the refund, then close the order. Safe to repeat.

        Raises RefundNotPossible, which leaves the order unchanged.
        """
        cancelling = await cancel_store.cancelling_of(self._work, order_id)
        if cancelling is None:
            return
        order = await self._context.get(order_id)
        try:
            await self._context.giftcards.withdraw_all(order, strict=True)
        except Conflict as error:
            async with self._work.begin() as tx:
                await cancel_store.end(tx, order_id)
            raise RefundNotPossible(
                _("The order is not cancelled. {why}", why=error.detail), data={"why": error.detail}
            ) from None
        if order.payment is not None and await self._repayment.execute_promised(order.payment, order):
            order = await self._context.get(order_id)
        back = await self._repayment.repay(order.payment, cancelling.key, order) if order.payment is not None else None
        if back is None and gift_cards.rest_of_cards(order).amount:
            back = PaymentRefund(key=cancelling.key, amount=zero(order.currency), state="settled")
        if back is not None and back.state == "refused":
            await self._context.giftcards.restore(order, None)
            await self._settlement.issue_gift_cards(order_id)
            async with self._work.begin() as tx:
                await cancel_store.end(tx, order_id)
            raise RefundNotPossible(
                _(
                    "The order is not cancelled: {amount} cannot be refunded. {why} Nothing was changed.",
                    amount=write(back.amount),
                    why=back.why,
                ),
                data={"why": back.why},
            )
        who = Caller(user_id=cancelling.user_id, role=cancelling.role, name=cancelling.who)
        only: frozenset[Status] = frozenset({"paid"})
        await self._closing.close_order(
            order_id, cancelling.reason, who, "cancelled", only=only, took_goods=cancelling.took_goods, back=back
        )

    async def finish_cancelling(self) -> None:
        """Scheduled job: finish cancellations that a crashed process left behind."""
        for order_id in await cancel_store.unfinished(self._work, BATCH):
            with self._work.aside.guard("cancelled order", order_id):
                await self.execute(order_id)

    async def _repay_again(self, order: Order) -> None:
        """Ask again for the refund still owed on a closed order, at the request of staff."""
        for payment in await self._context.payments.of_order(order.id):
            if payment.status not in refund_rules.RECEIVED or refund_rules.left_of_payment(payment, order).amount <= 0:
                continue
            back = await self._repayment.repay(payment, refund_rules.repayment_key(payment, again=True), order)
            if back is not None and back.state == "refused":
                raise RefundNotPossible(
                    _("{amount} are still owed: {why} Nothing was changed.", amount=write(back.amount), why=back.why),
                    data={"why": back.why},
                )
            if back is not None and order.payment is not None and order.payment.id == payment.id:
                async with self._work.begin() as tx:
                    locked = await self._context.locked(tx, order.id)
                    again = refund_rules.of_all(locked, back, REPAID, tx.now)
                    await refund_store.insert_refund(tx, order.id, again, back.key, "")

    async def _commit_goods(self, order_id: str) -> bool:
        """Commit the reserved goods of a paid order. Returns False if they are sold out."""
        head = await store.head(self._work, order_id)
        try:
            if head is not None:
                await self._settlement.take_goods(head)
        except (SoldOut, GiftCardRefused):
            return False
        return True
