"""What is told of orders."""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from shopwright.kit.data.events import Event
from shopwright.kit.money import Money, add_up
from shopwright.kit.personal import Personal
from shopwright.kit.working_days import Arrival
from shopwright.services.pricing.contract import TaxPart


class OrderEvent(Event, frozen=True, kw_only=True):
    """What all events of an order say."""

    COMMON: ClassVar[bool] = True
    SUBJECT: ClassVar[str] = "order_id"
    order_id: str
    number: str
    email: Personal[str]
    customer_id: str | None = None


class OrderPlaced(OrderEvent, frozen=True, kw_only=True):
    """An order is there, not yet paid. `untaxed`: why it is free of tax, with the VAT id of a business where that is why."""

    total: Money
    arrives: Arrival | None = None
    untaxed: Personal[str] = ""


class SoldLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was sold, for those who learn from it."""

    product_id: str
    variant_id: str
    quantity: int
    total: Money
    title: str = ""


class OrderPaid(OrderEvent, frozen=True, kw_only=True):
    """The money is here: ship it. `by_gift_cards`: what of `total` gift cards paid."""

    name: Personal[str] = ""
    total: Money
    lines: tuple[SoldLine, ...] = ()
    payment_id: str = ""
    by_gift_cards: Money | None = None


class OrderImported(OrderPaid, frozen=True, kw_only=True):
    """An order of an earlier shop was taken over: paid there, at that time, and `refunded` there."""

    placed_at: datetime
    refunded: Money | None = None


class SentLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a parcel."""

    title: str
    variant_title: str = ""
    quantity: int


class OrderShipped(OrderEvent, frozen=True, kw_only=True):
    """A parcel has left, with `lines` in it. `complete`: nothing is left to be shipped."""

    shipment_id: str
    carrier: str
    tracking_number: str
    tracking_url: str
    complete: bool
    lines: tuple[SentLine, ...] = ()


class OrderTaxCorrected(OrderEvent, frozen=True, kw_only=True):
    """A parcel left when another rate of tax applied than when it was ordered: of what was paid, this much is tax now."""

    shipment_id: str
    before: Money
    tax: Money


class OrderDelivered(OrderEvent, frozen=True, kw_only=True):
    """Everything has arrived."""


class RestockedLine(msgspec.Struct, frozen=True):
    """So many of an order line go back to the shelf."""

    line_id: str
    quantity: int


class OrderCancelled(OrderEvent, frozen=True, kw_only=True):
    """It will not be fulfilled. `took_goods`: what it took from the shelf goes back there. `unsold`, `lines`: what was paid.

    `by_shop`: the shop, or its staff, gave the reason; what anyone else wrote is not for messages of ours. `restock`: what of
    that goes back to the shelf. `by_payment`, `to_gift_cards`: what goes back of the money and where, if that is known by then.
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
    """It was never paid; its goods are free again."""


class RefundPart(msgspec.Struct, frozen=True, kw_only=True):
    """What of a refund is of a line or, without `line_id`, of the shipping; `all`: the order was cancelled.

    `kept`: what its units were worth besides, and the shop keeps. `excess`: it is beyond all that was paid, and has no tax.
    """

    of: Literal["line", "shipping", "goodwill", "all"]
    line_id: str = ""
    quantity: int = 0
    amount: Money
    tax_parts: tuple[TaxPart, ...] = ()
    kept: Money | None = None
    excess: bool = False


class OrderRefunded(OrderEvent, frozen=True, kw_only=True):
    """Money went back to the buyer, `whole`: now all of it; `reason` is what staff wrote for them, `lines` what it is for.

    `dispute`: their bank took it; `parts`: what it is of, with the tax that goes back. `to_gift_cards`: what of it went to
    gift cards; the rest went the way of the payment. `on_disabled_cards`: what of that cannot be spent.
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
        """What of it was paid for the order."""
        return self.amount - add_up((part.amount for part in self.parts if part.excess), self.amount.currency)


class OrderRefundRefused(OrderEvent, frozen=True, kw_only=True):
    """Money that was asked for does not go back. `sold`: it had been told of as refunded, and counts again; `whole` as there.

    `sold_again`: how much counts again, where that is less: other money that went back beyond what was paid is of the sale now.
    """

    amount: Money
    refund_id: str
    why: str
    sold: bool = False
    whole: bool = False
    lines: tuple[SoldLine, ...] = ()
    sold_again: Money | None = None


class OrderDisputed(OrderEvent, frozen=True, kw_only=True):
    """The buyer objects to the payment at their bank (`open`), took that back (""), or the bank has decided."""

    state: Literal["", "open", "won", "lost"]
    amount: Money


class OrderErased(Event, frozen=True, kw_only=True):
    """Who ordered this has been forgotten; the order stays."""

    SUBJECT: ClassVar[str] = "order_id"
    FORGETS: ClassVar[bool] = True
    order_id: str
