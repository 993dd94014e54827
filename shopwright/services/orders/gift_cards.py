"""Gift cards as payment of an order: held like goods, redeemed once, refunded. Orders without any make no call."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from shopwright.kit.auth import SYSTEM
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Unavailable
from shopwright.kit.money import Money, add_up, zero
from shopwright.services.giftcards.contract import GiftCards, GiftCardShare
from shopwright.services.orders import model, store
from shopwright.services.orders.contract import Order, Refund
from shopwright.services.orders.contract.gift_cards import rest_of_cards, without_all


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
        """Refund to gift cards, once. For the cancellation of a whole order see `give_back`.

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

    async def has(self, order_id: str, refund: Refund | None) -> bool:
        """Whether the gift cards have already received their part of a refund."""
        if refund is None or refund.to_gift_cards is None:
            return False
        return refund.id in (await self._giftcards.of_order(order_id)).refunds

    async def give_back(self, order: Order) -> None:
        """Refund a cancelled order's gift cards: promised refunds first, whatever the provider says, then the rest."""
        if not order.gift_cards or not (await self._giftcards.of_order(order.id)).taken:
            return
        for refund in order.refunds:
            await self.refund(order, refund)
        rest = rest_of_cards(without_all(order))
        await self._on_disabled(order, await self._giftcards.refund(order.id, f"off-{order.id}", rest))
