"""What others may know of carts."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Protocol

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.bounds import Email
from shopwright.kit.data.events import Event
from shopwright.kit.errors import Conflict
from shopwright.kit.money import Money
from shopwright.kit.rpc.operations import idempotent
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


class CartProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands between this cart and an order: about a line (`line_id`), a code (`coupon`) or a gift card (its id)."""

    code: str
    detail: str
    line_id: str = ""
    coupon: str = ""
    gift_card: str = ""


class CartLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it is sold now."""

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


class CartGiftCard(msgspec.Struct, frozen=True, kw_only=True):
    """A gift card that pays for a cart. `balance`: what is free of it; `amount`: what it pays of the total."""

    card_id: str
    last4: str
    balance: Money
    amount: Money


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """A cart with everything worked out. `saved`: kept for later; `quoted`: the shares of each line, for the order.

    `coupons` are those that hold. One that holds no longer stands among the problems; it is in no one's way.
    `next_id`: where a closed cart goes on, with what was added while it was paid for, or after it joined another.
    `tax_id`: of a buyer who is a business, and what is known of it; `sale`: under which scheme of tax this would be sold.
    `gift_cards` pay of the total, and leave `to_pay`; neither totals nor taxes change by them.
    `unused_coupons`: those of them that cannot be combined with what saves more; the receipt says so.
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

    @property
    def used_coupons(self) -> tuple[str, ...]:
        """The codes an order of this cart uses."""
        return tuple(code for code in self.coupons if code not in {one.code for one in self.unused_coupons})


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """What of a cart was ordered and paid for: units by variant."""

    order_id: str
    units: Mapping[str, int]


class CartChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Checkout details; what is UNSET stays as it is. `tax_id`: of a buyer who is a business, such as a VAT id; "" for none.

    `reference`: what the buyer wants to find on the invoice, such as a purchase order or the Leitweg-ID of a German authority.
    """

    email: Email | msgspec.UnsetType = msgspec.UNSET
    shipping_address: Address | msgspec.UnsetType | None = msgspec.UNSET
    billing_address: Address | msgspec.UnsetType | None = msgspec.UNSET
    shipping_option_id: str | msgspec.UnsetType | None = msgspec.UNSET
    tax_id: str | msgspec.UnsetType = msgspec.UNSET
    reference: str | msgspec.UnsetType = msgspec.UNSET


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A product someone would like to have."""

    product_id: str
    added_at: datetime


class WaitingRoom(msgspec.Struct, frozen=True):
    """Shoppers wait for their turn to put things into carts and to order: so many are let in a minute."""

    id: str
    per_minute: int
    opened_at: datetime


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Turns in a row. `first`: when the first of them comes (microseconds since 1970), `step`: from each to the next."""

    room_id: str
    first: int
    step: int


class CartClosed(Conflict):
    """The cart has become an order."""

    code = "cart_closed"


class CartStarted(Event, frozen=True, kw_only=True):
    """The first thing lies in a cart."""

    SUBJECT: ClassVar[str] = "cart_id"
    CAPABILITIES: ClassVar[tuple[str, ...]] = ("cart_id",)
    cart_id: str


class CheckoutStarted(Event, frozen=True, kw_only=True):
    """Someone said where a cart shall be sent."""

    SUBJECT: ClassVar[str] = "cart_id"
    CAPABILITIES: ClassVar[tuple[str, ...]] = ("cart_id",)
    cart_id: str


class CartAbandoned(Event, frozen=True, kw_only=True):
    """A customer left so many things in the cart, some hours ago."""

    SUBJECT: ClassVar[str] = "cart_id"
    CAPABILITIES: ClassVar[tuple[str, ...]] = ("cart_id",)
    cart_id: str
    customer_id: str
    count: int


class Carts(Protocol):
    """The verbs of carts."""

    async def create(self, customer_id: str | None = None, after: str = "") -> Cart:
        """A new cart, with what was saved for later in the one before. A guest's cart is known by its unguessable id alone."""
        ...

    @idempotent
    async def get(self, cart_id: str) -> Cart:
        """The cart at today's prices and stock, with its problems. Raises Missing."""
        ...

    @idempotent
    async def of_customer(self, customer_id: str) -> Cart | None:
        """A customer's open cart."""
        ...

    @idempotent
    async def check(self, cart_id: str, user_id: str | None) -> None:
        """Raises Missing where there is no such cart, or it is another customer's: who may not use it learns nothing of it."""
        ...

    @idempotent
    async def count(self, cart_id: str) -> int:
        """How many things are in it (0 for a cart that is gone)."""
        ...

    async def add(self, cart_id: str, variant: str, quantity: int) -> Cart:
        """Add by variant id or SKU; more of the same joins its line. Raises Missing, Invalid, CartClosed."""
        ...

    async def set_quantity(self, cart_id: str, line_id: str, quantity: int) -> Cart:
        """Change a line; 0 removes it."""
        ...

    async def save_for_later(self, cart_id: str, line_id: str, *, saved: bool = True) -> Cart:
        """Keep a line without buying it now, or put it back. Raises Missing, CartClosed."""
        ...

    @idempotent
    async def count_of_guest(self, email: str) -> int:
        """How many carts stand under this address and belong to no account."""
        ...

    @idempotent
    async def wishes(self, user_id: str) -> list[Wish]:
        """What a customer would like to have, newest first."""
        ...

    async def wish(self, user_id: str, product_id: str) -> None:
        """Remember a product; once. Raises Missing, Invalid beyond the most."""
        ...

    async def unwish(self, user_id: str, product_id: str) -> None:
        """Forget it."""
        ...

    async def change(self, cart_id: str, change: CartChange) -> Cart:
        """Set checkout details. Raises Invalid pointing at each field."""
        ...

    async def set_coupons(self, cart_id: str, codes: tuple[str, ...]) -> Cart:
        """Replace the coupon codes."""
        ...

    async def add_gift_card(self, cart_id: str, code: str, address: str = "") -> Cart:
        """Pay with the card of this code, too. Raises Missing, GiftCardRefused, CartClosed; RateLimited after wrong tries."""
        ...

    @idempotent
    async def remove_gift_card(self, cart_id: str, card_id: str) -> Cart:
        """Pay without this one."""
        ...

    @idempotent
    async def shipping_options(self, cart_id: str) -> list[ShippingOption]:
        """How it could be shipped to its address."""
        ...

    async def merge(self, guest_cart_id: str | None, customer_id: str) -> str | None:
        """At sign-in: the guest's cart joins the customer's; answers the customer's cart, if there is one now."""
        ...

    @idempotent
    async def waiting_room(self) -> WaitingRoom | None:
        """The one that is open."""
        ...

    @idempotent
    async def open_waiting_room(self, per_minute: int) -> WaitingRoom:
        """From now on shoppers get turns; where it is open already, those who wait keep theirs. Raises Invalid."""
        ...

    @idempotent
    async def close_waiting_room(self) -> None:
        """Everyone may come in."""
        ...

    async def take_places(self, count: int) -> Places | None:
        """Turns for so many who come now, in the order they came; None where no room is open."""
        ...

    async def accept_prices(self, cart_id: str) -> Cart:
        """The shopper has seen today's prices."""
        ...

    @idempotent
    async def close(self, cart_id: str, paid: Paid | None = None) -> None:
        """It has been paid for: `paid`, or all of it. What was added since goes on in a cart of its own."""
        ...
