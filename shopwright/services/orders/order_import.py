"""Import of an earlier shop's orders, for their customers and for the sums; they were paid there."""

import msgspec

from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.services.orders import find_store, model, past_store, refund_store, store, taxes
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import PAID, Order, OrderLine, PastOrder, Refund
from shopwright.services.orders.contract.events import OrderImported
from shopwright.services.orders.order_sources import OrderSources


class OrderImport:
    """Imports orders."""

    def __init__(self, context: OrderContext, sources: OrderSources) -> None:
        self._context = context
        self._sources = sources
        self._work = context.work

    async def import_order(self, past: PastOrder) -> tuple[str, bool]:
        totals = model.past_totals(past)
        async with self._work.begin() as tx:
            known = await past_store.by_source(tx, past.source)
            if known is not None:
                return known, False
            await past_store.begin_after(tx, past.numbers_to)
            order = Order(
                id=self._work.ids.new("ord"),
                number=str(await store.next_number(tx)),
                status=past.status,
                email=past.email,
                customer_id=past.customer_id,
                currency=past.currency,
                lines=self._past_lines(past),
                totals=totals,
                receipt=model.past_receipt(past, totals),
                coupons=(),
                shipping_address=past.shipping_address,
                billing_address=past.billing_address,
                shipping_title=past.shipping_title,
                payment=None,
                shipments=(),
                refunds=(),
                timeline=(),
                cart_id=self._work.ids.new("crt"),
                placed_at=past.placed_at,
                version=1,
                **past.buyer_notes,
            )
            await find_store.insert(tx, order, to_micros(tx.now), 0)
            found = taxes.of_earlier_shop(past.taxes, totals, past.shipping_address)
            await past_store.set_past(tx, order.id, past.source, found, sent=past.status in {"shipped", "delivered"})
            await self._sources.insert(tx, order.id, past.origin)
            await self._context.add_history(
                tx, order.id, f"Taken over from an earlier shop, where it was order {past.number}", SYSTEM.name
            )
            await self._past_refund(tx, order, past)
            if order.status in PAID:
                await self._emit_imported(tx, order, past)
        return order.id, True

    def _past_lines(self, past: PastOrder) -> tuple[OrderLine, ...]:
        nothing = msgspec.structs.replace(past.total, amount=0)
        return tuple(
            OrderLine(
                id=self._work.ids.new("oli"),
                product_id=line.product_id,
                slug=line.slug,
                variant_id=line.variant_id,
                sku=line.sku,
                title=line.title,
                variant_title="",
                image=line.image,
                quantity=line.quantity,
                unit_price=line.unit_price,
                total=line.unit_price * line.quantity,
                discount=nothing,
                tax=nothing,
            )
            for line in past.lines
        )

    async def _past_refund(self, tx: Transaction, order: Order, past: PastOrder) -> None:
        if not past.refunded.amount:
            return
        made = Refund(
            id=self._work.ids.new("rfd"),
            amount=past.refunded,
            reason="Refunded by the earlier shop",
            lines=(),
            restock=False,
            status="settled",
            created_at=past.placed_at,
        )
        await refund_store.insert_refund(tx, order.id, made, f"past/{past.source}", "")

    @staticmethod
    async def _emit_imported(tx: Transaction, order: Order, past: PastOrder) -> None:
        await tx.emit(
            OrderImported(
                order_id=order.id,
                number=order.number,
                email=order.email,
                customer_id=order.customer_id,
                name=order.shipping_address.name,
                total=order.totals.total,
                placed_at=order.placed_at,
                refunded=past.refunded,
                lines=model.to_sold_lines(order),
            )
        )
