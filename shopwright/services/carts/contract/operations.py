"""The operations of carts."""

from typing import Protocol

from shopwright.kit.rpc.operations import idempotent
from shopwright.services.carts.contract.values import Cart, CartChange, PaidUnits, QueuePlaces, WaitingRoom, Wish
from shopwright.services.pricing.contract import (
    ShippingOption,
)


class Carts(Protocol):
    """The operations of carts."""

    async def create(self, customer_id: str | None = None, after: str = "") -> Cart:
        """Create a cart, with the items saved for later in the one before. A guest's cart id is its secret."""
        ...

    @idempotent
    async def get(self, cart_id: str) -> Cart:
        """Return the cart at today's prices and stock, with its problems. Raises Missing."""
        ...

    @idempotent
    async def of_customer(self, customer_id: str) -> Cart | None:
        """Return a customer's open cart, or None."""
        ...

    @idempotent
    async def check(self, cart_id: str, user_id: str | None) -> None:
        """Raise Missing if there is no such cart or it belongs to another customer, without telling which."""
        ...

    @idempotent
    async def count(self, cart_id: str) -> int:
        """Count the items of a cart (0 if it does not exist)."""
        ...

    async def add(self, cart_id: str, variant: str, quantity: int) -> Cart:
        """Add by variant id or SKU, to an existing line if there is one. Raises Missing, Invalid, CartClosed."""
        ...

    async def set_quantity(self, cart_id: str, line_id: str, quantity: int) -> Cart:
        """Change the quantity of a line; 0 removes it."""
        ...

    async def save_for_later(self, cart_id: str, line_id: str, *, saved: bool = True) -> Cart:
        """Save a line for later, or move it back. Raises Missing, CartClosed."""
        ...

    @idempotent
    async def count_of_guest(self, email: str) -> int:
        """Count guest carts with this e-mail address."""
        ...

    @idempotent
    async def wishes(self, user_id: str) -> list[Wish]:
        """Return a customer's wishlist, newest first."""
        ...

    async def add_wish(self, user_id: str, product_id: str) -> None:
        """Add a product to the wishlist. Raises Missing, Invalid beyond the limit."""
        ...

    async def remove_wish(self, user_id: str, product_id: str) -> None:
        """Remove a product from the wishlist."""
        ...

    async def change(self, cart_id: str, change: CartChange) -> Cart:
        """Set checkout details. Raises Invalid at each wrong field."""
        ...

    async def set_coupons(self, cart_id: str, codes: tuple[str, ...]) -> Cart:
        """Replace the coupon codes."""
        ...

    async def add_gift_card(self, cart_id: str, code: str, address: str = "") -> Cart:
        """Pay with a gift card. Raises Missing, GiftCardRefused, CartClosed; RateLimited after wrong tries."""
        ...

    @idempotent
    async def remove_gift_card(self, cart_id: str, card_id: str) -> Cart:
        """Remove a gift card."""
        ...

    @idempotent
    async def shipping_options(self, cart_id: str) -> list[ShippingOption]:
        """Return the shipping options to the cart's address."""
        ...

    async def merge(self, guest_cart_id: str | None, customer_id: str) -> str | None:
        """At sign-in: merge the guest's cart into the customer's and return that, if there is one now."""
        ...

    @idempotent
    async def waiting_room(self) -> WaitingRoom | None:
        """Return the open waiting room, or None."""
        ...

    @idempotent
    async def open_waiting_room(self, per_minute: int) -> WaitingRoom:
        """Open the waiting room or change its pace; waiting shoppers keep their places. Raises Invalid."""
        ...

    @idempotent
    async def close_waiting_room(self) -> None:
        """Close the waiting room and admit everyone."""
        ...

    async def take_places(self, count: int) -> QueuePlaces | None:
        """Assign places to this many arrivals in order; None if no room is open."""
        ...

    async def accept_prices(self, cart_id: str) -> Cart:
        """Accept today's prices."""
        ...

    @idempotent
    async def close(self, cart_id: str, paid: PaidUnits | None = None) -> None:
        """Close the cart after payment of `paid`, or all of it. Later items continue in a new cart."""
        ...
