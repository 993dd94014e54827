"""Closing an order early: returns everything it holds, even if a step fails midway.

In two steps (see `refunds.py`): `close_order` writes the new status, `execute` returns goods, coupons and money.
"""

from collections.abc import Sequence
from typing import Literal

from shopwright.kit.auth import Caller
from shopwright.kit.data.events import Delivery, Event
from shopwright.services.orders import cancel_store, model, refund_rules, refund_store, store, unpaid_store
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import Status
from shopwright.services.orders.contract.events import OrderCancelled, OrderExpired, RestockedLine
from shopwright.services.orders.contract.gift_cards import rest_of_cards
from shopwright.services.orders.repayment import Repayment
from shopwright.services.payments.contract import PaymentRefund


class OrderClosing:
    """Closes orders that are cancelled or expire."""

    def __init__(self, context: OrderContext, repayment: Repayment) -> None:
        self._context = context
        self._repayment = repayment
        self._work = context.work

    async def close_order(
        self,
        order_id: str,
        reason: str,
        who: Caller,
        ended: Literal["cancelled", "expired"],
        only: frozenset[Status],
        *,
        took_goods: bool = False,
        back: PaymentRefund | None = None,
    ) -> bool:
        """First step, then the second: close an order whose status is in `only`. Returns False if it has moved on.

        `back`: the payment refund already made.
        """
        async with self._work.begin() as tx:
            order = await self._context.locked(tx, order_id)
            unsold, lines = model.unsold(order)
            restock = refund_rules.to_be_restocked(order)
            if order.status == ended:
                return True
            if order.status not in only:
                return False
            await store.move(tx, order.id, model.STATES.move(order.status, ended))
            await unpaid_store.let_go(tx, order.id)
            await cancel_store.end(tx, order.id)
            if back is not None:
                await refund_store.insert_refund(
                    tx, order.id, refund_rules.of_all(order, back, reason, tx.now), back.key, ""
                )
            await self._context.add_history(tx, order.id, f"{ended.capitalize()}: {reason}", who.signature)
            closed: Event = (
                OrderExpired(order_id=order.id, number=order.number, email=order.email, customer_id=order.customer_id)
                if ended == "expired"
                else OrderCancelled(
                    order_id=order.id,
                    number=order.number,
                    email=order.email,
                    customer_id=order.customer_id,
                    reason=reason,
                    took_goods=took_goods,
                    by_shop=who.is_staff,
                    unsold=unsold,
                    lines=lines,
                    restock=restock,
                    by_payment=back.amount if back else None,
                    to_gift_cards=rest_of_cards(order) if back else None,
                )
            )
            await tx.emit(closed)
        await self.execute(order_id, restock if took_goods else ())
        return True

    async def execute(self, order_id: str, restock: Sequence[RestockedLine]) -> None:
        """Second step: return goods, coupons and money of a closed order.

        Safe to repeat: after a crash the service's own event handler for the closed order runs it again.
        """
        await self._context.inventory.release_reservation(order_id)
        await self._context.giftcards.release(order_id)
        await self._context.pricing.release_coupons(order_id)
        order = await self._context.get(order_id)
        if order.status == "expired":
            return  # money may still come, and buy the goods after all
        await self._context.giftcards.refund_all(order)
        await self._context.giftcards.withdraw_all(order, strict=False)
        if restock:
            await self._context.inventory.restock(
                order_id, refund_rules.wanted(order, restock), key=f"cancel/{order_id}"
            )
        for payment in await self._context.payments.of_order(order_id):
            if payment.status in refund_rules.RECEIVED:
                await self._repayment.refund_all(payment, order)

    async def on_order_closed(self, delivery: Delivery) -> None:
        """Handle OrderCancelled and OrderExpired: return what the order holds, unless it was paid after all."""
        order = await store.read(self._work, delivery.event.order_id)
        if order is None or order.status not in {"cancelled", "expired"}:
            return
        restock: Sequence[RestockedLine] = ()
        if isinstance(delivery.event, OrderCancelled) and delivery.event.took_goods:
            restock_known = delivery.event.restock  # not emitted by an earlier version
            restock = refund_rules.to_be_restocked(order) if restock_known is None else restock_known
        await self.execute(order.id, restock)
