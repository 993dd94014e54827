"""Orders: from a cart to a paid order, on one page.

    carts.get       → what is wanted, at the total the shopper was shown
    inventory       → all lines set aside, or none; this runs out by itself, so a crash needs no undo
    giftcards.hold  → what gift cards pay, held; this runs out, too
    pricing.redeem  → coupons counted
    one transaction → the order as placed, with its number and its fact
    payments.open   → the money; its webhook, the browser's return and our own questions all end in `settle`

What happens to an order afterwards is in `fulfilment.py`, how it ends before its time in `ending.py`.
"""

from collections.abc import Mapping
from contextlib import suppress

import msgspec

from shopwright.kit.auth import GUEST, SYSTEM, Caller
from shopwright.kit.clock import to_micros
from shopwright.kit.database import UniqueViolation
from shopwright.kit.derived import fingerprint
from shopwright.kit.errors import Conflict, IdempotencyConflict, Missing, ShopError, Unavailable
from shopwright.kit.facts import Heard
from shopwright.kit.money import Money
from shopwright.kit.work import Transaction
from shopwright.services.carts.contract import Cart
from shopwright.services.giftcards.contract import GiftCardRefused
from shopwright.services.inventory.contract import SoldOut, Wanted
from shopwright.services.orders import (
    find_store,
    holds_store,
    list_store,
    model,
    placement_store,
    sale_store,
    store,
)
from shopwright.services.orders.contract import (
    PAID,
    Order,
    OrderFilter,
    OrderLine,
    OrderSummary,
    PaymentChoice,
    PlaceOrder,
    ShippingCharge,
    Status,
)
from shopwright.services.orders.contract.facts import OrderPaid, OrderPlaced
from shopwright.services.orders.guests import Guests
from shopwright.services.payments.contract import Payment
from shopwright.services.pricing.contract import CouponRefused

UNPAID: frozenset[Status] = frozenset({"placed", "expired"})
# What an order that is paid late may not find any more.
TOO_LATE: Mapping[type[ShopError], str] = {
    SoldOut: "the goods were sold to others",
    CouponRefused: "its coupon was used by others",
    GiftCardRefused: "its gift card was spent, or had ended",
}


class OrderBook(Guests):
    """Placing, paying and reading orders."""

    # --- placing

    async def place(self, request: PlaceOrder, key: str, who: Caller) -> Order:
        scoped = f"{who.user_id or request.cart_id}/{key}"
        marks = fingerprint(msgspec.json.encode(request))
        async with self._work.begin() as tx:
            order_id, first = await placement_store.claim_key(tx, scoped, marks, self._work.ids.new("ord"))
        if first != marks:
            raise IdempotencyConflict("This Idempotency-Key was used for another order. Use a new one.")
        placed = await store.head(self._work, order_id) or await self._place_new(order_id, request, who)
        if placed.payment_id is None and placed.status == "placed":
            await self._open_payment(placed, 1, request.payment, who)
        return await self.get(order_id)

    async def _place_new(self, order_id: str, request: PlaceOrder, who: Caller) -> store.Head:
        cart = await self._carts.get(request.cart_id)
        if cart.customer_id is not None and cart.customer_id != who.user_id:
            raise Missing("There is no such cart.")
        expected = request.expected_total
        model.check_cart(cart, expected if isinstance(expected, Money) else Money(expected, cart.currency))
        to_pay = model.check_to_pay(cart, request.expected_to_pay)
        await self._check_payment(order_id, to_pay, request.payment, cart.email, who)
        await self._make_room(cart, order_id)
        wanted = [Wanted(line.variant_id, line.quantity) for line in cart.lines]
        await self._unpaid.claim(order_id, cart, who.address)
        try:
            until = self._work.now() + model.TIME_TO_PAY + model.GRACE
            await self._inventory.reserve(order_id, wanted, until)
            await self._giftcards.hold(order_id, model.shares_of(cart), until, cart.id)
            if cart.used_coupons:
                names = model.known_as(cart.customer_id, cart.email, who.email if cart.customer_id else "")
                await self._pricing.redeem(order_id, cart.used_coupons, names[0], names[1:])
            kept, new = await self._sales.prepare(cart)
            async with self._work.begin() as tx:
                if kept.number is not None and new is not None:
                    await sale_store.write(tx, kept.number, new)
                await self._write(tx, order_id, cart, who, kept)
        except (ShopError, UniqueViolation) as error:
            if not await self._give_up_placement(order_id) and (placed := await store.head(self._work, order_id)):
                return placed  # the same request, a moment ahead of this one, has placed it
            if isinstance(error, UniqueViolation):
                raise Conflict("This cart is being ordered in another window.") from None
            raise
        if cart.untaxed and cart.shipping_address:
            place = cart.shipping_address
            with suppress(ShopError):  # the order is placed, whether staff hear of this or not
                await self._pricing.note_untaxed(place.country, place.region, cart.untaxed)
        placed = await store.head(self._work, order_id)
        if placed is None:
            raise Missing("There is no such order.")
        return placed

    async def _make_room(self, cart: Cart, order_id: str) -> None:
        """An unpaid order of an earlier state of this cart gives way, unless its money is already here."""
        earlier = await store.living_of_cart(self._work, cart.id)
        if earlier is None or earlier.id == order_id:
            return
        if earlier.status != "placed":
            raise Conflict("This cart has been ordered already.", data={"order_id": earlier.id})
        if (captured := await self._end_payments(earlier.id)) is not None:
            await self.settle(earlier.id, captured)
            raise Conflict("This cart has been ordered and paid already.", data={"order_id": earlier.id})
        reason = "The order was placed again from the same cart."
        if not await self.give_up(earlier.id, reason, SYSTEM, "cancelled", only=UNPAID):
            raise Conflict("This cart has been ordered and paid already.", data={"order_id": earlier.id})

    async def _write(self, tx: Transaction, order_id: str, cart: Cart, who: Caller, kept: sale_store.Kept) -> None:
        if cart.shipping_address is None or cart.shipping_option is None:
            raise Conflict("The cart still needs an address and a way to ship.")
        if not await placement_store.keep_placement(tx, order_id):
            raise Unavailable("This took too long. Send it again.")
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
        )
        await find_store.insert(tx, order, to_micros(tx.now + model.TIME_TO_PAY), cart.version, kept)
        await self._note(tx, order_id, "Order placed", who.name or cart.shipping_address.name)
        await tx.tell(
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

    # --- paying

    async def _check_payment(self, order_id: str, total: Money, choice: PaymentChoice, email: str, who: Caller) -> None:
        """Before anything is set aside or given up: a way to pay that there is, a way back from it, and not too often."""
        await self._payments.check(
            order_id=order_id,
            amount=total,
            provider=choice.provider,
            token=choice.token,
            return_url=choice.return_url.replace("{order_id}", order_id),
            email=email,
            address=who.address,
        )

    async def _open_payment(self, order: store.Head, attempt: int, choice: PaymentChoice, who: Caller) -> Payment:
        payment = await self._payments.open(
            key=f"{order.id}/{attempt}",
            order_id=order.id,
            amount=order.to_pay,
            provider=choice.provider,
            token=choice.token,
            return_url=choice.return_url.replace("{order_id}", order.id),
            email=order.email,
            address=who.address,
        )
        await self.settle(order.id, payment)
        return payment

    async def pay(self, order_id: str, choice: PaymentChoice, who: Caller = GUEST) -> Order:
        order = await store.head(self._work, order_id)
        if order is None:
            raise Missing("There is no such order.")
        if order.status != "placed":
            raise Conflict(f"This order is {order.status}; it cannot be paid for.")
        if any(one.status == "authorized" for one in await self._payments.of_order(order_id)):
            raise Conflict("The money for this order is set aside already; the shop takes it.")
        await self._check_payment(order_id, order.to_pay, choice, order.email, who)
        if (captured := await self._end_payments(order_id)) is not None:
            await self.settle(order_id, captured)
            return await self.get(order_id)
        async with self._work.begin() as tx:
            if not await store.next_attempt(tx, order_id, order.attempts, to_micros(tx.now + model.TIME_TO_PAY)):
                raise Conflict("This order is being paid in another window.")
        await self._open_payment(order, order.attempts + 1, choice, who)
        return await self.get(order_id)

    async def payment_returned(self, order_id: str) -> Order:
        order = await store.head(self._work, order_id)
        if order is None:
            raise Missing("There is no such order.")
        if order.payment_id is not None and order.status == "placed":
            await self.settle(order_id, await self._payments.look_up(order.payment_id))
        return await self.get(order_id)

    async def hear_captured(self, heard: Heard) -> None:
        """PaymentCaptured: the same end as the browser's return."""
        await self.settle(heard.event.order_id, await self._payments.get(heard.event.payment_id))

    async def hear_failed(self, heard: Heard) -> None:
        """PaymentFailed: written down; the buyer may try again until the order expires."""
        order = await store.head(self._work, heard.event.order_id)
        if order is None or order.status != "placed":
            return
        async with self._work.begin(once=heard.key) as tx:
            await self._note(tx, order.id, f"Payment failed: {heard.event.reason}", SYSTEM.name)
            if order.payment_id == heard.event.payment_id:  # also money that was set aside for days, and let go
                await list_store.set_authorised(tx, order.id, authorised=False)
                await store.wait_no_longer(tx, order.id, to_micros(tx.now + model.TIME_TO_PAY))

    async def settle(self, order_id: str, payment: Payment) -> None:
        """How a payment stands, applied to its order; however often, in whatever order."""
        order = await store.head(self._work, order_id)
        if order is None:
            raise Missing("There is no such order.")
        known = order.status in PAID and order.payment_id == payment.id
        if payment.status != "captured" and not known:
            if order.payment_id != payment.id and order.status == "placed":
                async with self._work.begin() as tx:
                    await store.set_payment(tx, order_id, payment.id)
            elif order.status == "cancelled":
                await self._end_payments(order_id)  # it was opened while the order was given up
            return
        if order.status not in PAID:
            # Goods are only set aside before the order is paid, and only taken after: whoever cancels or expires it
            # meanwhile gives back what is set aside, never what has left the shelf.
            if (
                order.status == "cancelled"
                or not await self._set_aside(order_id)
                or not await self._mark_paid(order_id, payment)
            ):
                await self._inventory.release(order_id)  # also what was set aside here, just after it was given up
                await self._giftcards.release(order_id)
                await self._give_back(payment, await self.get(order_id))
                return
            order = await store.head(self._work, order_id) or order
        if order.payment_id != payment.id:
            await self._give_back(payment, await self.get(order_id))  # it was paid for twice
            return
        try:
            await self._take_goods(order)
        except (SoldOut, GiftCardRefused) as error:  # we stood still for longer than they were set aside
            what = "The goods were sold to others" if isinstance(error, SoldOut) else "The gift card was spent"
            reason = f"{what} while the payment was written down; it is given back."
            await self.give_up(order.id, reason, SYSTEM, "cancelled", only=frozenset({"paid"}))
            return
        await self._close_cart(order)

    async def _set_aside(self, order_id: str) -> bool:
        """The goods are set aside, again if that ran out. False where they have been sold meanwhile: the order is off."""
        whole = await self.get(order_id)
        wanted = [Wanted(line.variant_id, line.quantity) for line in whole.lines]
        try:
            await self._inventory.reserve(order_id, wanted, self._work.now() + model.GRACE)
            await self._giftcards.hold(order_id, whole.gift_cards)
            if whole.status == "expired":
                names = model.known_as(whole.customer_id, whole.email)
                await self._pricing.redeem(order_id, whole.coupons, names[0], names[1:])
        except (SoldOut, CouponRefused, GiftCardRefused) as error:
            reason = f"The payment came after {TOO_LATE[type(error)]}; it is given back."
            await self.give_up(order_id, reason, SYSTEM, "cancelled", only=UNPAID)
            return False
        return True

    async def _take_goods(self, order: store.Head) -> None:
        """What is set aside for a paid order leaves gift cards and shelf, once. Raises GiftCardRefused, SoldOut where it is gone."""
        await self._giftcards.take(order)
        if await self._inventory.take(order.id) == "expired":
            whole = await self.get(order.id)
            wanted = [Wanted(line.variant_id, line.quantity) for line in whole.lines]
            await self._inventory.reserve(order.id, wanted, self._work.now() + model.GRACE)
            await self._inventory.take(order.id)

    async def _mark_paid(self, order_id: str, payment: Payment) -> bool:
        """Placed or expired → paid, once. True where it is paid now, by whichever payment; False where it is off."""
        async with self._work.begin() as tx:
            order = await store.lock(tx, order_id)
            whole = await store.read(tx, order_id)
            if order is None or whole is None or order.status == "cancelled":
                return False
            if order.status in PAID:
                return True
            await store.move(tx, order_id, model.STATES.move(order.status, "paid"))
            await holds_store.let_go(tx, order_id)
            await store.set_payment(tx, order_id, payment.id)
            await self._note(tx, order_id, "Payment received", SYSTEM.name)
            await tx.tell(
                OrderPaid(
                    order_id=order_id,
                    number=whole.number,
                    email=whole.email,
                    customer_id=whole.customer_id,
                    name=whole.shipping_address.name,
                    total=whole.totals.total,
                    lines=model.sold(whole),
                    payment_id=payment.id,
                )
            )
        return True

    # --- reading

    async def search(
        self, *, customer_id: str = "", status: str = "", text: str = "", after: str = "", limit: int = 24
    ) -> list[OrderSummary]:
        return await find_store.search(
            self._work,
            customer_id=customer_id,
            status=status,
            text=text,
            paid_by=await self._paid_by(text.strip()),
            after=after,
            limit=limit,
        )

    async def _paid_by(self, name: str) -> list[str]:
        """Orders whose payment has this id, here or at its provider; none while payments do not answer."""
        if not model.may_name_a_payment(name):
            return []
        with suppress(Unavailable):
            return await self._payments.orders_of(name)
        return []

    async def count(self, status: OrderFilter) -> int:
        return await list_store.count(self._work, status)

    async def adopt(self, cart_id: str, customer_id: str) -> list[Order]:
        async with self._work.begin() as tx:
            taken = await store.adopt(tx, cart_id, customer_id)
        return [await self.get(order_id) for order_id in taken]

    async def bought(self, customer_id: str, product_id: str) -> bool:
        return await store.bought(self._work, customer_id, product_id)
