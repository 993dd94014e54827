"""The events of payments."""

from typing import ClassVar, Literal

from shopwright.kit.data.events import Event
from shopwright.kit.money import Money


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
