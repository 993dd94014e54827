"""The values of payments: what operations take and return, and errors."""

from datetime import datetime
from typing import Literal

import msgspec

from shopwright.kit.errors import Conflict, Refused
from shopwright.kit.money import Money, zero

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
