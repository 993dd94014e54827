"""Manual capture: goods stay reserved for an authorised payment until it is captured or voided."""

from contextlib import suppress

from shopwright.kit.auth import Caller
from shopwright.kit.data.unit_of_work import AlreadyDone
from shopwright.kit.errors import Conflict, Missing
from shopwright.kit.translation import gettext as _
from shopwright.services.orders import store
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import PAID, Order
from shopwright.services.orders.settlement import Settlement


class ManualCapture:
    """Captures payments by hand."""

    def __init__(self, context: OrderContext, settlement: Settlement) -> None:
        self._context = context
        self._settlement = settlement
        self._work = context.work

    async def capture(self, order_id: str, who: Caller) -> Order:
        order = await store.head(self._work, order_id)
        if order is None:
            raise Missing(_("There is no such order."))
        if order.status in PAID:
            return await self._context.get(order_id)
        payment = await self._context.payments.get(order.payment_id) if order.payment_id else None
        if order.status != "placed" or payment is None or payment.status not in {"authorized", "captured"}:
            raise Conflict(
                _(
                    "This order is {status}; it has no authorised payment to capture.",
                    status=order.status,
                )
            )
        captured = await self._context.payments.capture(payment.id)
        if captured.status != "captured":
            raise Conflict(
                _("The provider did not capture the payment: {value}.", value=captured.reason or captured.status)
            )
        with suppress(AlreadyDone):  # by someone else, a moment ago
            async with self._work.begin(dedup_key=f"captured/{payment.id}") as tx:
                await self._context.add_history(tx, order_id, "Payment captured", who.signature)
        await self._settlement.settle(order_id, captured)
        return await self._context.get(order_id)
