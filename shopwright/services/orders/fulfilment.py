"""What happens to an order after it was placed: shipped, delivered, cancelled, refunded, expired."""

from collections import Counter
from collections.abc import Awaitable, Callable

import msgspec

from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Conflict, IdempotencyConflict, Invalid, Unavailable
from shopwright.kit.facts import ERASED, Heard
from shopwright.kit.money import add_up, write
from shopwright.kit.web.idempotency import fingerprint
from shopwright.kit.work import Transaction
from shopwright.services.inventory.contract import SoldOut, Wanted
from shopwright.services.orders import erasure_store, find_store, model, past_store, refund_store, store, tax_store
from shopwright.services.orders.authorised import Authorised
from shopwright.services.orders.contract import LineQuantity, NewRefund, NewShipment, Order, Refund, Shipment
from shopwright.services.orders.contract.facts import OrderDelivered, OrderErased, OrderRefunded, OrderShipped, SentLine

LONGEST = 500
AT_ONCE, TIMES = 200, 50


class Fulfilment(Authorised):
    """All verbs of `contract.Orders`."""

    async def ship(self, order_id: str, shipment: NewShipment, who: Caller) -> Order:
        if not shipment.carrier.strip() or len(shipment.carrier) > LONGEST or len(shipment.tracking_number) > LONGEST:
            raise Invalid.at("/carrier", "Name the carrier, such as DHL.")
        waits = await self._inventory.owed(order_id)
        async with self._work.begin() as tx:
            order = await self._locked(tx, order_id)
            if order.status not in {"paid", "part_shipped"}:
                raise Conflict(
                    f"This order is {order.status}; only a paid order that has something left can be shipped."
                )
            chosen = model.lines_to_ship(order, shipment.lines)
            model.check_there(chosen, waits)
            after = model.shipped(order, chosen)
            parcel = Shipment(
                id=self._work.ids.new("shp"),
                carrier=shipment.carrier.strip(),
                tracking_number=shipment.tracking_number.strip(),
                tracking_url=model.tracking_url(shipment.carrier, shipment.tracking_number.strip()),
                lines=tuple(LineQuantity(line.id, quantity) for line, quantity in chosen),
                status="shipped",
                shipped_at=tx.now,
            )
            await store.insert_shipment(tx, order.id, parcel)
            await find_store.write_tracking(tx, order, parcel.tracking_number)
            await store.write_counts(tx, after)
            await self._note(
                tx, order.id, f"Shipped with {parcel.carrier} {parcel.tracking_number}".rstrip(), who.signature
            )
            await tx.tell(
                OrderShipped(
                    order_id=order.id,
                    number=order.number,
                    email=order.email,
                    customer_id=order.customer_id,
                    shipment_id=parcel.id,
                    carrier=parcel.carrier,
                    tracking_number=parcel.tracking_number,
                    tracking_url=parcel.tracking_url,
                    complete=after.status == "shipped",
                    lines=tuple(
                        SentLine(title=line.title, variant_title=line.variant_title, quantity=quantity)
                        for line, quantity in chosen
                    ),
                )
            )
        return await self.get(order_id)

    async def deliver(self, order_id: str, who: Caller) -> Order:
        async with self._work.begin() as tx:
            order = await self._locked(tx, order_id)
            await store.move(tx, order.id, model.STATES.move(order.status, "delivered"))
            await store.deliver_shipments(tx, order.id)
            await self._note(tx, order.id, "Delivered", who.signature)
            await tx.tell(
                OrderDelivered(order_id=order.id, number=order.number, email=order.email, customer_id=order.customer_id)
            )
        return await self.get(order_id)

    async def cancel(self, order_id: str, reason: str, who: Caller) -> Order:
        order = await self.get(order_id)
        if order.status == "cancelled":
            return order
        if not model.STATES.may(order.status, "cancelled"):
            model.STATES.move(order.status, "cancelled")
        if order.status == "placed" and (captured := await self._end_payments(order.id)) is not None:
            await self.settle(order.id, captured)
            order = await self.get(order.id)
        was_paid = order.status == "paid"
        taken = was_paid and await self._has_taken(order.id)
        because = reason.strip()[:LONGEST] or "No reason given"
        only = frozenset({order.status})
        if not await self.give_up(order.id, because, who, "cancelled", only=only, took_goods=taken):
            raise Conflict("The order has moved on meanwhile. Look at it again.")
        return await self.get(order.id)

    async def _has_taken(self, order_id: str) -> bool:
        """A paid order's goods have left the shelf (now, if its payment is only just settled), so they can come back."""
        head = await store.head(self._work, order_id)
        try:
            if head is not None:
                await self._take_goods(head)
        except SoldOut:
            return False
        return True

    async def expire_unpaid(self) -> None:
        """A timer: orders never paid for give their goods back; one whose money is on its way is settled instead."""
        for order_id in await store.overdue(self._work, to_micros(self._work.now())):
            with self._work.aside.guard("unpaid order", order_id):
                await self._end_unpaid(order_id)

    async def _end_unpaid(self, order_id: str) -> None:
        try:
            captured = await self._end_payments(order_id)
        except Unavailable:
            return  # nobody knows: ask again at the next ring
        if captured is not None:
            await self.settle(order_id, captured)
        else:
            await self.give_up(order_id, "It was not paid in time.", SYSTEM, "expired", only=frozenset({"placed"}))

    async def refund(self, order_id: str, refund: NewRefund, key: str, who: Caller) -> Order:
        marks = fingerprint(msgspec.json.encode(refund))
        async with self._work.begin() as tx:
            order = await self._locked(tx, order_id)
            scoped = f"{order.id}/{key}"
            known = await refund_store.refund_by_key(tx, scoped)
            if known is not None and known["fingerprint"] != marks:
                raise IdempotencyConflict("This Idempotency-Key was used for another refund. Use a new one.")
            if known is None:
                await self._write_refund(tx, order, refund, scoped, marks, who)
        for one in (await self.get(order.id)).refunds:
            if one.status == "asked":
                await self._finish_refund(order.id, one)
        return await self.get(order.id)

    async def _write_refund(
        self, tx: Transaction, order: Order, refund: NewRefund, key: str, marks: str, who: Caller
    ) -> None:
        if order.status not in model.PAID:
            raise Conflict(f"This order is {order.status}; there is no money to give back.")
        if await past_store.is_past(tx, order.id):
            raise Conflict("This order was paid in an earlier shop; its money can only go back from there.")
        if not refund.reason.strip():
            raise Invalid.at("/reason", "Say why the money goes back; the customer reads it.")
        already = add_up((one.amount for one in order.refunds), order.currency)
        amount, chosen = model.refund_amount(order, refund, already)
        made = Refund(
            id=self._work.ids.new("rfd"),
            amount=amount,
            reason=refund.reason.strip()[:LONGEST],
            lines=tuple(LineQuantity(line.id, quantity) for line, quantity in chosen),
            restock=refund.restock,
            status="asked",
            created_at=tx.now,
            returned=refund.returned,
        )
        await refund_store.insert_refund(tx, order.id, made, key, marks)
        await store.write_counts(tx, model.refunded(order, chosen, returned=refund.returned))
        await self._note(tx, order.id, f"Refund of {write(amount)}: {made.reason}", who.signature)

    async def finish_refunds(self) -> None:
        """A timer: ask for refunds that are written but not settled, after a crash or an outage."""
        for order_id, refund in await refund_store.open_refunds(self._work):
            with self._work.aside.guard("refund", refund.id):
                await self._finish_refund(order_id, refund)

    async def _finish_refund(self, order_id: str, refund: Refund) -> None:
        head = await store.head(self._work, order_id)
        order = await store.read(self._work, order_id)
        if head is None or head.payment_id is None or order is None:
            return
        await self._bring_back(order, refund)
        try:
            if refund.amount.amount:
                await self._payments.refund(key=refund.id, payment_id=head.payment_id, amount=refund.amount)
        except Unavailable:
            return
        await self._refund_settled(order_id, refund)

    async def _bring_back(self, order: Order, refund: Refund) -> None:
        """Refunded goods return to the shelf where that was said; what never came to it is owed no more in any case."""
        lines = {line.id: line for line in order.lines}
        back = Counter[str]()
        for one in refund.lines:
            back[lines[one.line_id].variant_id] += one.quantity
        if not refund.restock:
            waits = {} if refund.returned or not back else await self._inventory.owed(order.id)
            back = Counter({variant_id: min(units, waits.get(variant_id, 0)) for variant_id, units in back.items()})
        if wanted := [Wanted(variant_id, units) for variant_id, units in back.items() if units]:
            await self._inventory.restock(order.id, wanted, key=refund.id)

    async def _refund_settled(self, order_id: str, refund: Refund) -> None:
        async with self._work.begin() as tx:
            order = await self._locked(tx, order_id)
            lines = {line.id: line for line in order.lines}
            if await refund_store.settle_refund(tx, refund.id) and refund.amount.amount:
                await tx.tell(
                    OrderRefunded(
                        order_id=order_id,
                        number=order.number,
                        email=order.email,
                        customer_id=order.customer_id,
                        amount=refund.amount,
                        refund_id=refund.id,
                        reason=refund.reason,
                        whole=model.wholly_refunded(order, refund),
                        lines=model.sold_units([(lines[one.line_id], one.quantity) for one in refund.lines]),
                    )
                )

    async def hear_refund_settled(self, heard: Heard) -> None:
        """RefundSettled: if we did not see it settle ourselves."""
        order = await store.read(self._work, heard.event.order_id)
        refund = next((one for one in order.refunds if one.id == heard.event.refund_key), None) if order else None
        if refund is not None and refund.status == "asked":
            await self._refund_settled(heard.event.order_id, refund)

    async def hear_verified(self, heard: Heard) -> None:
        """EmailVerified: what was ordered as a guest with this address belongs to its account."""
        if heard.event.email == ERASED:
            return
        async with self._work.begin(once=heard.key) as tx:
            await store.adopt_by_email(tx, heard.event.email, heard.event.user_id)

    async def hear_erased(self, heard: Heard) -> None:
        """UserErased: their orders stay, anonymised; where a parcel must still leave, it keeps its address until then."""
        for order_id in await erasure_store.orders_of(self._work, heard.event.user_id):
            async with self._work.begin() as tx:
                order = await self._locked(tx, order_id)
                names = {heard.event.name, heard.event.email, order.email, order.shipping_address.name} - {""}
                await erasure_store.forget_customer(tx, order_id, sorted(names))
                await find_store.forget(tx, order)
                await tx.redact(order_id)
                await tx.tell(OrderErased(order_id=order_id))
        await self.clear_addresses()

    async def write_terms(self) -> None:
        """A timer: orders a version before has written are found by what later ones are; some at a time."""
        await self._bring_up(find_store.write_missing)

    async def write_taxes(self) -> None:
        """A timer: the taxes of orders a version before has written are read from their receipts; some at a time."""
        await self._bring_up(tax_store.write_missing)

    async def _bring_up(self, write_missing: Callable[[Transaction, int], Awaitable[int]]) -> None:
        for _ in range(TIMES):
            async with self._work.begin() as tx:
                if await write_missing(tx, AT_ONCE) < AT_ONCE:
                    return

    async def clear_addresses(self) -> None:
        """A timer: addresses of the forgotten that are needed no longer."""
        for order_id in await erasure_store.to_be_cleared(self._work):
            with self._work.aside.guard("address of order", order_id):
                async with self._work.begin() as tx:
                    await erasure_store.clear_addresses(tx, order_id)
