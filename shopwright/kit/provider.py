"""What a payment provider does for the shop, whoever it is."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from shopwright.kit.money import Money

PaymentStatus = Literal["pending", "requires_action", "approved", "authorized", "captured", "failed", "cancelled"]
Capture = Literal["automatic", "manual"]
ProviderDispute = Literal["", "open", "won", "lost"]


class ProviderRefund(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider says of a refund. `key`: the shop's, "" for one made on the provider's own page; `reason`: why not."""

    reference: str
    status: Literal["pending", "settled", "refused"]
    amount: Money
    key: str = ""
    reason: str = ""


class ProviderPayment(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider says of a payment. `redirect_url`: where the shopper must go next.

    `approved`: the shopper agreed, and the provider waits to be asked to set the money aside (PayPal Orders v2).
    `key`: what the shop asked for it with. `refunds`: all of them, whoever made them; `dispute`: how the buyer's objection at their bank stands, "" for none.
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
    """A verified webhook: its id, and the payment to ask about."""

    id: str
    reference: str


class Provider(Protocol):
    """A payment provider, after Stripe's PaymentIntents and PayPal's Orders v2. Every call is safe to repeat."""

    async def open(self, *, key: str, amount: Money, token: str, return_url: str, capture: Capture) -> ProviderPayment:
        """Ask for money, to be taken at once or set aside (`capture_method` of Stripe, `intent` of PayPal).

        Raises Refused with the reason the provider gives, Unavailable when it does not answer.
        """
        ...

    async def authorise(self, reference: str) -> ProviderPayment:
        """Set aside the money of a payment the shopper approved; any other is answered as it is. Raises Refused."""
        ...

    async def capture(self, reference: str) -> ProviderPayment:
        """Take all the money that is set aside; what is captured already is answered as it is. Raises Refused."""
        ...

    async def look_up(self, reference: str) -> ProviderPayment: ...

    async def payments_since(self, since: datetime, limit: int) -> Sequence[ProviderPayment]:
        """Payments begun since then, the newest first, so many; without their refunds. Raises Unavailable."""
        ...

    async def void(self, reference: str) -> ProviderPayment:
        """Give up a payment that is not captured yet; a captured one is answered as it is."""
        ...

    async def refund(self, *, key: str, reference: str, amount: Money) -> ProviderRefund:
        """Give money back, once for each `key`.

        Raises Refused with the reason where the provider says no for good; RateLimited, Unavailable where it may be asked again.
        """
        ...

    def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderNotice:
        """The notice in a webhook. Raises Denied when its signature is wrong or too old."""
        ...


SendWebhook = Callable[[str, Mapping[str, str], bytes], Awaitable[bool]]
Offered = Callable[[], Awaitable[Mapping[str, Provider]]]  # who takes money for the shop just now, by name
