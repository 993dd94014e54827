"""Money that goes back to the buyer: refunds of lines or an amount, and of a whole order that is cancelled.

First the money, or the provider's promise of it, then the goods: what the provider refuses changes nothing.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.clock import to_micros
from shopwright.kit.derived import fingerprint
from shopwright.kit.errors import Conflict, IdempotencyConflict, Invalid, Missing, Refused, Unavailable
from shopwright.kit.facts import Heard
from shopwright.kit.money import Money, write
from shopwright.kit.work import Transaction
from shopwright.services.inventory.contract import Adjustment, SoldOut, Wanted
from shopwright.services.orders import cancel_store, model, past_store, refund_parts, refund_rules, refund_store, store
from shopwright.services.orders.authorised import Authorised
from shopwright.services.orders.cancel_store import Cancelling
from shopwright.services.orders.contract import PAID, LineQuantity, NewRefund, Order, Refund, RefundNotPossible, Status
from shopwright.services.orders.contract.facts import OrderRefunded, OrderRefundRefused
from shopwright.services.payments.contract import Payment

LONGEST = 500
BATCH = 50
REPAID = "The order is cancelled"


class Refunds(Authorised):
    """Refunds, and cancelling what is paid."""

    # --- asking

    async def refund(self, order_id: str, refund: NewRefund, key: str, who: Caller) -> Order:
        marks = fingerprint(msgspec.json.encode(refund))
        async with self._work.begin() as tx:
            order = await self._locked(tx, order_id)
            scoped = f"{order.id}/{key}"
            known = await refund_store.refund_by_key(tx, scoped)
            if known is not None and known["fingerprint"] != marks:
                raise IdempotencyConflict("This Idempotency-Key was used for another refund. Use a new one.")
            if known is not None:
                made = str(known["id"])
            else:
                made = await self._write_refund(tx, order, refund, scoped, marks, who)
        asked = next((one for one in (await self.get(order.id)).refunds if one.id == made), None)
        if asked is not None and asked.status == "asked":
            await self._finish_refund(order.id, asked)
        order = await self.get(order.id)
        if refused := next((one for one in order.refused if one.id == made), None):
            raise RefundNotPossible(
                f"{write(refused.amount)} cannot be refunded: {refused.why} Nothing was changed.",
                data={"refund_id": made, "why": refused.why},
            )
        return msgspec.structs.replace(order, refund=next((one for one in order.refunds if one.id == made), None))

    async def _write_refund(
        self, tx: Transaction, order: Order, refund: NewRefund, key: str, marks: str, who: Caller
    ) -> str:
        if order.status not in PAID:
            raise Conflict(f"This order is {order.status}; there is no money to give back.")
        await self._not_being_cancelled(tx, order.id)
        if await past_store.is_past(tx, order.id):
            raise Conflict("This order was paid in an earlier shop; its money can only go back from there.")
        if not refund.reason.strip():
            raise Invalid.at("/reason", "Say why the money goes back; the customer reads it.")
        parts, chosen = refund_rules.refunded_parts(order, refund)
        amount = refund_parts.sum_of(parts, order.currency)
        made = Refund(
            id=self._work.ids.new("rfd"),
            amount=amount,
            reason=refund.reason.strip()[:LONGEST],
            lines=tuple(LineQuantity(line.id, quantity) for line, quantity in chosen),
            restock=refund.restock,
            status="asked",
            created_at=tx.now,
            returned=refund.returned,
            unsent=refund_rules.unsent_units(chosen, returned=refund.returned),
            parts=parts,
            deduction=refund.deduction.strip()[:LONGEST],
        )
        await refund_store.insert_refund(tx, order.id, made, key, marks)
        await store.write_counts(tx, refund_rules.refunded(order, chosen, returned=refund.returned))
        await self._note(tx, order.id, f"Refund of {write(amount)}: {made.reason}", who.signature)
        return made.id

    async def finish_refunds(self) -> None:
        """A timer: refunds that are written and not decided are asked about, each by itself."""
        for order_id, refund in await refund_store.open_refunds(self._work, to_micros(self._work.now()), BATCH):
            with self._work.aside.guard("refund", refund.id):
                async with self._work.begin() as tx:
                    later = tx.now + refund_rules.pause(tx.now - refund.created_at)
                    await refund_store.ask_later(tx, refund.id, to_micros(later))
                await self._finish_refund(order_id, refund)

    async def _finish_refund(self, order_id: str, refund: Refund) -> None:
        head = await store.head(self._work, order_id)
        if head is None or head.payment_id is None:
            return
        if not refund.amount.amount:
            await self._settled(order_id, refund.id)
            return
        try:
            payment = await self._payments.refund(key=refund.id, payment_id=head.payment_id, amount=refund.amount)
        except Unavailable:
            return
        except (Refused, Conflict) as error:  # more than is left, or not received at all
            await self._refuse(order_id, refund.id, error.detail)
            return
        await self._follow(order_id, refund.id, payment)

    async def _follow(self, order_id: str, refund_id: str, payment: Payment) -> None:
        """How a refund stands in payments, applied to the order's."""
        told = next((one for one in payment.refunds if one.key == refund_id), None)
        if told is None or told.state == "settled":  # an earlier version answers when it is settled, and names none
            await self._settled(order_id, refund_id, told.reference if told else "")
        elif told.state == "refused":
            await self._refuse(order_id, refund_id, told.why)

    # --- settled

    async def _settled(self, order_id: str, refund_id: str, reference: str = "") -> None:
        order = await store.read(self._work, order_id)
        refund = next((one for one in order.refunds if one.id == refund_id), None) if order else None
        if order is None or refund is None or refund.status == "settled":
            return
        await self._bring_back(order, refund)
        await self._refund_settled(order_id, msgspec.structs.replace(refund, reference=reference))

    async def _bring_back(self, order: Order, refund: Refund) -> None:
        """Refunded goods return to the shelf where that was said; what never came to it is owed no more in any case."""
        back = Counter[str]()
        for one in refund_rules.wanted(order, refund.lines if refund.restock else await self._freed(order, refund)):
            back[one.variant_id] += one.quantity
        if wanted := [Wanted(variant_id, units) for variant_id, units in back.items() if units]:
            await self._inventory.restock(order.id, wanted, key=refund.id)

    async def _freed(self, order: Order, refund: Refund) -> Sequence[LineQuantity]:
        """Units that were on backorder. They are written down first: they can be told only before they are owed no more."""
        if refund.returned or not refund.lines:
            return ()
        waits = dict(await self._inventory.owed(order.id))
        async with self._work.begin() as tx:
            now = await self._locked(tx, order.id)
            known = next((one for one in (*now.refunds, *now.refused) if one.id == refund.id), refund)
            if known.freed is None:
                known = msgspec.structs.replace(known, freed=refund_rules.on_backorder(order, refund, waits))
                await refund_store.rewrite(tx, known)
        return known.freed or ()

    async def _refund_settled(self, order_id: str, refund: Refund) -> None:
        async with self._work.begin() as tx:
            order = await self._locked(tx, order_id)
            settled = await refund_store.settle_refund(tx, refund.id, refund.reference)
            if settled and refund.amount.amount and not refund.of_all:
                await self._tell_refunded(tx, order, refund)

    async def _tell_refunded(self, tx: Transaction, order: Order, refund: Refund, *, dispute: bool = False) -> None:
        lines = {line.id: line for line in order.lines}
        await tx.tell(
            OrderRefunded(
                order_id=order.id,
                number=order.number,
                email=order.email,
                customer_id=order.customer_id,
                amount=refund.amount,
                refund_id=refund.id,
                reason="" if refund.by_provider else refund.reason,
                whole=refund_rules.wholly_refunded(order, refund),
                lines=model.sold_units([(lines[one.line_id], one.quantity) for one in refund.lines]),
                dispute=dispute,
                parts=refund.parts,
            )
        )

    async def hear_refund_settled(self, heard: Heard) -> None:
        """RefundSettled: if we did not see it settle ourselves."""
        payment = await self._payments.get(heard.event.payment_id)
        if any(one.key == heard.event.refund_key and one.state == "settled" for one in payment.refunds):
            await self._settled(heard.event.order_id, heard.event.refund_key)

    # --- refused

    async def _refuse(self, order_id: str, refund_id: str, why: str) -> None:
        """Its units and its sum are as if it had not been asked for; staff hear of it."""
        async with self._work.begin() as tx:
            order = await self._locked(tx, order_id)
            refund = next((one for one in order.refunds if one.id == refund_id), None)
            if refund is None or not await refund_store.refuse_refund(tx, refund_id, why):
                return
            await store.write_counts(tx, refund_rules.not_refunded(order, refund))
            await self._tell_refused(tx, order, refund.amount, refund_id, why, refund)
        if refund.status == "settled" and order.status != "cancelled":
            await self._take_again(order, refund)

    async def _tell_refused(
        self, tx: Transaction, order: Order, amount: Money, refund_id: str, why: str, refund: Refund | None = None
    ) -> None:
        sold = refund is not None and refund.status == "settled" and not refund.of_all
        lines = {line.id: line for line in order.lines}
        await self._note(tx, order.id, f"Refund of {write(amount)} was refused: it is not paid", SYSTEM.name)
        await tx.tell(
            OrderRefundRefused(
                order_id=order.id,
                number=order.number,
                email=order.email,
                customer_id=order.customer_id,
                amount=amount,
                refund_id=refund_id,
                why=why,
                sold=sold,
                whole=sold and refund is not None and refund_rules.wholly_refunded(order, refund),
                lines=model.sold_units([(lines[one.line_id], one.quantity) for one in refund.lines]) if refund else (),
            )
        )

    async def _take_again(self, order: Order, refund: Refund) -> None:
        """What had gone back to the shelf and is to be sent after all; who packs the order hears where it was sold meanwhile."""
        if not refund.restock or not refund.unsent:
            return
        units = Counter[str]()
        for one in refund_rules.wanted(order, refund.unsent):
            units[one.variant_id] += one.quantity
        reason = f"refund of order {order.number} was sent back"
        try:
            await self._inventory.adjust(
                [Adjustment(variant_id=one, delta=-count, reason=reason) for one, count in units.items()],
                key=f"{refund.id}/refused",
            )
        except Refused:
            async with self._work.begin() as tx:
                await self._note(tx, order.id, "Goods of the refused refund were sold meanwhile", SYSTEM.name)

    async def hear_refund_refused(self, heard: Heard) -> None:
        """RefundRefused: also of money for an order that is off, which was not asked for as a refund of it."""
        order = await store.read(self._work, heard.event.order_id)
        if order is None:
            return
        row = await refund_store.refund_by_key(self._work, f"provider/{heard.event.refund_key}")
        names = {heard.event.refund_key, row["id"] if row else ""}
        known = next((one for one in (*order.refunds, *order.refused) if one.id in names), None)
        if known is None:
            async with self._work.begin(once=heard.key) as tx:
                await self._tell_refused(tx, order, heard.event.amount, heard.event.refund_key, heard.event.why)
            return
        if not known.why:
            await self._refuse(order.id, known.id, heard.event.why)
        if order.status == "cancelled" and known.restock:
            await self._bring_back(order, known)  # the order's goods went back without these

    async def cancel_refund(self, order_id: str, refund_id: str, reason: str, who: Caller) -> Order:
        because = reason.strip()[:LONGEST]
        if not because:
            raise Invalid.at("/reason", "Say why the refund will not be paid; other staff read it.")
        order = await self.get(order_id)
        refund = next((one for one in (*order.refunds, *order.refused) if one.id == refund_id), None)
        repayment = next(
            (one for one in (order.payment.refunds if order.payment else ()) if one.key == refund_id), None
        )
        if refund is None and repayment is None:
            raise Missing("This order has no such refund.")
        if refund is not None and not refund.amount.amount:
            raise Conflict("This refund is of nothing: there is no money that could stay.")
        if refund is not None and refund.why:
            return order
        ended = f"{because} ({who.signature})"
        try:
            payment = await self._payments.cancel_refund(key=refund_id, why=ended)
        except Missing:  # payments have not heard of it yet
            raise Conflict("This refund is being asked for just now. Try again in a minute.") from None
        finally:
            await self._follow_again(order, refund_id)
        told = next((one for one in payment.refunds if one.key == refund_id), None)
        async with self._work.begin() as tx:
            if told is not None and told.why == ended:
                await self._note(tx, order.id, f"Refund of {write(told.amount)} will not be paid", who.signature)
        return await self.get(order.id)

    async def _follow_again(self, order: Order, refund_id: str) -> None:
        if order.payment is None or not any(one.id == refund_id for one in order.refunds):
            return
        payment = await self._payments.get(order.payment.id)
        if any(one.key == refund_id for one in payment.refunds):
            await self._follow(order.id, refund_id, payment)

    # --- cancelling

    async def cancel(self, order_id: str, reason: str, who: Caller) -> Order:
        order = await self.get(order_id)
        if order.status == "cancelled":
            if order.owed is not None and who.is_staff:
                await self._repay_again(order)
                order = await self.get(order.id)
            return order
        if not model.STATES.may(order.status, "cancelled"):
            model.STATES.move(order.status, "cancelled")
        if order.status == "placed" and (captured := await self._end_payments(order.id)) is not None:
            await self.settle(order.id, captured)
            order = await self.get(order.id)
        because = reason.strip()[:LONGEST] or "No reason given"
        if order.status == "paid":
            await self._begin_cancelling(order, because, who)
            await self._finish_cancelling(order.id)
            return await self.get(order.id)
        if not await self.give_up(order.id, because, who, "cancelled", only=frozenset({order.status})):
            raise Conflict("The order has moved on meanwhile. Look at it again.")
        return await self.get(order.id)

    async def _begin_cancelling(self, order: Order, reason: str, who: Caller) -> None:
        taken = await self._has_taken(order.id)
        payment = order.payment
        told = Cancelling(
            reason=reason,
            key=refund_rules.repayment_key(payment, again=True) if payment else "",
            who=who.signature,
            user_id=who.user_id,
            role=who.role,
            took_goods=taken,
        )
        async with self._work.begin() as tx:
            if not await cancel_store.begin(tx, order.id, told) and await cancel_store.told_of(tx, order.id) is None:
                raise Conflict("The order has moved on meanwhile. Look at it again.")

    async def _finish_cancelling(self, order_id: str) -> None:
        """First the money, or the promise of it, then the goods. Raises RefundNotPossible: the order stays as it was."""
        told = await cancel_store.told_of(self._work, order_id)
        if told is None:
            return
        order = await self.get(order_id)
        if order.payment is not None and await self._ask_for_promised(order.payment, order):
            order = await self.get(order_id)
        back = await self._repay(order.payment, told.key) if order.payment is not None else None
        if back is not None and back.state == "refused":
            async with self._work.begin() as tx:
                await cancel_store.end(tx, order_id)
            raise RefundNotPossible(
                f"The order is not cancelled: {write(back.amount)} cannot be refunded. {back.why} Nothing was changed.",
                data={"why": back.why},
            )
        who = Caller(user_id=told.user_id, role=told.role, name=told.who)
        only: frozenset[Status] = frozenset({"paid"})
        await self.give_up(order_id, told.reason, who, "cancelled", only=only, took_goods=told.took_goods, back=back)

    async def finish_cancelling(self) -> None:
        """A timer: what a process that died was cancelling."""
        for order_id in await cancel_store.unfinished(self._work, BATCH):
            with self._work.aside.guard("cancelled order", order_id):
                await self._finish_cancelling(order_id)

    async def _repay_again(self, order: Order) -> None:
        """Staff ask again for money that is owed for an order that is off."""
        for payment in await self._payments.of_order(order.id):
            if payment.status not in refund_rules.RECEIVED or payment.left.amount <= 0:
                continue
            back = await self._repay(payment, refund_rules.repayment_key(payment, again=True))
            if back is not None and back.state == "refused":
                raise RefundNotPossible(
                    f"{write(back.amount)} are still owed: {back.why} Nothing was changed.", data={"why": back.why}
                )
            if back is not None and order.payment is not None and order.payment.id == payment.id:
                async with self._work.begin() as tx:
                    locked = await self._locked(tx, order.id)
                    again = refund_rules.of_all(locked, back, REPAID, tx.now)
                    await refund_store.insert_refund(tx, order.id, again, back.key, "")

    async def _has_taken(self, order_id: str) -> bool:
        """A paid order's goods have left the shelf (now, if its payment is only just settled), so they can come back."""
        head = await store.head(self._work, order_id)
        try:
            if head is not None:
                await self._take_goods(head)
        except SoldOut:
            return False
        return True

    async def _not_being_cancelled(self, tx: Transaction, order_id: str) -> None:
        if await cancel_store.told_of(tx, order_id) is not None:
            raise Conflict("This order is being cancelled just now. Look at it again in a moment.")
