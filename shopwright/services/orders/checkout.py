"""Checkout: from a cart to a paid order.

    carts.get       → the items, at the total the shopper was shown
    inventory       → reserves all lines or none; a reservation expires, so a crash needs no undo
    giftcards.hold  → holds what gift cards pay; a hold expires, too; and plans the gift cards that are bought
    pricing.redeem  → counts the use of coupons
    one transaction → stores the placed order with its number and event
    payments.open   → the payment; webhook, browser return and our own look-ups all end in `settle`

Later steps are in `fulfilment.py`; early ends (cancellation, expiry) in `closing.py`.
"""

from contextlib import suppress

import msgspec

from shopwright.kit.auth import GUEST, SYSTEM, Caller
from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import UniqueViolation
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.derived import fingerprint
from shopwright.kit.errors import Conflict, IdempotencyConflict, Missing, ShopError, Unavailable
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext as _
from shopwright.services.carts.contract import Cart
from shopwright.services.inventory.contract import VariantQuantity
from shopwright.services.orders import find_store, list_store, model, placement_store, sale_store, store, unpaid_store
from shopwright.services.orders.closing import OrderClosing
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import Order, OrderLine, PaymentChoice, PlaceOrder, ShippingCharge
from shopwright.services.orders.contract.events import OrderPlaced
from shopwright.services.orders.repayment import Repayment
from shopwright.services.orders.settlement import UNPAID, Settlement
from shopwright.services.orders.unpaid_limits import UnpaidLimits
from shopwright.services.payments.contract import Payment


class Checkout:
    """Places orders and opens their payments."""

    def __init__(
        self,
        context: OrderContext,
        holds: UnpaidLimits,
        repayment: Repayment,
        closing: OrderClosing,
        settlement: Settlement,
    ) -> None:
        self._context = context
        self._holds = holds
        self._repayment = repayment
        self._closing = closing
        self._settlement = settlement
        self._work = context.work

    async def place(self, request: PlaceOrder, key: str, who: Caller) -> Order:
        scoped = f"{who.user_id or request.cart_id}/{key}"
        request_mark = fingerprint(msgspec.json.encode(request))
        async with self._work.begin() as tx:
            order_id, first = await placement_store.claim_key(tx, scoped, request_mark, self._work.ids.new("ord"))
        if first != request_mark:
            raise IdempotencyConflict(_("This Idempotency-Key was used for another order. Use a new one."))
        placed = await store.head(self._work, order_id) or await self._place_new(order_id, request, who)
        if placed.payment_id is None and placed.status == "placed":
            await self._open_payment(placed, 1, request.payment, who)
        return await self._context.get(order_id)

    async def _place_new(self, order_id: str, request: PlaceOrder, who: Caller) -> store.OrderHead:
        cart = await self._context.carts.get(request.cart_id)
        if cart.customer_id is not None and cart.customer_id != who.user_id:
            raise Missing(_("There is no such cart."))
        expected = request.expected_total
        model.check_cart(cart, expected if isinstance(expected, Money) else Money(expected, cart.currency))
        to_pay = model.check_to_pay(cart, request.expected_to_pay)
        await self._check_payment(order_id, to_pay, request.payment, cart.email, who)
        await self._close_earlier_order(cart, order_id)
        wanted = [VariantQuantity(line.variant_id, line.quantity) for line in cart.lines]
        await self._holds.claim(order_id, cart, who.address)
        try:
            until = self._work.now() + model.TIME_TO_PAY + model.GRACE
            await self._context.inventory.reserve(order_id, wanted, until)
            await self._context.giftcards.hold(order_id, model.shares_of(cart), until, cart.id)
            await self._context.giftcards.plan(order_id, cart)
            if cart.used_coupons:
                names = model.known_as(cart.customer_id, cart.email, who.email if cart.customer_id else "")
                await self._context.pricing.redeem(order_id, cart.used_coupons, names[0], names[1:])
            kept, new = await self._context.sales.prepare(cart)
            async with self._work.begin() as tx:
                if kept.number is not None and new is not None:
                    await sale_store.write(tx, kept.number, new)
                await self._write(tx, order_id, cart, who, kept)
        except (ShopError, UniqueViolation) as error:
            if not await self._give_up_placement(order_id) and (placed := await store.head(self._work, order_id)):
                return placed  # the same request, a moment ahead of this one, has placed it
            if isinstance(error, UniqueViolation):
                raise Conflict(_("This cart is being checked out in another window.")) from None
            raise
        if cart.untaxed and cart.shipping_address:
            place = cart.shipping_address
            with suppress(ShopError):  # the order is placed, whether staff are notified or not
                await self._context.pricing.note_untaxed(place.country, place.region, cart.untaxed)
        placed = await store.head(self._work, order_id)
        if placed is None:
            raise Missing(_("There is no such order."))
        return placed

    async def _close_earlier_order(self, cart: Cart, order_id: str) -> None:
        """Close an unpaid order of an earlier state of this cart, unless its payment has already arrived."""
        earlier = await store.living_of_cart(self._work, cart.id)
        if earlier is None or earlier.id == order_id:
            return
        if earlier.status != "placed":
            raise Conflict(_("This cart has been ordered already."), data={"order_id": earlier.id})
        if (captured := await self._repayment.end_payments(earlier.id)) is not None:
            await self._settlement.settle(earlier.id, captured)
            raise Conflict(_("This cart has been ordered and paid already."), data={"order_id": earlier.id})
        reason = "The order was placed again from the same cart."
        if not await self._closing.close_order(earlier.id, reason, SYSTEM, "cancelled", only=UNPAID):
            raise Conflict(_("This cart has been ordered and paid already."), data={"order_id": earlier.id})

    async def _write(
        self, tx: Transaction, order_id: str, cart: Cart, who: Caller, kept: sale_store.SaleOfOrder
    ) -> None:
        if cart.shipping_address is None or cart.shipping_option is None:
            raise Conflict(_("The cart still needs an address and a shipping option."))
        if not await placement_store.keep_placement(tx, order_id):
            raise Unavailable(_("This took too long. Send it again."))
        order = Order(
            id=order_id,
            number=str(await store.next_number(tx)),
            status="placed",
            email=cart.email,
            customer_id=cart.customer_id,
            currency=cart.currency,
            lines=self._lines(cart),
            totals=cart.totals,
            receipt=cart.receipt,
            coupons=cart.used_coupons,
            shipping_address=cart.shipping_address,
            billing_address=cart.billing_address or cart.shipping_address,
            shipping_title=cart.shipping_option.title,
            shipping=ShippingCharge(
                title=cart.shipping_option.title, price=cart.totals.shipping, tax_parts=cart.shipping_tax_parts
            ),
            arrives=cart.shipping_option.arrives,
            payment=None,
            shipments=(),
            refunds=(),
            timeline=(),
            cart_id=cart.id,
            placed_at=tx.now,
            version=1,
            gift_cards=model.shares_of(cart),
            **cart.buyer_notes,
        )
        await find_store.insert(tx, order, to_micros(tx.now + model.TIME_TO_PAY), cart.version, kept)
        await self._context.add_history(tx, order_id, "Order placed", who.name or cart.shipping_address.name)
        await tx.emit(
            OrderPlaced(
                order_id=order_id,
                number=order.number,
                email=order.email,
                customer_id=order.customer_id,
                total=order.totals.total,
                arrives=order.arrives,
                untaxed=model.untaxed(order, cart.tax_id),
            )
        )

    def _lines(self, cart: Cart) -> tuple[OrderLine, ...]:
        shares = {line.line_id: line for line in cart.quoted}
        return tuple(
            OrderLine(
                id=self._work.ids.new("oli"),
                product_id=line.product_id,
                slug=line.slug,
                variant_id=line.variant_id,
                sku=line.sku,
                title=line.title,
                variant_title=line.variant_title,
                image=line.image,
                quantity=line.quantity,
                unit_price=line.unit_price,
                total=line.total,
                discount=shares[line.id].discount,
                tax=shares[line.id].tax,
                tax_parts=shares[line.id].tax_parts,
                discounts=shares[line.id].discounts,
            )
            for line in cart.lines
        )

    # --- payment

    async def _check_payment(self, order_id: str, total: Money, choice: PaymentChoice, email: str, who: Caller) -> None:
        """Check provider, return URL and rate limit before anything is reserved or released."""
        await self._context.payments.check(
            order_id=order_id,
            amount=total,
            provider=choice.provider,
            token=choice.token,
            return_url=choice.return_url.replace("{order_id}", order_id),
            email=email,
            address=who.address,
        )

    async def _open_payment(self, order: store.OrderHead, attempt: int, choice: PaymentChoice, who: Caller) -> Payment:
        payment = await self._context.payments.open(
            key=f"{order.id}/{attempt}",
            order_id=order.id,
            amount=order.to_pay,
            provider=choice.provider,
            token=choice.token,
            return_url=choice.return_url.replace("{order_id}", order.id),
            email=order.email,
            address=who.address,
        )
        await self._settlement.settle(order.id, payment)
        return payment

    async def pay(self, order_id: str, choice: PaymentChoice, who: Caller = GUEST) -> Order:
        order = await store.head(self._work, order_id)
        if order is None:
            raise Missing(_("There is no such order."))
        if order.status != "placed":
            raise Conflict(_("This order is {status}; it cannot be paid for.", status=order.status))
        if any(one.status == "authorized" for one in await self._context.payments.of_order(order_id)):
            raise Conflict(_("The payment of this order is already authorised; the shop captures it."))
        await self._check_payment(order_id, order.to_pay, choice, order.email, who)
        if (captured := await self._repayment.end_payments(order_id)) is not None:
            await self._settlement.settle(order_id, captured)
            return await self._context.get(order_id)
        await self._reserve_again(order)
        async with self._work.begin() as tx:
            if not await store.next_attempt(tx, order_id, order.attempts, to_micros(tx.now + model.TIME_TO_PAY)):
                raise Conflict(_("This order is being paid in another window."))
        await self._open_payment(order, order.attempts + 1, choice, who)
        return await self._context.get(order_id)

    async def _reserve_again(self, order: store.OrderHead) -> None:
        """Reserve goods and hold gift cards for another attempt. Raises SoldOut, GiftCardRefused, Conflict."""
        until = self._work.now() + model.TIME_TO_PAY + model.GRACE
        wanted = [
            VariantQuantity(variant_id, units)
            for variant_id, units in await placement_store.units(self._work, order.id)
        ]
        await self._context.inventory.reserve(order.id, wanted, until)
        await self._context.inventory.extend_reservation(order.id, until)
        await self._context.giftcards.hold_for(order, until)
        now = await store.head(self._work, order.id)
        if now is not None and now.status in {"cancelled", "expired"}:  # closed just before this reserved again
            await self._context.inventory.release_reservation(order.id)
            await self._context.giftcards.release(order.id)
            raise Conflict(_("This order is {status}; it cannot be paid for.", status=now.status))

    async def payment_returned(self, order_id: str) -> Order:
        order = await store.head(self._work, order_id)
        if order is None:
            raise Missing(_("There is no such order."))
        if order.payment_id is not None and order.status == "placed":
            await self._settlement.settle(order_id, await self._context.payments.look_up(order.payment_id))
        return await self._context.get(order_id)

    # --- unfinished placements

    async def forget_unfinished(self) -> None:
        """Scheduled job: release goods and coupons of placements that a crashed process left behind."""
        before = self._work.ids.at("ord", self._work.now() - model.PLACING)
        for order_id in await placement_store.abandoned_placements(self._work, before):
            with self._work.aside.guard("unfinished order", order_id):
                if await self._give_up_placement(order_id):
                    async with self._work.begin() as tx:
                        await placement_store.drop_placement(tx, order_id)
        async with self._work.begin() as tx:
            await placement_store.note_written(tx, model.MANY)
            await list_store.note_authorised(tx, to_micros(tx.now + model.TIME_TO_PAY + model.GRACE))
        await self._holds.forget()

    async def _give_up_placement(self, order_id: str) -> bool:
        """Release what was reserved for an abandoned placement. Returns False if it has become an order.

        A process that is still placing the order finds the placement abandoned when it comes to write the order, so
        nothing is taken from an order that exists.
        """
        async with self._work.begin() as tx:
            if not await placement_store.give_up_placement(tx, order_id):
                return False
            await unpaid_store.let_go(tx, order_id)
        await self._context.inventory.release_reservation(order_id)
        await self._context.giftcards.release(order_id)
        await self._context.pricing.release_coupons(order_id)
        return True
