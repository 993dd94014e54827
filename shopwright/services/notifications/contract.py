"""What others may know of notifications."""

from datetime import datetime
from typing import Literal, Protocol

import msgspec

from shopwright.kit.rpc.operations import idempotent

State = Literal["waiting", "sent", "failed"]
# `kept`: it stayed in the shop, where there is no mail server; `held`: nobody tried, as too many went there.
Outcome = Literal["waiting", "retrying", "sent", "kept", "failed", "held"]
Topic = Literal["account", "orders", "parcels", "stock", "carts"]
Channel = Literal["email", "sms", "push"]


class MessageSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the delivery log. `ended_at`: when it was sent or given up.

    `outcome` is what became of it: a `state` of "sent" is also that of one that was kept. "" from a version that tells it not.
    `order_id`: the order it is about; `request_id`, `trace_id`: the request and the trace it follows from. "" for none.
    """

    id: str
    channel: str
    recipient: str
    subject: str
    state: State
    attempts: int
    problem: str
    created_at: datetime
    ended_at: datetime | None = None
    order_id: str = ""
    request_id: str = ""
    trace_id: str = ""
    outcome: Outcome | Literal[""] = ""


class AttachedDocument(msgspec.Struct, frozen=True):
    """A document that goes with a message: its id in the books, and its number as people read it."""

    id: str
    name: str


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """A message, whole, without the secrets of its links; `links_work`: with them, as it is shown in a demo shop.

    `documents`: what went with it, told where one message is asked for.
    """

    summary: MessageSummary
    text: str
    html: str
    unsubscribe: str = ""
    links_work: bool = False
    documents: tuple[AttachedDocument, ...] = ()


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """How sending goes. `oldest_s`: the age of the oldest message that waits.

    `late_s`: for how long messages have been due while none could be sent. `given_up`: messages of the last day that were
    tried until they were of no more use; `refused`: those of the last hour that the other side refused for good.
    `failed_since`: when the first of the messages that failed within a day was written. `kept`: channels nothing is sent by.
    """

    waiting: int = 0
    oldest_s: float = 0.0
    late_s: float = 0.0
    given_up: int = 0
    refused: int = 0
    failed_since: datetime | None = None
    kept: tuple[str, ...] = ()


class Resent(msgspec.Struct, frozen=True, kw_only=True):
    """Messages that are sent again, and those left as they are since they are of no more use, such as an old reset link."""

    count: int
    useless: int

    def sentences(self) -> list[str]:
        """Return what was done, for whoever asked for it."""
        left = "Left as they are, since they are of no more use (such as a link to reset a password)"
        return [f"Messages that are sent again: {self.count}.", *([f"{left}: {self.useless}."] if self.useless else [])]


class Channels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which ways someone wants to hear of a topic."""

    email: bool = False
    sms: bool = False
    push: bool = False


class Preferences(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What someone wants to be told, and how; a topic that is left out stays as it is."""

    topics: dict[Topic, Channels]


class Notifications(Protocol):
    """The verbs of notifications."""

    @idempotent
    async def preferences(self, email: str) -> Preferences:
        """What a person wants to be told, every topic: by a proved address, or the id of an account."""
        ...

    async def set_preferences(self, email: str, wanted: Preferences) -> Preferences:
        """Raises Invalid where messages that must be sent are not wanted."""
        ...

    @idempotent
    async def unsubscribe(self, token: str) -> Topic:
        """End messages of the topic this token came with; repeating it changes nothing. Raises Missing."""
        ...

    async def watch(self, variant: str, email: str, user_id: str = "") -> None:
        """Write once when this variant (id or SKU) is back in stock. Raises Missing, Invalid.

        To the proved address of an account at once; any other address is asked by e-mail first.
        """
        ...

    @idempotent
    async def confirm_alert(self, token: str) -> None:
        """The reader of that e-mail wants to be told. Raises Missing."""
        ...

    @idempotent
    async def watched_by(self, email: str) -> int:
        """Of how many things this address wants to hear when they are back."""
        ...

    @idempotent
    async def written_to(self, email: str, account: str = "") -> list[MessageView]:
        """Everything that was written to an address or for an account, oldest first; "" is nobody's."""
        ...

    async def retry(self, message_id: str) -> None:
        """Try again to send one that failed. Raises Missing, Conflict."""
        ...

    async def resend(self, since: datetime, until: datetime | None = None) -> Resent:
        """Send again all messages written from `since` to `until` (None: now) that were tried and failed. Raises Invalid."""
        ...

    @idempotent
    async def delivery_report(self) -> DeliveryReport:
        """What waits to be sent, and what failed lately."""
        ...

    @idempotent
    async def messages(self, *, text: str = "", after: str = "", limit: int = 50) -> list[MessageSummary]:
        """The delivery log, newest first; `text` finds recipient or subject."""
        ...

    @idempotent
    async def about_order(self, order_id: str, limit: int = 200) -> list[MessageSummary]:
        """The first messages about an order, oldest first."""
        ...

    @idempotent
    async def message(self, message_id: str) -> MessageView:
        """One message. Raises Missing."""
        ...
