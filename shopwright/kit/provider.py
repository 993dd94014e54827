"""The port to payment providers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from shopwright.kit.errors import Unavailable
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
    """A verified webhook: its id and the payment to look up, by its reference or the shop's `key`.

    Both are "" for a notice that is of no payment of this shop.
    """

    id: str
    reference: str
    key: str = ""
    kind: str = ""


class KeyField(msgspec.Struct, frozen=True):
    """A key that connects the shop to a provider; it begins with one of `prefixes`.

    `needed`: nothing can be paid without it; `secret`: never shown again.
    """

    name: str
    title: str
    prefixes: tuple[str, ...] = ()
    needed: bool = True
    secret: bool = True


class Examination(msgspec.Struct, frozen=True):
    """The provider's answer to the shop's keys; `live`: whether real money moves."""

    live: bool


class ProviderMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay that a provider offers. `token`: sent to `open` when a shopper chooses it."""

    id: str
    title: str
    hint: str
    token: str = ""


class ProviderOffer(msgspec.Struct, frozen=True, kw_only=True):
    """Keys, ways to pay and pages of a provider.

    `fields`: the keys that connect the shop to it; `methods`: the ways to pay, in their order, with texts to be
    translated when shown; `origins`: of the pages that shoppers are redirected to.
    """

    methods: tuple[ProviderMethod, ...]
    fields: tuple[KeyField, ...] = ()
    origins: tuple[str, ...] = ()

    def is_connected(self, keys: Mapping[str, str]) -> bool:
        """Whether the keys without which nothing can be paid are among these."""
        return all(keys.get(field.name) for field in self.fields if field.needed)


class ProviderChallenge(msgspec.Struct, frozen=True, kw_only=True):
    """Data for the provider's `script`, with which the shopper's bank confirms a payment in the browser."""

    script: str
    publishable_key: str
    client_secret: str


class NotConnected(Unavailable, wire_code="payment_provider_not_connected"):
    """The shop has no keys of this provider yet."""


class Provider(Protocol):
    """A payment provider, modelled on Stripe's PaymentIntents and PayPal's Orders v2. All calls are safe to repeat."""

    @property
    def offer(self) -> ProviderOffer:
        """Its keys, ways to pay and pages; they never change."""
        ...

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

    async def challenge(self, reference: str) -> ProviderChallenge | None:
        """Return what the shopper's browser needs to confirm a payment on a page of the shop; None if nothing."""
        ...

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

    async def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderNotice:
        """Return the notice of a webhook. Raises Denied if the signature is wrong or too old."""
        ...

    async def examine(self) -> Examination:
        """Ask the provider whether the shop's keys work. Raises NotConnected, Unavailable."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...


Keys = Callable[[], Awaitable[Mapping[str, str]]]  # of one provider, decrypted; empty if it is not connected
SendWebhook = Callable[[str, Mapping[str, str], bytes], Awaitable[bool]]


class Offered(Protocol):
    """The payment providers of a shop by name."""

    def named(self) -> Mapping[str, Provider]:
        """Return those of the setting, connected or not."""
        ...

    async def __call__(self) -> Mapping[str, Provider]:
        """Return those that can be paid with now."""
        ...
