"""What others may know of payments."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Literal, Protocol

import msgspec

from shopwright.kit.data.events import Event
from shopwright.kit.errors import Conflict, Refused
from shopwright.kit.money import Money, zero
from shopwright.kit.rpc.operations import idempotent

Status = Literal[
    "pending",
    "requires_action",
    "authorized",
    "captured",
    "failed",
    "cancelled",
    "part_refunded",
    "refunded",
    "disputed",
]


class NextAction(msgspec.Struct, frozen=True):
    """What the shopper must do next: go to `url` (3-D Secure)."""

    type: Literal["redirect"]
    url: str


class PaymentRefund(msgspec.Struct, frozen=True, kw_only=True):
    """Money that goes back. `why`: why it will not; `reference`: its name at the provider; `by_provider`: the shop did not ask."""

    key: str
    amount: Money
    state: Literal["asked", "settled", "refused"]
    why: str = ""
    reference: str = ""
    settled_at: datetime | None = None
    by_provider: bool = False


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment for an order. `refunded`: what has gone back; `refunding`: what was asked for and waits.

    `dispute`: how the buyer's objection at their bank stands, "" for none.
    """

    id: str
    order_id: str
    provider: str
    status: Status
    amount: Money
    refunded: Money
    reason: str = ""
    code: Literal["", "payment_declined"] = ""
    next_action: NextAction | None = None
    created_at: datetime
    refunding: Money | None = None
    refunds: tuple[PaymentRefund, ...] = ()
    dispute: Literal["", "open", "won", "lost"] = ""

    @property
    def left(self) -> Money:
        """What could still be given back."""
        return self.amount - self.refunded - (self.refunding or zero(self.amount.currency))

    @property
    def was_received(self) -> bool:
        """Did money come, whatever became of it?"""
        return self.status in {"captured", "part_refunded", "refunded", "disputed"}


class UnknownPayment(msgspec.Struct, frozen=True, kw_only=True):
    """Money a provider has received for the shop, which does not know it: it was restored, or lost what it knew."""

    provider: str
    reference: str
    amount: Money


class PaymentSetup(msgspec.Struct, frozen=True, kw_only=True):
    """How the shop can be paid. `providers`: those a buyer may choose from; `demo`: it is a demo shop, as its data say."""

    providers: tuple[str, ...]
    demo: bool


class NoPaymentProvider(Conflict):
    """The shop has nobody who takes money: it takes no order that costs any."""

    code = "no_payment_provider"


class PaymentDeclined(Refused):
    """The provider said no; nothing was charged."""

    code = "payment_declined"


class TooMuch(Refused):
    """More would be refunded than was paid."""

    code = "refund_too_large"


class PaymentAuthorized(Event, frozen=True, kw_only=True):
    """The money is set aside at the provider."""

    SUBJECT: ClassVar[str] = "payment_id"
    payment_id: str
    order_id: str
    amount: Money


class PaymentCaptured(Event, frozen=True, kw_only=True):
    """The money is ours."""

    SUBJECT: ClassVar[str] = "payment_id"
    payment_id: str
    order_id: str
    amount: Money


class PaymentFailed(Event, frozen=True, kw_only=True):
    """No money will come of this payment."""

    SUBJECT: ClassVar[str] = "payment_id"
    payment_id: str
    order_id: str
    reason: str


class RefundSettled(Event, frozen=True, kw_only=True):
    """Money went back. `by_provider`: the shop did not ask for it; `dispute`: the buyer's bank took it.

    `reference`: what the provider calls the refund.
    """

    SUBJECT: ClassVar[str] = "payment_id"
    payment_id: str
    order_id: str
    refund_key: str
    amount: Money
    by_provider: bool = False
    dispute: bool = False
    reference: str = ""


class RefundRefused(Event, frozen=True, kw_only=True):
    """Money that was asked for, or had seemed to go back, does not; `why` is a sentence for staff."""

    SUBJECT: ClassVar[str] = "payment_id"
    payment_id: str
    order_id: str
    refund_key: str
    amount: Money
    why: str


class PaymentDisputed(Event, frozen=True, kw_only=True):
    """The buyer objects at their bank (`open`, over `amount`), or the bank has decided, for the shop (`won`) or for them."""

    SUBJECT: ClassVar[str] = "payment_id"
    payment_id: str
    order_id: str
    state: Literal["", "open", "won", "lost"]
    amount: Money


class Payments(Protocol):
    """The verbs of payments."""

    @idempotent
    async def setup(self) -> PaymentSetup:
        """How the shop can be paid."""
        ...

    @idempotent
    async def check(
        self,
        *,
        order_id: str,
        amount: Money,
        provider: str,
        token: str,
        return_url: str,
        email: str = "",
        address: str = "",
    ) -> None:
        """Could money be asked for like this, now? To be asked before anything is set aside.

        Raises NoPaymentProvider, Invalid, RateLimited.
        """
        ...

    @idempotent
    async def open(
        self,
        *,
        key: str,
        order_id: str,
        amount: Money,
        provider: str,
        token: str,
        return_url: str,
        email: str = "",
        address: str = "",
    ) -> Payment:
        """Ask for money; repeating `key` asks once. A decline is a payment with status failed. For nothing nobody is asked.

        `email`, `address`: whose tries it counts among. Raises NoPaymentProvider, Invalid, RateLimited, Unavailable.
        """
        ...

    @idempotent
    async def get(self, payment_id: str) -> Payment:
        """One payment. Raises Missing."""
        ...

    @idempotent
    async def orders_of(self, name: str) -> list[str]:
        """Orders with a payment of this id, here or at its provider."""
        ...

    @idempotent
    async def of_order(self, order_id: str) -> list[Payment]:
        """All payments tried for an order, oldest first."""
        ...

    @idempotent
    async def look_up(self, payment_id: str) -> Payment:
        """Ask the provider how it stands, and believe it: the browser's return and the webhook end here."""
        ...

    @idempotent
    async def capture(self, payment_id: str) -> Payment:
        """Take the money that is set aside; one that is captured is answered as it is. Raises Conflict, Refused."""
        ...

    @idempotent
    async def void(self, payment_id: str) -> Payment:
        """Give up a payment that is not captured; one that is captured is answered as it is."""
        ...

    @idempotent
    async def refund(self, *, key: str, payment_id: str, amount: Money) -> Payment:
        """Give money back, once for each `key`: how that stands is in the payment's `refunds`. Raises TooMuch, Conflict."""
        ...

    async def cancel_refund(self, *, key: str, why: str) -> Payment:
        """A refund that waits will not be paid. Raises Missing, Unavailable; Conflict where the provider may have taken it."""
        ...

    @idempotent
    async def unknown(self) -> list[UnknownPayment]:
        """What providers have received in half a year and the shop does not know, the newest first. Raises Unavailable."""
        ...

    @idempotent
    async def take_in(self, provider: str, reference: str) -> Payment:
        """Write down such a payment, with what went back of it; its order is not known. Raises Missing, Conflict, Unavailable."""
        ...

    @idempotent
    async def webhook(self, provider: str, headers: Mapping[str, str], body: bytes) -> None:
        """What a provider tells. Raises Denied where it is not signed by them."""
        ...
