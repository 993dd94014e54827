"""The operations of notifications."""

from datetime import datetime
from typing import Protocol

from shopwright.kit.rpc.operations import idempotent
from shopwright.services.notifications.contract.values import (
    DeliveryReport,
    MessageSummary,
    MessageView,
    Preferences,
    ResendResult,
    Topic,
)


class Notifications(Protocol):
    """The operations of notifications."""

    @idempotent
    async def preferences(self, email: str) -> Preferences:
        """Return all topics of a person, by verified address or account id."""
        ...

    async def set_preferences(self, email: str, wanted: Preferences) -> Preferences:
        """Set preferences. Raises Invalid if required messages are declined."""
        ...

    @idempotent
    async def unsubscribe(self, token: str) -> Topic:
        """Unsubscribe from the topic of this token. Safe to repeat. Raises Missing."""
        ...

    async def watch(self, variant: str, email: str, user_id: str = "") -> None:
        """Request one message when this variant (id or SKU) is back in stock. Raises Missing, Invalid.

        A verified address is registered at once; others confirm by e-mail first.
        """
        ...

    @idempotent
    async def confirm_alert(self, token: str) -> None:
        """Confirm an alert with the token of the e-mail. Raises Missing."""
        ...

    @idempotent
    async def count_alerts(self, email: str) -> int:
        """Count the alerts of an address."""
        ...

    @idempotent
    async def messages_for(self, email: str, account: str = "") -> list[MessageView]:
        """Return all messages to an address or for an account ("" for none), oldest first."""
        ...

    async def retry(self, message_id: str) -> None:
        """Try a failed message again. Raises Missing, Conflict."""
        ...

    async def resend(self, since: datetime, until: datetime | None = None) -> ResendResult:
        """Send all failed messages written from `since` to `until` (None: now) again. Raises Invalid."""
        ...

    @idempotent
    async def delivery_report(self) -> DeliveryReport:
        """Report waiting and recently failed messages."""
        ...

    @idempotent
    async def messages(self, *, text: str = "", after: str = "", limit: int = 50) -> list[MessageSummary]:
        """List the delivery log, newest first; `text` matches recipient or subject."""
        ...

    @idempotent
    async def about_order(self, order_id: str, limit: int = 200) -> list[MessageSummary]:
        """List messages about an order, oldest first."""
        ...

    @idempotent
    async def message(self, message_id: str) -> MessageView:
        """Return a message. Raises Missing."""
        ...
