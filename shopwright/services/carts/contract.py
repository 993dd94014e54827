"""The contract of carts: values, events and operations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Protocol

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.bounds import Email, Note
from shopwright.kit.data.events import Event
from shopwright.kit.errors import Conflict
from shopwright.kit.money import Money
from shopwright.kit.personal import Personal
from shopwright.kit.rpc.operations import idempotent
from shopwright.services.giftcards.contract import GiftDelivery
from shopwright.services.pricing.contract import (
    CodeProblem,
    QuoteLine,
    SaleTerms,
    ShippingOption,
    Step,
    TaxIdCheck,
    TaxPart,
    Totals,
)


class BuyerNotes(msgspec.Struct, frozen=True, kw_only=True):
    """Free fields that a buyer fills in at checkout; UNSET: not filled in.

    A field declared here is part of the cart's change, the cart, the order, their stored bodies and the API's answers.
    """

    note: Personal[Note] | msgspec.UnsetType = msgspec.UNSET

    @property
    def buyer_notes(self) -> dict[str, Any]:
        """The values of these fields, by name, to copy into another struct that has them."""
        return {name: getattr(self, name) for name in BuyerNotes.__struct_fields__}


class CartProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An obstacle to ordering: of a line (`line_id`), a code (`coupon`) or a gift card (its id)."""

    code: str
    detail: str
    line_id: str = ""
    coupon: str = ""
    gift_card: str = ""


class CartLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line at today's price and stock. `gift_card`: its units are gift cards, sent by e-mail."""

    id: str
    product_id: str
    slug: str
    variant_id: str
    sku: str
    title: str
    variant_title: str
    image: str
    quantity: int
    available: int
    unit_price: Money
    total: Money
    problems: tuple[str, ...] = ()
    gift_card: bool = False


class CartGiftCard(msgspec.Struct, frozen=True, kw_only=True):
    """A gift card that pays for the cart. `balance`: available on it; `amount`: what it pays of the total."""

    card_id: str
    last4: str
    balance: Money
    amount: Money


class Cart(BuyerNotes, frozen=True, kw_only=True):
    """A cart with all calculations. `saved`: items saved for later; `quoted`: the quote's lines, for the order.

    `coupons`: the valid ones; invalid ones are problems that prevent nothing. `unused_coupons`: those that cannot be
    combined with a better discount. `next_id`: the cart that continues a closed one, after payment or merging.
    `tax_id`: of a business buyer, with its check; `sale`: the tax scheme. `gift_cards` pay part of the total and leave
    `to_pay`; totals and taxes are unaffected. `gift_delivery`: who gets the gift cards that are bought.
    """

    id: str
    currency: str
    lines: tuple[CartLine, ...]
    saved: tuple[CartLine, ...] = ()
    totals: Totals
    coupons: tuple[str, ...]
    unused_coupons: tuple[CodeProblem, ...] = ()
    problems: tuple[CartProblem, ...]
    receipt: tuple[Step, ...]
    email: str = ""
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping_option_id: str | None = None
    shipping_option: ShippingOption | None = None
    customer_id: str | None = None
    closed: bool = False
    next_id: str = ""
    version: int = 0
    quoted: tuple[QuoteLine, ...] = ()
    shipping_tax_parts: tuple[TaxPart, ...] = ()
    untaxed: tuple[str, ...] = ()
    tax_id: str = ""
    tax_id_check: TaxIdCheck | None = None
    reference: str = ""
    sale: SaleTerms | None = None
    gift_cards: tuple[CartGiftCard, ...] = ()
    to_pay: Money | None = None
    gift_delivery: GiftDelivery | None = None

    @property
    def used_coupons(self) -> tuple[str, ...]:
        """The codes an order of this cart uses."""
        return tuple(code for code in self.coupons if code not in {one.code for one in self.unused_coupons})


class PaidUnits(msgspec.Struct, frozen=True, kw_only=True):
    """Ordered and paid units of a cart: units by variant."""

    order_id: str
    units: Mapping[str, int]


class CartChange(BuyerNotes, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Checkout details; UNSET stays. `tax_id`: of a business buyer, such as a VAT id; "" for none.

    `reference`: the buyer's reference for the invoice, such as a purchase order or a German authority's Leitweg-ID.
    `gift_delivery`: who gets the gift cards that are bought; null: the buyer.
    """

    email: Email | msgspec.UnsetType = msgspec.UNSET
    shipping_address: Address | msgspec.UnsetType | None = msgspec.UNSET
    billing_address: Address | msgspec.UnsetType | None = msgspec.UNSET
    shipping_option_id: str | msgspec.UnsetType | None = msgspec.UNSET
    tax_id: str | msgspec.UnsetType = msgspec.UNSET
    reference: str | msgspec.UnsetType = msgspec.UNSET
    gift_delivery: GiftDelivery | msgspec.UnsetType | None = msgspec.UNSET


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A product on a wishlist."""

    product_id: str
    added_at: datetime


class WaitingRoom(msgspec.Struct, frozen=True):
    """A waiting room before carts and checkout, which admits `per_minute` shoppers."""

    id: str
    per_minute: int
    opened_at: datetime


class QueuePlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive places in the queue. `first`: the time of the first (microseconds since 1970), `step`: the interval."""

    room_id: str
    first: int
    step: int


class CartClosed(Conflict):
    """The cart has become an order."""

    code = "cart_closed"


class CartStarted(Event, frozen=True, kw_only=True):
    """The first item was added to a cart."""

    SUBJECT: ClassVar[str] = "cart_id"
    CAPABILITIES: ClassVar[tuple[str, ...]] = ("cart_id",)
    cart_id: str


class CheckoutStarted(Event, frozen=True, kw_only=True):
    """A shipping address was given."""

    SUBJECT: ClassVar[str] = "cart_id"
    CAPABILITIES: ClassVar[tuple[str, ...]] = ("cart_id",)
    cart_id: str


class CartAbandoned(Event, frozen=True, kw_only=True):
    """A customer left a cart with `count` items some hours ago."""

    SUBJECT: ClassVar[str] = "cart_id"
    CAPABILITIES: ClassVar[tuple[str, ...]] = ("cart_id",)
    cart_id: str
    customer_id: str
    count: int


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
