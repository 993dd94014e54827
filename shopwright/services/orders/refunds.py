"""Refunds of lines or amounts. Refunds of cancelled orders are in `cancellation.py`.

The money, or the provider's promise of it, comes before the goods: a refusal changes nothing.

**Two-step money.** No transaction stays open while a provider is asked, and no money moves that is not recorded first:

1. `write_refund(tx)` checks the request and writes the intent, with the key under which the provider is asked. It is
   committed with everything else that the request changes, or not at all.
2. `execute` asks the provider afterwards and applies the answer. It is safe to repeat: the provider moves the money of
   one key once, and a step that is done already is skipped.

If the process ends between the two, or the provider does not answer, a scheduled job repeats `execute`. A refusal
undoes the intent (`_refuse`).

Cancellation (`write_cancellation`, `execute`), the closing of unpaid orders (`close_order`, `execute`) and the refunds
of payments (`write_refund`, `execute`) have the same steps; what is said here holds there.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.clock import to_micros
from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.derived import fingerprint
from shopwright.kit.errors import Conflict, IdempotencyConflict, Invalid, Missing, Refused, Unavailable
from shopwright.kit.money import Money, write
from shopwright.kit.translation import gettext as _
from shopwright.services.giftcards.contract import BoughtGiftCard
from shopwright.services.inventory.contract import VariantQuantity
from shopwright.services.orders import past_store, refund_events, refund_parts, refund_rules, refund_store, store
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import (
    PAID,
    LineQuantity,
    NewRefund,
    Order,
    Refund,
    RefundNotPossible,
    gift_cards,
)
from shopwright.services.payments.contract import Payment

LONGEST = 500
BATCH = 50


class Refunds:
    """Refunds requested by staff, until they are settled or refused."""

    def __init__(self, context: OrderContext) -> None:
        self._context = context
        self._work = context.work

    async def refund(self, order_id: str, refund: NewRefund, key: str, who: Caller) -> Order:
        request_mark = fingerprint(msgspec.json.encode(refund))
        unused = await self._unused_cards(order_id, refund)
        async with self._work.begin() as tx:
            order = await self._context.locked(tx, order_id)
            scoped = f"{order.id}/{key}"
            known = await refund_store.refund_by_key(tx, scoped)
            if known is not None and known["fingerprint"] != request_mark:
                raise IdempotencyConflict(_("This Idempotency-Key was used for another refund. Use a new one."))
            if known is not None:
                made = str(known["id"])
            else:
                refund_rules.check_gift_cards(order, refund, unused)
                made = await self.write_refund(tx, order, refund, scoped, request_mark, who)
        existing = next((one for one in (await self._context.get(order.id)).refunds if one.id == made), None)
        if existing is not None and existing.status == "asked":
            await self.execute(order.id, existing)
        order = await self._context.get(order.id)
        if refused := next((one for one in order.refused if one.id == made), None):
            raise RefundNotPossible(
                _(
                    "{amount} cannot be refunded: {why} Nothing was changed.",
                    amount=write(refused.amount),
                    why=refused.why,
                ),
                data={"refund_id": made, "why": refused.why},
            )
        return msgspec.structs.replace(order, refund=next((one for one in order.refunds if one.id == made), None))

    async def _unused_cards(self, order_id: str, refund: NewRefund) -> Sequence[BoughtGiftCard]:
        """Return the gift cards bought with an order that can be refunded, if there may be some."""
        order = await self._context.get(order_id) if refund.lines else None
        return [one for one in await self._context.giftcards.bought(order) if one.unused] if order else []

    async def write_refund(
        self, tx: Transaction, order: Order, refund: NewRefund, key: str, request_mark: str, who: Caller
    ) -> str:
        """First step: write the requested refund and return its id. Raises Conflict, Invalid."""
        if order.status == "cancelled":
            raise Conflict(
                _("This order is cancelled: it is refunded as a whole. Cancel it again to request what is still owed.")
            )
        if order.status not in PAID:
            raise Conflict(_("This order is {status}; there is no money to refund.", status=order.status))
        await self._context.not_being_cancelled(tx, order.id)
        if await past_store.is_past(tx, order.id):
            raise Conflict(_("This order was paid in an earlier shop; it can only be refunded there."))
        if not refund.reason.strip():
            raise Invalid.at("/reason", _("Enter the reason of the refund; the customer sees it."))
        parts, chosen = refund_rules.refunded_parts(order, refund)
        amount = refund_parts.sum_of(parts, order.currency)
        all_to_card = refund.to == "gift_card"
        if all_to_card and not order.gift_cards and not order.email:
            raise Invalid.at("/to", _("There is no address to send a gift card code to: the buyer was erased."))
        to_cards = amount if all_to_card else gift_cards.share_of_cards(order, amount)
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
            to_gift_cards=to_cards if to_cards.amount else None,
        )
        await refund_store.insert_refund(tx, order.id, made, key, request_mark)
        await store.write_counts(tx, refund_rules.refunded(order, chosen, returned=refund.returned))
        await self._context.add_history(tx, order.id, f"Refund of {write(amount)}: {made.reason}", who.signature)
        return made.id

    async def finish_refunds(self) -> None:
        """Scheduled job: look up each pending refund, independently of the others."""
        for order_id, refund in await refund_store.open_refunds(self._work, to_micros(self._work.now()), BATCH):
            with self._work.aside.guard("refund", refund.id):
                async with self._work.begin() as tx:
                    later = tx.now + refund_rules.pause(tx.now - refund.created_at)
                    await refund_store.ask_later(tx, refund.id, to_micros(later))
                await self.execute(order_id, refund)

    async def execute(self, order_id: str, refund: Refund) -> None:
        """Second step: withdraw its gift cards, request the money and apply the answer. Safe to repeat."""
        head = await store.head(self._work, order_id)
        if head is None or head.payment_id is None:
            return
        if not await self._withdraw_cards(order_id, refund):
            return
        amount = gift_cards.by_payment(refund)
        if not amount.amount:
            await self._settle(order_id, refund.id)
            return
        try:
            payment = await self._context.payments.refund(key=refund.id, payment_id=head.payment_id, amount=amount)
        except Unavailable:
            return
        except (Refused, Conflict) as error:  # more than is left, or not received at all
            await self._refuse(order_id, refund.id, error.detail)
            return
        await self._apply(order_id, refund.id, payment)

    async def _withdraw_cards(self, order_id: str, refund: Refund) -> bool:
        """Withdraw refunded gift cards. Returns False if one was used meanwhile: the refund is refused."""
        order = await store.read(self._work, order_id)
        try:
            if order is not None:
                await self._context.giftcards.withdraw(order, refund)
        except Conflict as error:
            await self._refuse(order_id, refund.id, error.detail)
            return False
        return True

    async def _apply(self, order_id: str, refund_id: str, payment: Payment) -> None:
        """Apply the state of a refund in payments to the order."""
        provider_refund = next((one for one in payment.refunds if one.key == refund_id), None)
        if (
            provider_refund is None or provider_refund.state == "settled"
        ):  # an earlier version answers when it is settled, and names none
            await self._settle(order_id, refund_id, provider_refund.reference if provider_refund else "")
        elif provider_refund.state == "refused":
            await self._refuse(order_id, refund_id, provider_refund.why)

    async def _settle(self, order_id: str, refund_id: str, reference: str = "") -> None:
        """Credit the gift cards and restock the goods of a refund whose money is paid, then mark it as settled."""
        order = await store.read(self._work, order_id)
        refund = next((one for one in order.refunds if one.id == refund_id), None) if order else None
        if order is None or refund is None or refund.status == "settled":
            return
        try:
            stuck = await self._context.giftcards.refund(order, refund)
        except Refused as error:
            if gift_cards.by_payment(refund).amount:
                raise
            # Its buyer, to whom a new card's code could be sent, was erased meanwhile.
            await self._refuse(order_id, refund_id, error.detail)
            return
        await self._restock(order, refund)
        await self._mark_settled(order_id, msgspec.structs.replace(refund, reference=reference), stuck)

    async def _restock(self, order: Order, refund: Refund) -> None:
        """Return refunded goods to stock if requested; backordered units are no longer due in any case."""
        back = Counter[str]()
        for one in refund_rules.wanted(order, refund.lines if refund.restock else await self._freed(order, refund)):
            back[one.variant_id] += one.quantity
        if wanted := [VariantQuantity(variant_id, units) for variant_id, units in back.items() if units]:
            await self._context.inventory.restock(order.id, wanted, key=refund.id)

    async def _freed(self, order: Order, refund: Refund) -> Sequence[LineQuantity]:
        """Units that were on backorder, stored before the backorder is released, as they cannot be found afterwards."""
        if refund.returned or not refund.lines:
            return ()
        waits = dict(await self._context.inventory.backordered(order.id))
        async with self._work.begin() as tx:
            now = await self._context.locked(tx, order.id)
            known = next((one for one in (*now.refunds, *now.refused) if one.id == refund.id), refund)
            if known.freed is None:
                known = msgspec.structs.replace(known, freed=refund_rules.on_backorder(order, refund, waits))
                await refund_store.rewrite(tx, known)
        return known.freed or ()

    async def _mark_settled(self, order_id: str, refund: Refund, stuck: Money) -> None:
        async with self._work.begin() as tx:
            order = await self._context.locked(tx, order_id)
            settled = await refund_store.settle_refund(tx, refund.id, refund.reference)
            if settled and refund.amount.amount and not refund.of_all:
                await self.emit_refunded(tx, order, refund, stuck=stuck)
            refused = next((one for one in order.refused if one.id == refund.id), None)
            if refused is not None and refused.to_gift_cards is not None and not refused.of_all:
                # While its part was credited to the cards.
                await self._stays_on_cards(tx, order, refused)

    async def _stays_on_cards(self, tx: Transaction, order: Order, refused: Refund) -> Refund:
        """Turn what a refused refund left on gift cards into a refund of its own, once."""
        stays = refund_rules.stays_on_cards(order, refused, self._work.ids.new("rfd"), tx.now)
        new = await refund_store.insert_refund(tx, order.id, stays, f"{refused.id}/cards", "")
        if new and refused.status != "settled" and order.status != "cancelled":
            await self.emit_refunded(tx, order, stays)
        return stays

    async def emit_refunded(
        self, tx: Transaction, order: Order, refund: Refund, *, dispute: bool = False, stuck: Money | None = None
    ) -> None:
        """Emit OrderRefunded. `stuck`: the part on disabled gift cards."""
        await tx.emit(refund_events.refunded(order, refund, dispute=dispute, stuck=stuck))

    async def on_refund_settled(self, delivery: Delivery) -> None:
        """Handle RefundSettled, if we did not see the refund settle."""
        payment = await self._context.payments.get(delivery.event.payment_id)
        provider_refund = next((one for one in payment.refunds if one.key == delivery.event.refund_key), None)
        if provider_refund is not None and provider_refund.state == "settled":
            await self._settle(delivery.event.order_id, delivery.event.refund_key, provider_refund.reference)

    async def _refuse(self, order_id: str, refund_id: str, why: str) -> None:
        """Undo a refused refund, except what is already on gift cards, and notify staff."""
        known = await store.read(self._work, order_id)
        existing = next((one for one in known.refunds if one.id == refund_id), None) if known else None
        on_cards = await self._context.giftcards.has(order_id, existing)
        if known is not None and existing is not None:
            await self._context.giftcards.restore(known, existing)
        async with self._work.begin() as tx:
            order = await self._context.locked(tx, order_id)
            refund = next((one for one in order.refunds if one.id == refund_id), None)
            if refund is None or not await refund_store.refuse_refund(tx, refund_id, why):
                return
            await store.write_counts(tx, refund_rules.not_refunded(order, refund))
            stays = []
            if on_cards:
                stays.append(await self._stays_on_cards(tx, order, refund))
            after = refund_rules.without(order, refund, *stays)
            for one in after.refunds:
                if one not in (*order.refunds, *stays):
                    await refund_store.rewrite(tx, one)
            by_payment = gift_cards.by_payment(refund)
            amount = by_payment if by_payment.amount or on_cards else refund.amount
            await self._emit_refused(tx, order, amount, refund_id, why, refund, after)
        if refund.status == "settled" and order.status != "cancelled":
            await self._commit_restocked(order, refund)

    async def _emit_refused(
        self,
        tx: Transaction,
        order: Order,
        amount: Money,
        refund_id: str,
        why: str,
        refund: Refund | None = None,
        after: Order | None = None,
    ) -> None:
        await self._context.add_history(
            tx, order.id, f"Refund of {write(amount)} was refused: it is not paid", SYSTEM.name
        )
        await tx.emit(refund_events.refused(order, amount, refund_id, why, refund, after))

    async def _commit_restocked(self, order: Order, refund: Refund) -> None:
        """Take restocked units that are to be shipped after all; note any that were sold meanwhile."""
        if not refund.restock or not refund.unsent:
            return
        units = Counter[str]()
        for one in refund_rules.wanted(order, refund.unsent):
            units[one.variant_id] += one.quantity
        again = [VariantQuantity(variant_id, count) for variant_id, count in units.items()]
        try:
            await self._context.inventory.recommit(order.id, again, key=f"{refund.id}/refused")
        except Refused:
            async with self._work.begin() as tx:
                await self._context.add_history(
                    tx, order.id, "Goods of the refused refund were sold meanwhile", SYSTEM.name
                )

    async def on_refund_refused(self, delivery: Delivery) -> None:
        """Handle RefundRefused, also for a closed order's money that was not refunded by request."""
        order = await store.read(self._work, delivery.event.order_id)
        if order is None:
            return
        row = await refund_store.refund_by_key(self._work, f"provider/{delivery.event.refund_key}")
        names = {delivery.event.refund_key, row["id"] if row else ""}
        known = next((one for one in (*order.refunds, *order.refused) if one.id in names), None)
        if known is None:
            async with self._work.begin(dedup_key=delivery.key) as tx:
                await self._emit_refused(
                    tx, order, delivery.event.amount, delivery.event.refund_key, delivery.event.why
                )
            return
        if not known.why:
            await self._refuse(order.id, known.id, delivery.event.why)
        elif known.settled_at is not None and order.status != "cancelled":
            await self._commit_restocked(order, known)  # where inventory was away when it was refused
        if order.status == "cancelled" and known.restock:
            await self._restock(order, known)  # the order's goods went back without these

    async def cancel_refund(self, order_id: str, refund_id: str, reason: str, who: Caller) -> Order:
        because = reason.strip()[:LONGEST]
        if not because:
            raise Invalid.at("/reason", _("Enter why the refund will not be paid; other staff see it."))
        order = await self._context.get(order_id)
        refund = next((one for one in (*order.refunds, *order.refused) if one.id == refund_id), None)
        repayment = next(
            (one for one in (order.payment.refunds if order.payment else ()) if one.key == refund_id), None
        )
        if refund is None and repayment is None:
            raise Missing(_("This order has no such refund."))
        if refund is not None and not refund.amount.amount:
            raise Conflict(_("This refund has no amount: there is no money to keep."))
        if refund is not None and refund.why:
            return order
        ended = f"{because} ({who.signature})"
        if refund is not None and not gift_cards.by_payment(refund).amount:
            return await self._cancel_credit(order, refund, ended, who)
        try:
            payment = await self._context.payments.cancel_refund(key=refund_id, why=ended)
        except Missing:  # payments has not received it yet
            raise Conflict(_("This refund is being requested. Try again in a minute.")) from None
        finally:
            await self._apply_latest(order, refund_id)
        provider_refund = next((one for one in payment.refunds if one.key == refund_id), None)
        async with self._work.begin() as tx:
            if provider_refund is not None and provider_refund.why == ended:
                await self._context.add_history(
                    tx, order.id, f"Refund of {write(provider_refund.amount)} will not be paid", who.signature
                )
        return await self._context.get(order.id)

    async def _cancel_credit(self, order: Order, refund: Refund, ended: str, who: Caller) -> Order:
        """Cancel a refund that goes to gift cards alone, which payments never see."""
        if refund.status == "settled" or await self._context.giftcards.has(order.id, refund):
            raise Conflict(
                _("{amount} is already on a gift card. Disable the card to stop it.", amount=write(refund.amount))
            )
        await self._refuse(order.id, refund.id, ended)
        async with self._work.begin() as tx:
            await self._context.add_history(
                tx, order.id, f"Refund of {write(refund.amount)} will not be paid", who.signature
            )
        return await self._context.get(order.id)

    async def _apply_latest(self, order: Order, refund_id: str) -> None:
        """Look up a refund in payments and apply its state."""
        if order.payment is None or not any(one.id == refund_id for one in order.refunds):
            return
        payment = await self._context.payments.get(order.payment.id)
        if any(one.key == refund_id for one in payment.refunds):
            await self._apply(order.id, refund_id, payment)
