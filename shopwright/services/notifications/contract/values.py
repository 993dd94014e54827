"""The values of notifications: what operations take and return, and errors."""

from datetime import datetime
from typing import Literal

import msgspec

from shopwright.kit.translation import gettext as _

State = Literal["waiting", "sent", "failed"]

# `kept`: stored in the shop, as no mail server is set; `held`: not sent, as the recipient had too many.
Outcome = Literal["waiting", "retrying", "sent", "kept", "failed", "held"]

Topic = Literal["account", "orders", "parcels", "stock", "carts"]

Channel = Literal["email", "sms", "push"]


class MessageSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the delivery log. `ended_at`: when it was sent or abandoned.

    `outcome` is more precise than `state`, whose "sent" includes kept messages; "" from versions without it.
    `order_id`: its order; `request_id`, `trace_id`: its origin; "" for none.
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
    """A document attached to a message: its id in the books and printed number."""

    id: str
    name: str


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """A whole message without the secrets of its links; `links_work`: with them, in a demo shop.

    `documents`: its attachments, given for single messages only.
    """

    summary: MessageSummary
    text: str
    html: str
    unsubscribe: str = ""
    links_work: bool = False
    documents: tuple[AttachedDocument, ...] = ()


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """The state of delivery. `oldest_s`: the age of the oldest waiting message.

    `late_s`: for how long due messages could not be sent. `given_up`: messages abandoned within a day as outdated;
    `refused`: messages refused for good within an hour. `failed_since`: when the oldest of these was written. `kept`:
    channels without a provider.
    """

    waiting: int = 0
    oldest_s: float = 0.0
    late_s: float = 0.0
    given_up: int = 0
    refused: int = 0
    failed_since: datetime | None = None
    kept: tuple[str, ...] = ()

    def problems(self, late_s: float) -> list[str]:
        """Describe what is wrong, in sentences; messages that wait for longer than `late_s` are late."""
        found = []
        if self.late_s > late_s:
            found.append(
                _(
                    "Messages waiting: {waiting}. None has been sent for {minutes} minutes; `shopwright doctor --engines` asks the mail server.",
                    waiting=self.waiting,
                    minutes=f"{self.late_s / 60:.0f}",
                )
            )
        if self.given_up and self.failed_since:
            found.append(
                _(
                    "Messages given up within a day: {given_up}. When the mail server is back: `shopwright messages resend --since {since}Z`.",
                    given_up=self.given_up,
                    since=f"{self.failed_since:%Y-%m-%dT%H:%M}",
                )
            )
        return found


class ResendResult(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages are sent again, and how many are not, as they are outdated, such as old reset links."""

    count: int
    useless: int

    def sentences(self) -> list[str]:
        """The result in sentences."""
        return [
            _("Messages that are sent again: {count}.", count=self.count),
            *(
                [
                    _(
                        "Left as they are, since they are of no more use (such as a link to reset a password): {count}.",
                        count=self.useless,
                    )
                ]
                if self.useless
                else []
            ),
        ]


class Channels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The channels wanted for a topic."""

    email: bool = False
    sms: bool = False
    push: bool = False


class Preferences(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wanted topics and channels; omitted topics stay."""

    topics: dict[Topic, Channels]
