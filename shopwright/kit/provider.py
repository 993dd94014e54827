"""The port to payment providers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from shopwright.kit.money import Money

PaymentStatus = Literal["pending", "requires_action", "approved", "authorized", "captured", "failed", "cancelled"]
Capture = Literal["automatic", "manual"]
ProviderDispute = Literal["", "open", "won", "lost"]


class ProviderRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's refund. `key`: the shop's, "" if made at the provider; `reason`: of a refusal."""

    reference: str
    status: Literal["pending", "settled", "refused"]
    amount: Money
    key: str = ""
    reason: str = ""


class ProviderPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's payment. `redirect_url`: where the shopper must go next.

    `approved`: the shopper agreed, and the provider waits for the authorisation request (PayPal Orders v2). `key`: the
    shop's idempotency key. `refunds`: all, made here or at the provider; `dispute`: its state, or "".
    """

    reference: str
    status: PaymentStatus
    amount: Money
    refunded: int = 0
    redirect_url: str | None = None
    reason: str = ""
    refunds: tuple[ProviderRefund, ...] = ()
    dispute: ProviderDispute = ""
    key: str = ""


class ProviderNotice(msgspec.Struct, frozen=True):
    """A verified webhook: its id and the payment to look up."""

    id: str
    reference: str


class Provider(Protocol):
    """A payment provider, modelled on Stripe's PaymentIntents and PayPal's Orders v2. All calls are safe to repeat."""

    async def open(self, *, key: str, amount: Money, token: str, return_url: str, capture: Capture) -> ProviderPayment:
        """Open a payment to capture at once or only authorise (`capture_method` of Stripe, `intent` of PayPal).

        Raises Refused with the provider's reason, Unavailable.
        """
        ...

    async def authorise(self, reference: str) -> ProviderPayment:
        """Authorise an approved payment; others are returned as they are. Raises Refused."""
        ...

    async def capture(self, reference: str) -> ProviderPayment:
        """Capture an authorised payment in full; a captured one is returned as it is. Raises Refused."""
        ...

    async def look_up(self, reference: str) -> ProviderPayment: ...

    async def payments_since(self, since: datetime, limit: int) -> Sequence[ProviderPayment]:
        """Return payments opened since then, newest first, without refunds. Raises Unavailable."""
        ...

    async def void(self, reference: str) -> ProviderPayment:
        """Void a payment that is not captured; a captured one is returned as it is."""
        ...

    async def refund(self, *, key: str, reference: str, amount: Money) -> ProviderRefund:
        """Refund, once per `key`.

        Raises Refused with the reason if it is final; RateLimited, Unavailable if it may be retried.
        """
        ...

    def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderNotice:
        """Return the notice of a webhook. Raises Denied if the signature is wrong or too old."""
        ...


SendWebhook = Callable[[str, Mapping[str, str], bytes], Awaitable[bool]]
Offered = Callable[[], Awaitable[Mapping[str, Provider]]]  # who takes money for the shop just now, by name
