"""What others may know of orders; what is told of them is in `facts`."""

from datetime import datetime
from typing import Literal, Protocol

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.auth import GUEST, Caller
from shopwright.kit.bounds import Reason, Token, Url
from shopwright.kit.errors import Conflict, Refused
from shopwright.kit.money import Money, add_up
from shopwright.kit.personal import Personal
from shopwright.kit.rpc.operations import idempotent
from shopwright.kit.working_days import Arrival
from shopwright.services.giftcards.contract import GiftCardShare
from shopwright.services.orders.contract.corrections import CorrectedTax as CorrectedTax
from shopwright.services.orders.contract.corrections import TaxCorrection as TaxCorrection
from shopwright.services.orders.contract.facts import RefundPart  # whoever knows the contract can read what is told
from shopwright.services.orders.contract.past import ImportedRow as ImportedRow
from shopwright.services.orders.contract.past import OrderSource as OrderSource
from shopwright.services.orders.contract.past import PastLine as PastLine
from shopwright.services.orders.contract.past import PastOrder as PastOrder
from shopwright.services.orders.contract.past import PastTax as PastTax
from shopwright.services.orders.contract.sale import SaleContext as SaleContext
from shopwright.services.payments.contract import Payment
from shopwright.services.pricing.contract import LineDiscount, Step, TaxIdCheck, TaxPart, Totals

Status = Literal["placed", "paid", "part_shipped", "shipped", "delivered", "cancelled", "expired"]
PAID: frozenset[Status] = frozenset({"paid", "part_shipped", "shipped", "delivered"})
OrderFilter = Literal[Status, "to_ship", "authorised", "unpaid"]


class PaymentChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the buyer pays. `return_url`: where the provider sends the browser back to; “{order_id}” in it is filled in."""

    provider: str
    token: Token = ""
    return_url: Url = ""


class PlaceOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What placing takes: `expected_total`, as the buyer was shown it; `payment`, where it costs anything.

    `expected_to_pay`: what was to be paid beside gift cards, to be told where that is not so any more.
    """

    cart_id: str
    expected_total: int | Money
    payment: PaymentChoice = PaymentChoice(provider="")
    expected_to_pay: int | Money | msgspec.UnsetType = msgspec.UNSET


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was sold: title and price are copies, they never change.

    `cancelled`: units refunded before they left: quantity = shipped + cancelled + to ship; `refunded`: these, and returned ones.
    `tax` is what was added to its price, 0 where prices contain it; `tax_parts` tell both: their sum is what was paid for it.
    Where they were corrected, they are as they are now, and `tax` is what was added when it was ordered.
    `discounts`: which coupon or promotion gave what of `discount` (not of orders of earlier versions and shops).
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
    def to_ship(self) -> int:
        """Units that have not left, and will."""
        return self.quantity - self.shipped - self.cancelled

    @property
    def refundable(self) -> int:
        """Units whose money has not gone back."""
        return self.quantity - self.refunded


class LineQuantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many of an order line."""

    line_id: str
    quantity: int


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel on its way."""

    id: str
    carrier: str
    tracking_number: str
    tracking_url: str
    lines: tuple[LineQuantity, ...]
    status: Literal["shipped", "delivered"]
    shipped_at: datetime


class NewShipment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shipping takes; no lines: everything that is left."""

    carrier: str
    tracking_number: str = ""
    lines: tuple[LineQuantity, ...] = ()


class NewRefund(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What refunding takes: lines (of units that have not left first; `returned`: of others), what is left of the `shipping`, or both.

    `amount` (minor units or money) alone is goodwill, spread over all that was sold. Beside lines it is what goes back of what
    they are worth; `deduction` says why the rest does not. `to`: all of it to a gift card, as credit; else as it was paid.
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
    """Money on its way back, or back; `why`, for staff: it will not go. `by_provider`: made there, the units are not known.

    `freed`: units that were on backorder, and are owed no more; `unsent`: of its units those that had not left; `parts`: what it is of, which sums to `amount`, with the tax that goes back;
    `deduction`: why less than its lines are worth. `to_gift_cards`: what of `amount` goes to gift cards.
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
        """Is it of an order that was cancelled, and told of as that?"""
        return any(part.of == "all" for part in self.parts)

    @property
    def excess(self) -> Money:
        """What of it is beyond all that was paid."""
        return add_up((part.amount for part in self.parts if part.excess), self.amount.currency)

    @property
    def of_sale(self) -> Money:
        """What of it was paid for the order."""
        return self.amount - self.excess


class Moment(msgspec.Struct, frozen=True):
    """One line of an order's history."""

    time: datetime
    what: str
    who: str


class ShippingCharge(msgspec.Struct, frozen=True, kw_only=True):
    """What the way to ship cost, as it was sold."""

    title: str
    price: Money
    tax_parts: tuple[TaxPart, ...] = ()


class KeptBuyer(msgspec.Struct, frozen=True, kw_only=True):
    """Who bought something whose account is erased, for the books; it is deleted at `until`."""

    order_id: str
    number: str
    shipping_address: Address
    billing_address: Address
    until: datetime
    tax_id: Personal[str] = ""
    tax_id_check: TaxIdCheck | None = None


class GuestProof(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody without an account says to be let to an order: its address, the key of an e-mail, or the id of its cart."""

    email: str = ""
    key: str = ""
    cart_id: str = ""


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order, whole. `cart_id` opens the cart, and with it the order: the service keeps it to itself.

    `tax_parts`: the sums of its lines and shipping by rate; `taxes_unknown`: why they are not, or not all, known of each line
    (of orders of earlier shops and versions). `refused`: refunds that will not be paid, and count nowhere; `owed`: of an order
    that is off, what has not gone back yet; `refund`: the one that was asked for. `imported_from`: of an order of an earlier
    shop, which one, and its number there (“shopify/#1001”). `tax_corrections`: parcels that left when other rates applied;
    `totals.included_tax` is with them, so that it and `totals.tax` are all of the tax. `gift_cards` pay of the total; the
    payment is of the rest.
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
    timeline: tuple[Moment, ...]
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
        """What the payment is of."""
        return self.totals.total - add_up((one.amount for one in self.gift_cards), self.currency)


class OrderSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list. `authorised`: its money is set aside, to be captured later. `refunded`: what went back of it."""

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
    """The total is not the one the buyer was shown; `data["total"]` is the new one."""

    code = "price_changed"


class TooMuchUnpaid(Refused):
    """More would be held unpaid than may be: `data` says by which `holder`, which `limit`, and the `most` it allows."""

    code = "too_much_unpaid"


class RefundNotPossible(Conflict):
    """The payment provider refuses to give the money back; the detail says why, and nothing was changed."""

    code = "refund_refused"


class CartNotReady(Conflict):
    """Something in the cart stands in the way: `data["problems"]`."""

    code = "cart_not_ready"


class Orders(Protocol):
    """The verbs of orders."""

    async def capture(self, order_id: str, who: Caller) -> Order:
        """Take the money that is set aside for an order: it is paid then. Raises Missing, Conflict, Unavailable."""

    async def bring(self, past: PastOrder) -> tuple[str, bool]:
        """Take over an order of an earlier shop: its id, and whether it is new here. Raises Invalid where it does not add up."""

    @idempotent
    async def place(self, request: PlaceOrder, key: str, who: Caller) -> Order:
        """Place a cart's order, once for each `key`, and ask for the money. Raises IdempotencyConflict, and what stands in the way."""

    async def pay(self, order_id: str, choice: PaymentChoice, who: Caller = GUEST) -> Order:
        """Try again to pay for a placed order. A decline leaves it as it is. Raises Conflict, RateLimited."""

    @idempotent
    async def payment_returned(self, order_id: str) -> Order:
        """The browser is back from the provider: ask how the payment stands."""

    @idempotent
    async def get(self, order_id: str) -> Order:
        """One order, by id or number. Raises Missing."""

    async def link_key(self, order_id: str) -> str:
        """The key for a link in an e-mail to the order's address. Raises Missing."""

    async def for_guest(
        self, order_id: str, proof: GuestProof, address: str = "", *, change: bool = False, by_number: bool = False
    ) -> Order:
        """The order, for a guest; `change`: to do more than read it. Raises Missing, RateLimited after wrong tries."""

    @idempotent
    async def search(
        self, *, customer_id: str = "", status: str = "", text: str = "", after: str = "", limit: int = 24
    ) -> list[OrderSummary]:
        """Newest first. `text`: any number or words of name and place; else a part of name or address among the last 50,000."""

    @idempotent
    async def of_guest(self, email: str) -> list[Order]:
        """What was ordered with this address and belongs to no account, oldest first."""

    @idempotent
    async def count(self, status: OrderFilter) -> int:
        """How many are in a status; `to_ship`: some of it has not left, `authorised`: the money is set aside, `unpaid`: it is not."""

    async def ship(self, order_id: str, shipment: NewShipment, who: Caller) -> Order:
        """Record a parcel. Raises Conflict where it is not paid, Invalid where more is shipped than was bought."""

    async def deliver(self, order_id: str, who: Caller) -> Order:
        """All its parcels have arrived."""

    async def cancel(self, order_id: str, reason: str, who: Caller) -> Order:
        """Cancel before anything was shipped; money that came goes back, goods return to stock."""

    async def refund(self, order_id: str, refund: NewRefund, key: str, who: Caller) -> Order:
        """Give money back for lines or an amount, once for each `key`; `refund` of the answer. Raises RefundNotPossible, Invalid."""

    async def cancel_refund(self, order_id: str, refund_id: str, reason: str, who: Caller) -> Order:
        """One that waits will not be paid. Raises Missing, Unavailable; Conflict where the provider may have taken it."""

    @idempotent
    async def kept_buyer(self, order_id: str) -> KeptBuyer:
        """Name and addresses of a buyer who was erased, for who keeps the books. Raises Missing."""

    @idempotent
    async def source(self, order_id: str) -> OrderSource:
        """The rows of the file an order was imported from, for staff. Raises Missing where none are kept."""

    async def adopt(self, cart_id: str, customer_id: str) -> list[Order]:
        """A guest who makes an account takes along what was ordered from their cart, whose id only they know."""

    @idempotent
    async def bought(self, customer_id: str, product_id: str) -> bool:
        """Has this customer bought (and paid for) this product?"""
