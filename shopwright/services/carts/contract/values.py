"""The values of carts: what operations take and return, and errors."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.bounds import Email, Note
from shopwright.kit.errors import Conflict
from shopwright.kit.money import Money
from shopwright.kit.personal import Personal
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
