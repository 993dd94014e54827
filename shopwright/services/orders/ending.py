"""How an order ends before its time: given up, with everything it had going back, whatever breaks in between."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from shopwright.kit.auth import Caller
from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Missing
from shopwright.kit.facts import Event, Heard
from shopwright.kit.work import Transaction, Work
from shopwright.services.carts.contract import Carts, Paid
from shopwright.services.inventory.contract import Inventory
from shopwright.services.orders import (
    cancel_store,
    holds_store,
    list_store,
    model,
    placement_store,
    refund_rules,
    refund_store,
    store,
)
from shopwright.services.orders.contract import Order, Status, gift_cards
from shopwright.services.orders.contract.facts import OrderCancelled, OrderExpired, RestockedLine
from shopwright.services.orders.forgetting import Forgetting
from shopwright.services.orders.gift_cards import GiftCardPayments
from shopwright.services.orders.holds import Holds
from shopwright.services.orders.links import OrderLinks
from shopwright.services.orders.order_sources import OrderSources
from shopwright.services.orders.sales import Sales
from shopwright.services.orders.tax_corrections import TaxCorrections
from shopwright.services.payments.contract import Payment, PaymentRefund, Payments
from shopwright.services.pricing.contract import Pricing


class Ending:
    """Orders that end; what the rest of their life needs, too."""

    def __init__(
        self,
        work: Work,
        holds: Holds,
        *,
        carts: Carts,
        inventory: Inventory,
        pricing: Pricing,
        payments: Payments,
        giftcards: GiftCardPayments,
        links: OrderLinks,
        forgetting: Forgetting,
        sources: OrderSources,
    ) -> None:
        self._work = work
        self._links = links
        self.forgetting = forgetting
        self._sources = sources
        self._unpaid = holds
        self._carts = carts
        self._inventory = inventory
        self._pricing = pricing
        self._payments = payments
        self._giftcards = giftcards
        self._sales = Sales(work, pricing)
        self.tax_corrections = TaxCorrections(work, pricing)

    async def get(self, order_id: str) -> Order:
        order = await store.read(self._work, order_id)
        if order is None:
            raise Missing("There is no such order.")
        head = await store.head(self._work, order.id)
        sale = await self._sales.of(head) if head is not None else None
        order = msgspec.structs.replace(order, cart_id="", sale=sale)
        if head is None or head.payment_id is None:
            return order
        if order.status in {"cancelled", "expired"}:
            all_of_it = await self._payments.of_order(order.id)
            payment = next((one for one in all_of_it if one.id == head.payment_id), None)
            return msgspec.structs.replace(order, payment=payment, owed=refund_rules.owed(order, all_of_it))
        return msgspec.structs.replace(order, payment=await self._payments.get(head.payment_id))

    async def _close_cart(self, order: store.Head) -> None:
        """What was ordered is paid for; what was put into the cart since is not, and stays in one."""
        units = Counter[str]()
        for variant_id, quantity in await placement_store.units(self._work, order.id):
            units[variant_id] += quantity
        await self._carts.close(order.cart_id, Paid(order_id=order.id, units=units))

    async def _note(self, tx: Transaction, order_id: str, what: str, who: str) -> None:
        await store.write_down(tx, self._work.ids.new("tml"), order_id, what, who)

    async def give_up(
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
        """End an order that is still in one of `only`; False where it has moved on meanwhile. `back`: the money that went back."""
        async with self._work.begin() as tx:
            order = await self._locked(tx, order_id)
            unsold, lines = model.unsold(order)
            restock = refund_rules.to_be_restocked(order)
            if order.status == ended:
                return True
            if order.status not in only:
                return False
            await store.move(tx, order.id, model.STATES.move(order.status, ended))
            await holds_store.let_go(tx, order.id)
            await cancel_store.end(tx, order.id)
            if back is not None:
                await refund_store.insert_refund(
                    tx, order.id, refund_rules.of_all(order, back, reason, tx.now), back.key, ""
                )
            await self._note(tx, order.id, f"{ended.capitalize()}: {reason}", who.signature)
            told: Event = (
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
                )
            )
            await tx.tell(told)
        await self._undo(order_id, restock if took_goods else ())
        return True

    async def _undo(self, order_id: str, restock: Sequence[RestockedLine]) -> None:
        """Goods, coupons and money of an order that is off go back.

        Safe to repeat: a crash in between is made good by the fact that it is off, which we hear ourselves.
        """
        await self._inventory.release(order_id)
        await self._giftcards.release(order_id)
        await self._pricing.unredeem(order_id)
        order = await self.get(order_id)
        if order.status == "expired":
            return  # money may still come, and buy the goods after all
        await self._giftcards.give_back(order)
        if restock:
            await self._inventory.restock(order_id, refund_rules.wanted(order, restock), key=f"cancel/{order_id}")
        for payment in await self._payments.of_order(order_id):
            if payment.status in refund_rules.RECEIVED:
                await self._give_back(payment, order)

    async def hear_off(self, heard: Heard) -> None:
        """OrderCancelled, OrderExpired: what it had goes back, unless it was paid for after all."""
        order = await store.read(self._work, heard.event.order_id)
        if order is None or order.status not in {"cancelled", "expired"}:
            return
        restock: Sequence[RestockedLine] = ()
        if isinstance(heard.event, OrderCancelled) and heard.event.took_goods:
            told = heard.event.restock  # an earlier version did not tell
            restock = refund_rules.to_be_restocked(order) if told is None else told
        await self._undo(order.id, restock)

    async def _locked(self, tx: Transaction, order_id: str) -> Order:
        """The order, held until the transaction ends."""
        order = await store.held(tx, order_id)
        if order is None:
            raise Missing("There is no such order.")
        return order

    async def forget_unfinished(self) -> None:
        """A timer: where the process died while an order was placed, its goods and coupons go back."""
        before = self._work.ids.at("ord", self._work.now() - model.PLACING)
        for order_id in await placement_store.abandoned_placements(self._work, before):
            with self._work.aside.guard("unfinished order", order_id):
                if await self._give_up_placement(order_id):
                    async with self._work.begin() as tx:
                        await placement_store.drop_placement(tx, order_id)
        async with self._work.begin() as tx:
            await placement_store.note_written(tx, model.MANY)
            await list_store.note_authorised(tx, to_micros(tx.now + model.TIME_TO_PAY + model.GRACE))
        await self._unpaid.forget()

    async def _give_up_placement(self, order_id: str) -> bool:
        """What was set aside for an order that will never be goes back; False where it has become one.

        Whoever else is placing it finds it given up when it comes to write it: nothing is taken from under an order.
        """
        async with self._work.begin() as tx:
            if not await placement_store.give_up_placement(tx, order_id):
                return False
            await holds_store.let_go(tx, order_id)
        await self._inventory.release(order_id)
        await self._giftcards.release(order_id)
        await self._pricing.unredeem(order_id)
        return True

    async def _end_payments(self, order_id: str) -> Payment | None:
        """All tries to pay for an order are over, also one it never got to know of; a captured one is answered."""
        ended = [await self._payments.void(one.id) for one in await self._payments.of_order(order_id)]
        return next((one for one in ended if one.status == "captured"), None)

    async def _give_back(self, payment: Payment, order: Order) -> None:
        """Money for an order that is off (or paid twice) goes back at once: first what was promised, then the rest."""
        if order.payment is not None and order.payment.id == payment.id:
            await self._ask_for_promised(payment, order)
        payment = await self._payments.get(payment.id)
        await self._repay(payment, refund_rules.repayment_key(payment, again=False), order)

    async def _ask_for_promised(self, payment: Payment, order: Order) -> bool:
        """Ask for refunds of the order that payments have not heard of; False where there is none."""
        known = {one.key for one in payment.refunds}
        asked = [one for one in order.refunds if one.status == "asked" and not one.of_all]
        waiting = [one for one in asked if gift_cards.by_payment(one).amount]
        promised = [one for one in waiting if one.id not in known]
        for refund in promised:
            await self._payments.refund(key=refund.id, payment_id=payment.id, amount=gift_cards.by_payment(refund))
        return bool(promised)

    async def _repay(self, payment: Payment, key: str, order: Order) -> PaymentRefund | None:
        """All that is left of a payment goes back, once for each key; None where nothing was left."""
        left = refund_rules.left_of_payment(payment, order)
        if left.amount > 0 and not any(one.key == key for one in payment.refunds):
            payment = await self._payments.refund(key=key, payment_id=payment.id, amount=left)
        return next((one for one in payment.refunds if one.key == key), None)
