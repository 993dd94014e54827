"""Events of orders."""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from shopwright.kit.data.events import Event
from shopwright.kit.money import Money, add_up
from shopwright.kit.personal import Personal
from shopwright.kit.working_days import Arrival
from shopwright.services.pricing.contract import TaxPart


class OrderEvent(Event, frozen=True, kw_only=True):
    """Fields common to all events of an order."""

    COMMON: ClassVar[bool] = True
    SUBJECT: ClassVar[str] = "order_id"
    order_id: str
    number: str
    email: Personal[str]
    customer_id: str | None = None


class OrderPlaced(OrderEvent, frozen=True, kw_only=True):
    """An order was placed and is not yet paid. `untaxed`: why no tax applies, with the VAT id of a business buyer."""

    total: Money
    arrives: Arrival | None = None
    untaxed: Personal[str] = ""


class SoldLine(msgspec.Struct, frozen=True, kw_only=True):
    """A sold line, for analytics and recommendations."""

    product_id: str
    variant_id: str
    quantity: int
    total: Money
    title: str = ""


class OrderPaid(OrderEvent, frozen=True, kw_only=True):
    """The order is paid. `by_gift_cards`: the part of `total` paid by gift cards. `to_ship`: it has goods to ship."""

    name: Personal[str] = ""
    total: Money
    lines: tuple[SoldLine, ...] = ()
    payment_id: str = ""
    by_gift_cards: Money | None = None
    to_ship: bool = True


class OrderImported(OrderPaid, frozen=True, kw_only=True):
    """An order of an earlier shop was imported, with the time it was placed and the amount `refunded` there."""

    placed_at: datetime
    refunded: Money | None = None


class SentLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a parcel."""

    title: str
    variant_title: str = ""
    quantity: int


class OrderShipped(OrderEvent, frozen=True, kw_only=True):
    """A parcel was shipped with `lines`. `complete`: nothing remains to be shipped."""

    shipment_id: str
    carrier: str
    tracking_number: str
    tracking_url: str
    complete: bool
    lines: tuple[SentLine, ...] = ()


class OrderTaxCorrected(OrderEvent, frozen=True, kw_only=True):
    """A parcel was shipped under another tax rate; `tax` replaces `before` within the amount paid."""

    shipment_id: str
    before: Money
    tax: Money


class OrderDelivered(OrderEvent, frozen=True, kw_only=True):
    """All parcels were delivered."""


class RestockedLine(msgspec.Struct, frozen=True):
    """A quantity of an order line that returns to stock."""

    line_id: str
    quantity: int


class OrderCancelled(OrderEvent, frozen=True, kw_only=True):
    """The order was cancelled. `took_goods`: its goods return to stock. `unsold`, `lines`: what had been paid for.

    `by_shop`: the reason comes from the shop or its staff; reasons written by others never enter our messages.
    `restock`: the units that return to stock. `by_payment`, `to_gift_cards`: the refunded amounts, as far as known by
    then.
    """

    reason: Personal[str]
    took_goods: bool = False
    by_shop: bool = False
    unsold: Money | None = None
    lines: tuple[SoldLine, ...] = ()
    restock: tuple[RestockedLine, ...] | None = None
    by_payment: Money | None = None
    to_gift_cards: Money | None = None


class OrderExpired(OrderEvent, frozen=True, kw_only=True):
    """The order was never paid; its goods are released."""


class RefundPart(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a refund for a line or, without `line_id`, for shipping; `all`: the order was cancelled.

    `kept`: the part of the units' value that the shop keeps. `excess`: beyond everything that was paid, and without
    tax.
    """

    of: Literal["line", "shipping", "goodwill", "all"]
    line_id: str = ""
    quantity: int = 0
    amount: Money
    tax_parts: tuple[TaxPart, ...] = ()
    kept: Money | None = None
    excess: bool = False


class OrderRefunded(OrderEvent, frozen=True, kw_only=True):
    """Money was refunded, with `whole` everything paid. `reason`: written by staff for the buyer.

    `dispute`: the buyer's bank took it back. `parts`: the breakdown with the tax refunded. `to_gift_cards`: the part
    that went to gift cards; the rest went back through the payment. `on_disabled_cards`: the part of it that cannot be
    spent.
    """

    amount: Money
    refund_id: str = ""
    reason: Personal[str] = ""
    whole: bool = False
    lines: tuple[SoldLine, ...] = ()
    dispute: bool = False
    parts: tuple[RefundPart, ...] = ()
    to_gift_cards: Money | None = None
    on_disabled_cards: Money | None = None

    @property
    def of_sale(self) -> Money:
        """The part that was paid for the order."""
        return self.amount - add_up((part.amount for part in self.parts if part.excess), self.amount.currency)


class OrderRefundRefused(OrderEvent, frozen=True, kw_only=True):
    """A refund was refused. `sold`: it had been reported as refunded, and counts as sold again.

    `sold_again`: the amount that counts again where it is less, because an excess refund now belongs to the sale.
    `whole`: as in OrderRefunded.
    """

    amount: Money
    refund_id: str
    why: str
    sold: bool = False
    whole: bool = False
    lines: tuple[SoldLine, ...] = ()
    sold_again: Money | None = None


class OrderDisputed(OrderEvent, frozen=True, kw_only=True):
    """The buyer disputes the payment (`open`), withdrew the dispute (""), or the bank decided (`won`, `lost`)."""

    state: Literal["", "open", "won", "lost"]
    amount: Money


class OrderErased(Event, frozen=True, kw_only=True):
    """The buyer's personal data was erased; the order stays."""

    SUBJECT: ClassVar[str] = "order_id"
    FORGETS: ClassVar[bool] = True
    order_id: str
