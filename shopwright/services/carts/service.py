"""Carts store what the shopper chose; prices, stock and totals are calculated each time.

context ← quoting ← lines, details
context ← wishlists, waiting_rooms, abandoned, erasure
"""

from shopwright.kit.data.events import Delivery
from shopwright.kit.errors import Missing
from shopwright.kit.translation import gettext as _
from shopwright.services.carts import store
from shopwright.services.carts.abandoned import AbandonedCarts
from shopwright.services.carts.businesses import Businesses
from shopwright.services.carts.closing import CartClosing
from shopwright.services.carts.context import CartContext
from shopwright.services.carts.contract import Cart, CartChange, Carts, PaidUnits, QueuePlaces, WaitingRoom, Wish
from shopwright.services.carts.details import CartDetails
from shopwright.services.carts.erasure import CartErasure
from shopwright.services.carts.gift_cards import CartGiftCards
from shopwright.services.carts.lines import CartLines
from shopwright.services.carts.quoting import CartQuotes
from shopwright.services.carts.waiting_rooms import WaitingRooms
from shopwright.services.carts.wishlists import Wishlists
from shopwright.services.giftcards.contract import GiftCards
from shopwright.services.pricing.contract import ShippingOption


class CartService(Carts):
    """The operations, event handlers and job of carts."""

    def __init__(self, context: CartContext, *, giftcards: GiftCards, stop_untaxed: bool = False) -> None:
        self._context = context
        self._work = context.work
        gift_cards, businesses = CartGiftCards(giftcards), Businesses(context.work, context.pricing)
        self._quoting = CartQuotes(context, gift_cards, stop_untaxed)
        self._lines = CartLines(context, self._quoting)
        self._details = CartDetails(context, self._quoting, businesses, gift_cards)
        self._closing = CartClosing(context.work, context.currency, context.count_again)
        self._wishlists = Wishlists(context)
        self._waiting_rooms = WaitingRooms(context)
        self._abandoned = AbandonedCarts(context)
        self._erasure = CartErasure(context)

    async def create(self, customer_id: str | None = None, after: str = "") -> Cart:
        async with self._work.begin() as tx:
            cart_id = await self._closing.open(tx, customer_id, after)
        return await self.get(cart_id)

    async def get(self, cart_id: str) -> Cart:
        return await self._quoting.get(cart_id)

    async def of_customer(self, customer_id: str) -> Cart | None:
        known = await store.of_customer(self._work, customer_id)
        return await self.get(known) if known else None

    async def check(self, cart_id: str, user_id: str | None) -> None:
        if not await store.may_use(self._work, cart_id, user_id):
            raise Missing(_("There is no such cart."))

    async def count(self, cart_id: str) -> int:
        return await self._context.count(cart_id)

    async def add(self, cart_id: str, variant: str, quantity: int) -> Cart:
        return await self._lines.add(cart_id, variant, quantity)

    async def set_quantity(self, cart_id: str, line_id: str, quantity: int) -> Cart:
        return await self._lines.set_quantity(cart_id, line_id, quantity)

    async def save_for_later(self, cart_id: str, line_id: str, *, saved: bool = True) -> Cart:
        return await self._lines.save_for_later(cart_id, line_id, saved=saved)

    async def count_of_guest(self, email: str) -> int:
        return len(await store.of_guest(self._work, email))

    async def wishes(self, user_id: str) -> list[Wish]:
        return await self._wishlists.wishes(user_id)

    async def add_wish(self, user_id: str, product_id: str) -> None:
        await self._wishlists.add_wish(user_id, product_id)

    async def remove_wish(self, user_id: str, product_id: str) -> None:
        await self._wishlists.remove_wish(user_id, product_id)

    async def change(self, cart_id: str, change: CartChange) -> Cart:
        return await self._details.change(cart_id, change)

    async def set_coupons(self, cart_id: str, codes: tuple[str, ...]) -> Cart:
        return await self._details.set_coupons(cart_id, codes)

    async def add_gift_card(self, cart_id: str, code: str, address: str = "") -> Cart:
        return await self._details.add_gift_card(cart_id, code, address)

    async def remove_gift_card(self, cart_id: str, card_id: str) -> Cart:
        return await self._details.remove_gift_card(cart_id, card_id)

    async def shipping_options(self, cart_id: str) -> list[ShippingOption]:
        return await self._quoting.shipping_options(cart_id)

    async def merge(self, guest_cart_id: str | None, customer_id: str) -> str | None:
        return await self._closing.merge(guest_cart_id, customer_id)

    async def waiting_room(self) -> WaitingRoom | None:
        return await self._waiting_rooms.waiting_room()

    async def open_waiting_room(self, per_minute: int) -> WaitingRoom:
        return await self._waiting_rooms.open_waiting_room(per_minute)

    async def close_waiting_room(self) -> None:
        await self._waiting_rooms.close_waiting_room()

    async def take_places(self, count: int) -> QueuePlaces | None:
        return await self._waiting_rooms.take_places(count)

    async def accept_prices(self, cart_id: str) -> Cart:
        return await self._lines.accept_prices(cart_id)

    async def close(self, cart_id: str, paid: PaidUnits | None = None) -> None:
        await self._closing.close(cart_id, paid)

    # --- event handlers and jobs

    async def on_erased(self, delivery: Delivery) -> None:
        await self._erasure.on_erased(delivery)

    async def on_address_erased(self, delivery: Delivery) -> None:
        await self._erasure.on_address_erased(delivery)

    async def emit_abandoned(self) -> None:
        await self._abandoned.emit_abandoned()
