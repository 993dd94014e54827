"""Gift cards of an order: those that pay are held like goods, redeemed once, refunded.

Those it buys are planned with it and made when it is paid. Orders without any make no call.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from shopwright.kit.auth import SYSTEM
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Unavailable
from shopwright.kit.money import Money, add_up, zero
from shopwright.services.carts.contract import Cart
from shopwright.services.giftcards.contract import (
    BoughtGiftCard,
    BoughtUnits,
    GiftCards,
    GiftCardShare,
    GiftDelivery,
    NewPurchase,
)
from shopwright.services.orders import model, store
from shopwright.services.orders.contract import Order, Refund
from shopwright.services.orders.contract.gift_cards import bought_units, has_cards, rest_of_cards, without_all


class GiftCardPayments:
    """Holds, redeems and refunds gift cards for orders."""

    def __init__(self, work: ServiceDatabase, giftcards: GiftCards) -> None:
        self._work = work
        self._giftcards = giftcards

    async def hold(
        self, order_id: str, shares: Sequence[GiftCardShare], until: datetime | None = None, cart_id: str = ""
    ) -> None:
        """Hold the shares, again if the hold expired, for a moment or until `until`. Raises GiftCardRefused."""
        if shares:
            await self._giftcards.hold(order_id, shares, until or self._work.now() + model.GRACE, cart_id)

    async def hold_for(self, order: store.OrderHead, until: datetime) -> None:
        """Hold an order's gift cards until `until`, before its payment is tried (again). Raises GiftCardRefused."""
        if shares := await self._shares(order):
            await self.hold(order.id, shares, until)
            await self._giftcards.extend_hold(order.id, until)

    async def extend_hold(self, order: store.OrderHead, until: datetime) -> None:
        """Extend the hold until `until`."""
        if order.to_pay != order.total:
            await self._giftcards.extend_hold(order.id, until)

    async def redeem(self, order: store.OrderHead) -> None:
        """Redeem what is held for a paid order, once. Raises GiftCardRefused if the hold expired and the card is spent."""
        shares = await self._shares(order)
        if shares and await self._giftcards.redeem(order.id, shares) != "taken":
            await self.hold(order.id, shares)
            await self._giftcards.redeem(order.id, shares)

    async def _shares(self, order: store.OrderHead) -> Sequence[GiftCardShare]:
        full_order = await store.read(self._work, order.id) if order.to_pay != order.total else None
        return full_order.gift_cards if full_order else ()

    async def release(self, order_id: str) -> None:
        """Release the hold of an order that was closed or never placed."""
        head = await store.head(self._work, order_id)
        if head is None:
            with suppress(Unavailable):  # most never held anything, and what is held runs out by itself
                await self._giftcards.release_hold(order_id)
        elif head.to_pay != head.total:
            await self._giftcards.release_hold(order_id)

    async def refund(self, order: Order, refund: Refund) -> Money:
        """Refund to gift cards, once. For the cancellation of a whole order see `refund_all`.

        Settled refunds are already on the cards, also where they stayed under another name when the rest was returned.
        Returns the amount on disabled cards.
        """
        if refund.to_gift_cards is None or refund.status != "asked" or refund.of_all:
            return zero(order.currency)
        shares = await self._giftcards.refund(order.id, refund.id, refund.to_gift_cards, order.email)
        return await self._on_disabled(order, shares)

    async def _on_disabled(self, order: Order, shares: Sequence[GiftCardShare]) -> Money:
        """Return the amount on disabled cards, and note each such card in the history once."""
        cards = await self._giftcards.named([one.card_id for one in shares]) if shares else {}
        stuck = [one for one in shares if one.card_id in cards and cards[one.card_id].disabled]
        known = {one.what for one in order.timeline}
        notes = {f"Money went back to gift card ••••{one.last4}, which is disabled" for one in stuck}
        if new := sorted(notes - known):
            async with self._work.begin() as tx:
                for what in new:
                    await store.insert_history(tx, self._work.ids.new("tml"), order.id, what, SYSTEM.name)
        return add_up((one.amount for one in stuck), order.currency)

    async def plan(self, order_id: str, cart: Cart) -> None:
        """Keep which gift cards an order buys, and for whom, until it is paid."""
        quoted = {line.line_id: line for line in cart.quoted}
        if units := tuple(
            BoughtUnits(variant_id=line.variant_id, quantity=line.quantity, amount=quoted[line.id].unit_price)
            for line in cart.lines
            if line.gift_card and quoted[line.id].unit_price.amount
        ):
            await self._giftcards.plan_purchase(
                NewPurchase(
                    order_id=order_id,
                    units=units,
                    buyer=cart.email,
                    customer_id=cart.customer_id or "",
                    buyer_name=cart.shipping_address.name if cart.shipping_address else "",
                    delivery=cart.gift_delivery or GiftDelivery(),
                )
            )

    async def issue(self, order: Order) -> None:
        """Make the gift cards a paid order buys, once."""
        if has_cards(order):
            await self._giftcards.issue_purchase(order.id)

    async def bought(self, order: Order) -> list[BoughtGiftCard]:
        """Return the gift cards bought with an order."""
        bought = has_cards(order)
        return await self._giftcards.purchased(order.id) if bought else []

    async def send_again(self, card_id: str) -> None:
        """E-mail the code of a bought gift card again. Raises Missing, Conflict."""
        await self._giftcards.send_again(card_id)

    async def withdraw(self, order: Order, refund: Refund) -> None:
        """Withdraw the unused gift cards of a refund, once. Raises Conflict."""
        if units := bought_units(order, refund.lines):
            await self._giftcards.withdraw_purchase(order.id, refund.id, units)

    async def withdraw_all(self, order: Order, *, strict: bool) -> None:
        """Withdraw all gift cards bought with a cancelled order, once. Raises Conflict if one was used and `strict`."""
        if has_cards(order):
            await self._giftcards.withdraw_purchase(order.id, f"off-{order.id}", strict=strict)

    async def restore(self, order: Order, refund: Refund | None) -> None:
        """Restore the gift cards of a refused refund, or (None) of a refused cancellation."""
        if refund is None and has_cards(order):
            await self._giftcards.restore_purchase(order.id, f"off-{order.id}")
        elif refund is not None and bought_units(order, refund.lines):
            await self._giftcards.restore_purchase(order.id, refund.id)

    async def has(self, order_id: str, refund: Refund | None) -> bool:
        """Whether the gift cards have already received their part of a refund."""
        if refund is None or refund.to_gift_cards is None:
            return False
        return refund.id in (await self._giftcards.of_order(order_id)).refunds

    async def refund_all(self, order: Order) -> None:
        """Refund a cancelled order's gift cards: promised refunds first, whatever the provider says, then the rest."""
        if not order.gift_cards or not (await self._giftcards.of_order(order.id)).taken:
            return
        for refund in order.refunds:
            await self.refund(order, refund)
        rest = rest_of_cards(without_all(order))
        await self._on_disabled(order, await self._giftcards.refund(order.id, f"off-{order.id}", rest))
