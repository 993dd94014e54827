"""The contract of payments: values, events and operations."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Literal, Protocol

import msgspec

from shopwright.kit.data.events import Event
from shopwright.kit.errors import Conflict, Refused
from shopwright.kit.money import Money, zero
from shopwright.kit.rpc.operations import idempotent

PRETEND = "pretend"  # the provider that moves no money
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
    """The shopper's next step: open `url` (3-D Secure)."""

    type: Literal["redirect"]
    url: str


class PaymentRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund. `why`: the reason of a refusal; `reference`: its id at the provider; `by_provider`: made there."""

    key: str
    amount: Money
    state: Literal["asked", "settled", "refused"]
    why: str = ""
    reference: str = ""
    settled_at: datetime | None = None
    by_provider: bool = False


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment for an order. `refunded`: settled refunds; `refunding`: pending ones.

    `dispute`: the state of a dispute, or "".
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
        """The refundable rest."""
        return self.amount - self.refunded - (self.refunding or zero(self.amount.currency))

    @property
    def was_received(self) -> bool:
        """Whether money was received, whatever happened to it since."""
        return self.status in {"captured", "part_refunded", "refunded", "disputed"}


class UnknownPayment(msgspec.Struct, frozen=True, kw_only=True):
    """Money a provider received that the shop does not know, for instance after a restore."""

    provider: str
    reference: str
    amount: Money


class PaymentMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay. `provider` and `token`: what an order that chooses it names."""

    id: str
    provider: str
    token: str
    title: str
    hint: str


class PaymentSetup(msgspec.Struct, frozen=True, kw_only=True):
    """How the shop can be paid. `providers`: those buyers may choose; `demo`: whether it is a demo shop.

    `origins`: of the providers' pages that shoppers are redirected to.
    """

    providers: tuple[str, ...]
    demo: bool
    methods: tuple[PaymentMethod, ...] = ()
    origins: tuple[str, ...] = ()


class PaymentChallenge(msgspec.Struct, frozen=True, kw_only=True):
    """Data for the provider's script, with which the shopper's bank confirms a payment in the browser.

    `return_url`: where the shopper continues.
    """

    script: str
    publishable_key: str
    client_secret: str
    return_url: str


class ProviderKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that connects the shop to a provider. `ends_with`: its end, or all of it if it is public."""

    name: str
    title: str
    needed: bool
    filled: bool
    ends_with: str
    secret: bool = True


class ProviderConnection(msgspec.Struct, frozen=True, kw_only=True):
    """A provider of the shop's setting. `connected`: all keys it needs are stored."""

    name: str
    connected: bool
    keys: tuple[ProviderKey, ...]
    connected_at: datetime | None = None


class ProviderExamination(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a provider accepts the shop's keys. `live`: real money moves; `problem`: a sentence, or ""."""

    live: bool
    problem: str = ""


class NoPaymentProvider(Conflict):
    """No payment provider is set up, so no order that costs anything is accepted."""

    code = "no_payment_provider"


class PaymentDeclined(Refused):
    """The provider declined; nothing was charged."""

    code = "payment_declined"


class RefundTooLarge(Refused):
    """The refund exceeds what was paid."""

    code = "refund_too_large"


class PaymentAuthorized(Event, frozen=True, kw_only=True):
    """The payment is authorised at the provider."""

    SUBJECT: ClassVar[str] = "payment_id"
    payment_id: str
    order_id: str
    amount: Money


class PaymentCaptured(Event, frozen=True, kw_only=True):
    """The payment is captured."""

    SUBJECT: ClassVar[str] = "payment_id"
    payment_id: str
    order_id: str
    amount: Money


class PaymentFailed(Event, frozen=True, kw_only=True):
    """The payment failed for good."""

    SUBJECT: ClassVar[str] = "payment_id"
    payment_id: str
    order_id: str
    reason: str


class RefundSettled(Event, frozen=True, kw_only=True):
    """A refund was settled. `by_provider`: made at the provider; `dispute`: taken by the buyer's bank."""

    SUBJECT: ClassVar[str] = "payment_id"
    payment_id: str
    order_id: str
    refund_key: str
    amount: Money
    by_provider: bool = False
    dispute: bool = False
    reference: str = ""


class RefundRefused(Event, frozen=True, kw_only=True):
    """A refund was refused or returned; `why` is a sentence for staff."""

    SUBJECT: ClassVar[str] = "payment_id"
    payment_id: str
    order_id: str
    refund_key: str
    amount: Money
    why: str


class PaymentDisputed(Event, frozen=True, kw_only=True):
    """A dispute over `amount` was opened (`open`), or decided for the shop (`won`) or the buyer (`lost`)."""

    SUBJECT: ClassVar[str] = "payment_id"
    payment_id: str
    order_id: str
    state: Literal["", "open", "won", "lost"]
    amount: Money


class Payments(Protocol):
    """The operations of payments."""

    @idempotent
    async def setup(self) -> PaymentSetup:
        """Return how the shop can be paid."""
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
        """Check before anything is reserved whether this payment could be opened now.

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
        """Open a payment, once per `key`. A decline is a failed payment. An amount of 0 asks no provider.

        `email`, `address`: for the limits on attempts. Raises NoPaymentProvider, Invalid, RateLimited, Unavailable.
        """
        ...

    @idempotent
    async def get(self, payment_id: str) -> Payment:
        """Return a payment. Raises Missing."""
        ...

    @idempotent
    async def orders_of(self, name: str) -> list[str]:
        """Return the orders with a payment of this id, ours or the provider's."""
        ...

    @idempotent
    async def of_order(self, order_id: str) -> list[Payment]:
        """Return all payments of an order, oldest first."""
        ...

    @idempotent
    async def look_up(self, payment_id: str) -> Payment:
        """Look up a payment at the provider and apply the answer; browser return and webhook lead here."""
        ...

    @idempotent
    async def challenge(self, payment_id: str) -> PaymentChallenge:
        """Return what the browser needs to confirm a payment on a page of the shop.

        Raises Missing, Conflict if there is nothing to confirm, Unavailable.
        """
        ...

    @idempotent
    async def capture(self, payment_id: str) -> Payment:
        """Capture an authorised payment; a captured one is returned as it is. Raises Conflict, Refused."""
        ...

    @idempotent
    async def void(self, payment_id: str) -> Payment:
        """Void a payment that is not captured; a captured one is returned as it is."""
        ...

    @idempotent
    async def refund(self, *, key: str, payment_id: str, amount: Money) -> Payment:
        """Refund, once per `key`; its state is in the payment's `refunds`. Raises TooMuch, Conflict."""
        ...

    async def cancel_refund(self, *, key: str, why: str) -> Payment:
        """Cancel a pending refund. Raises Missing, Unavailable; Conflict if the provider may have accepted it."""
        ...

    @idempotent
    async def unknown_payments(self) -> list[UnknownPayment]:
        """Return payments of half a year that the shop does not know, newest first. Raises Unavailable."""
        ...

    @idempotent
    async def import_payment(self, provider: str, reference: str) -> Payment:
        """Record an unknown payment and its refunds, without an order. Raises Missing, Conflict, Unavailable."""
        ...

    @idempotent
    async def webhook(self, provider: str, headers: Mapping[str, str], body: bytes) -> None:
        """Handle a provider's webhook. Raises Denied if its signature is wrong."""
        ...

    @idempotent
    async def connections(self) -> list[ProviderConnection]:
        """Return the providers of the shop's setting, with the state of their keys."""
        ...

    @idempotent
    async def connect(self, provider: str, keys: Mapping[str, str], who: str) -> ProviderConnection:
        """Store keys of a provider; those not given stay. Raises Missing, Invalid, never repeating a key."""
        ...

    @idempotent
    async def disconnect(self, provider: str) -> None:
        """Delete the keys of a provider. Payments and refunds that need it wait. Raises Missing."""
        ...

    @idempotent
    async def examine(self, provider: str) -> ProviderExamination:
        """Ask the provider whether the shop's keys work. Raises Missing."""
        ...
