"""The values of orders: what operations take and return, and errors."""

from datetime import datetime
from typing import Literal

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.bounds import Reason, Token, Url
from shopwright.kit.errors import Conflict, Refused
from shopwright.kit.money import Money, add_up
from shopwright.kit.personal import Personal
from shopwright.kit.tax_classes import GIFT_CARD
from shopwright.kit.working_days import Arrival
from shopwright.services.carts.contract import BuyerNotes
from shopwright.services.giftcards.contract import GiftCardShare
from shopwright.services.orders.contract.corrections import TaxCorrection
from shopwright.services.orders.contract.events import RefundPart  # part of this contract: orders and events name it
from shopwright.services.orders.contract.sale import SaleContext
from shopwright.services.payments.contract import Payment
from shopwright.services.pricing.contract import LineDiscount, Step, TaxPart, Totals

Status = Literal["placed", "paid", "part_shipped", "shipped", "delivered", "cancelled", "expired"]

PAID: frozenset[Status] = frozenset({"paid", "part_shipped", "shipped", "delivered"})

OrderFilter = Literal[Status, "to_ship", "authorised", "unpaid"]


class PaymentChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the buyer pays. `return_url`: where the provider sends the browser back; “{order_id}” in it is filled in."""

    provider: str
    token: Token = ""
    return_url: Url = ""


class PlaceOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request to place an order.

    `expected_total`: as shown to the buyer; `payment`: required if anything is to be paid. `expected_to_pay`: the
    amount due after gift cards as shown to the buyer; the request is refused if it has changed.
    """

    cart_id: str
    expected_total: int | Money
    payment: PaymentChoice = PaymentChoice(provider="")
    expected_to_pay: int | Money | msgspec.UnsetType = msgspec.UNSET


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was sold; title and price are copies and never change.

    `cancelled`: units refunded before shipping, so that quantity = shipped + cancelled + to ship. `refunded`: these and
    returned units. `tax`: added to the price, 0 where prices include tax; `tax_parts` cover both and sum to what was
    paid for the line. After a correction `tax_parts` hold the corrected values, `tax` the original. `discounts`: which
    coupon or promotion gave which part of `discount` (absent in orders of earlier versions and shops).
    """

    id: str
    product_id: str
    slug: str
    variant_id: str
    sku: str
    title: str
    variant_title: str
    image: str
    quantity: int
    shipped: int = 0
    refunded: int = 0
    cancelled: int = 0
    unit_price: Money
    total: Money
    discount: Money
    tax: Money
    tax_parts: tuple[TaxPart, ...] = ()
    discounts: tuple[LineDiscount, ...] = ()

    @property
    def is_gift_card(self) -> bool:
        """Whether its units are gift cards, which are e-mailed."""
        return any(part.tax_class == GIFT_CARD for part in self.tax_parts)

    @property
    def to_ship(self) -> int:
        """Units still to be shipped."""
        return 0 if self.is_gift_card else self.quantity - self.shipped - self.cancelled

    @property
    def refundable(self) -> int:
        """Units that have not been refunded."""
        return self.quantity - self.refunded


class LineQuantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A quantity of one order line."""

    line_id: str
    quantity: int


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that has been shipped."""

    id: str
    carrier: str
    tracking_number: str
    tracking_url: str
    lines: tuple[LineQuantity, ...]
    status: Literal["shipped", "delivered"]
    shipped_at: datetime


class NewShipment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request to record a shipment; no lines: everything still to be shipped."""

    carrier: str
    tracking_number: str = ""
    lines: tuple[LineQuantity, ...] = ()


class NewRefund(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request to refund lines (unshipped units first; `returned`: shipped ones), the rest of the `shipping`, or both.

    `amount` (minor units or money) alone is goodwill, spread over everything sold. With lines it is the part of their
    value to refund; `deduction` gives the reason for keeping the rest. `to`: `gift_card` refunds everything as store
    credit; `payment` the way it was paid.
    """

    reason: Reason
    lines: tuple[LineQuantity, ...] = ()
    shipping: bool = False
    amount: int | Money | None = None
    deduction: Reason = ""
    restock: bool = False
    returned: bool = False
    to: Literal["payment", "gift_card"] | msgspec.UnsetType = msgspec.UNSET


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund, pending or settled. `why`: the reason, for staff, if it was refused.

    `by_provider`: made at the provider. `freed`: units that were on backorder and are no longer due. `unsent`: units
    among `lines` that had not been shipped. `parts`: a breakdown that sums to `amount`, with the tax refunded.
    `deduction`: why less than the lines' value is refunded. `to_gift_cards`: the part of `amount` that goes to gift
    cards. A refund made at the provider has no units.
    """

    id: str
    amount: Money
    reason: Personal[str]
    lines: tuple[LineQuantity, ...]
    restock: bool
    status: Literal["asked", "settled"]
    created_at: datetime
    returned: bool = False
    why: str = ""
    reference: str = ""
    settled_at: datetime | None = None
    by_provider: bool = False
    unsent: tuple[LineQuantity, ...] = ()
    freed: tuple[LineQuantity, ...] | None = None
    parts: tuple[RefundPart, ...] = ()
    deduction: Personal[str] = ""
    to_gift_cards: Money | None = None

    @property
    def of_all(self) -> bool:
        """Whether it belongs to the cancellation of the whole order, and is reported as that."""
        return any(part.of == "all" for part in self.parts)

    @property
    def excess(self) -> Money:
        """The part that exceeds everything that was paid."""
        return add_up((part.amount for part in self.parts if part.excess), self.amount.currency)

    @property
    def of_sale(self) -> Money:
        """The part that was paid for the order."""
        return self.amount - self.excess


class HistoryEntry(msgspec.Struct, frozen=True):
    """An entry of an order's history."""

    time: datetime
    what: str
    who: str


class ShippingCharge(msgspec.Struct, frozen=True, kw_only=True):
    """The shipping method as sold: title, price and taxes."""

    title: str
    price: Money
    tax_parts: tuple[TaxPart, ...] = ()


class Order(BuyerNotes, frozen=True, kw_only=True, omit_defaults=True):
    """An order with all its details. `cart_id` gives access to cart and order, so it never leaves the service.

    `tax_parts`: taxes of lines and shipping, summed by rate. `taxes_unknown`: why some are unknown (orders of earlier
    shops and versions). `refused`: refunds that were refused, and count nowhere. `owed`: what is still to be refunded
    of a closed order. `refund`: the refund requested by this call. `imported_from`: source and number of an imported
    order (“shopify/#1001”). `tax_corrections`: parcels shipped under other tax rates; `totals.included_tax` includes
    them, so that with `totals.tax` it is all the tax. `gift_cards` pay part of the total; the payment covers the rest.
    """

    id: str
    number: str
    status: Status
    email: str
    customer_id: str | None
    currency: str
    lines: tuple[OrderLine, ...]
    totals: Totals
    receipt: tuple[Step, ...]
    coupons: tuple[str, ...]
    shipping_address: Address
    billing_address: Address
    shipping_title: str
    shipping: ShippingCharge | None = None
    tax_parts: tuple[TaxPart, ...] = ()
    taxes_unknown: str = ""
    arrives: Arrival | None = None
    payment: Payment | None
    shipments: tuple[Shipment, ...]
    refunds: tuple[Refund, ...]
    timeline: tuple[HistoryEntry, ...]
    cart_id: str = ""
    placed_at: datetime
    version: int
    refused: tuple[Refund, ...] = ()
    owed: Money | None = None
    refund: Refund | None = None
    sale: SaleContext | None = None
    imported_from: str = ""
    tax_corrections: tuple[TaxCorrection, ...] = ()
    gift_cards: tuple[GiftCardShare, ...] = ()

    def units_of(self, line: OrderLine) -> dict[int, int]:
        """Units of a line by the lot they are taxed in."""
        units = {0: line.quantity}
        for one in (one for some in self.tax_corrections for one in some.lines if one.line_id == line.id):
            units[0] -= one.quantity
            units[one.lot] = units.get(one.lot, 0) + one.quantity
        return units

    @property
    def to_pay(self) -> Money:
        """The amount the payment covers."""
        return self.totals.total - add_up((one.amount for one in self.gift_cards), self.currency)


class OrderSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list. `authorised`: its payment is authorised, not yet captured. `refunded`: the amount refunded."""

    id: str
    number: str
    status: Status
    email: str
    name: str
    total: Money
    items: int
    placed_at: datetime
    authorised: bool = False
    refunded: Money | None = None


class PriceMoved(Conflict):
    """The total differs from the one the buyer was shown; `data["total"]` is the new one."""

    code = "price_changed"


class TooMuchUnpaid(Refused):
    """The request exceeds a limit on unpaid reservations: `data` has the `holder`, the `limit` and the `most` allowed."""

    code = "too_much_unpaid"


class RefundNotPossible(Conflict):
    """The payment provider refuses the refund; the detail says why, and nothing was changed."""

    code = "refund_refused"


class CartNotReady(Conflict):
    """The cart cannot be ordered; `data["problems"]` says why."""

    code = "cart_not_ready"
