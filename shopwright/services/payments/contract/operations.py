"""The operations of payments."""

from collections.abc import Mapping
from typing import Protocol

from shopwright.kit.money import Money
from shopwright.kit.rpc.operations import idempotent
from shopwright.services.payments.contract.values import (
    Payment,
    PaymentChallenge,
    PaymentSetup,
    ProviderConnection,
    ProviderExamination,
    UnknownPayment,
)


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
