"""Repayment of closed or doubly paid orders, requested once however often it starts.

All of it is a second step (see `refunds.py`): the order's state, or a promised refund, is the intent.
"""

from shopwright.services.orders import refund_rules
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import Order, gift_cards
from shopwright.services.payments.contract import Payment, PaymentRefund


class Repayment:
    """Refunds what was paid, payment by payment."""

    def __init__(self, context: OrderContext) -> None:
        self._context = context

    async def end_payments(self, order_id: str) -> Payment | None:
        """Void all payments of an order, including ones it never learnt of. Returns a captured one."""
        ended = [await self._context.payments.void(one.id) for one in await self._context.payments.of_order(order_id)]
        return next((one for one in ended if one.status == "captured"), None)

    async def refund_all(self, payment: Payment, order: Order) -> None:
        """Refund the payment of a closed or doubly paid order: promised refunds first, then the rest."""
        if order.payment is not None and order.payment.id == payment.id:
            await self.execute_promised(payment, order)
        payment = await self._context.payments.get(payment.id)
        await self.repay(payment, refund_rules.repayment_key(payment, again=False), order)

    async def execute_promised(self, payment: Payment, order: Order) -> bool:
        """Execute the order's refunds that payments do not know. Returns False if there are none."""
        known = {one.key for one in payment.refunds}
        requested = [one for one in order.refunds if one.status == "asked" and not one.of_all]
        waiting = [one for one in requested if gift_cards.by_payment(one).amount]
        promised = [one for one in waiting if one.id not in known]
        for refund in promised:
            await self._context.payments.refund(
                key=refund.id, payment_id=payment.id, amount=gift_cards.by_payment(refund)
            )
        return bool(promised)

    async def repay(self, payment: Payment, key: str, order: Order) -> PaymentRefund | None:
        """Refund the rest of a payment, once per key. Returns None if nothing is left."""
        left = refund_rules.left_of_payment(payment, order)
        if left.amount > 0 and not any(one.key == key for one in payment.refunds):
            payment = await self._context.payments.refund(key=key, payment_id=payment.id, amount=left)
        return next((one for one in payment.refunds if one.key == key), None)
