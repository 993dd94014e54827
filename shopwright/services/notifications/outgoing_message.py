"""Messages before rendering, and how secrets stay out of stored messages."""

import re
from typing import Literal, Protocol

import msgspec

from shopwright.services.notifications.contract import Topic

SecretKind = Literal["verification", "reset", "invitation", "order", "alert", "gift_card"]
# The placeholder for a secret in stored messages.
MASK = "********"
ENDING = f"unsubscribe?token={MASK}"
_SECRET = re.compile(r"((?:token|key)=)[\w.-]{16,}")


class Secret(msgspec.Struct, frozen=True):
    """The secret a link needs: its `kind`, and the id of the account, order or gift card it belongs to."""

    kind: SecretKind
    of: str


class OutgoingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message before rendering. With a `secret`, `path` ends in its placeholder `MASK`.

    `account`: the id of its owner, or "" if only an address is known. `order_id`: its order, or "". `documents`: the
    kind of the order's documents to attach, or the id of the one document the message is for.
    """

    topic: Topic
    recipient: str
    subject: str
    heading: str
    lines: tuple[str, ...]
    account: str = ""
    order_id: str = ""
    path: str = ""
    action: str = ""
    secret: Secret | None = None
    documents: str = ""


class OrderMessageEvent(Protocol):
    """Fields common to events of orders."""

    @property
    def order_id(self) -> str: ...

    @property
    def customer_id(self) -> str | None: ...


def order_link(event: OrderMessageEvent) -> tuple[str, Secret | None]:
    """The link to an order: customers sign in, guests get a key."""
    path = f"/orders/{event.order_id}"
    return (path, None) if event.customer_id else (f"{path}?key={MASK}", Secret("order", event.order_id))


def masked(text: str) -> str:
    """The text without secrets in its links."""
    return _SECRET.sub(rf"\1{MASK}", text)


def filled(text: str, secret: str, ending: str) -> str:
    """The text with the secrets of its link and its last line."""
    if ending:
        text = text.replace(ENDING, ENDING.replace(MASK, ending))
    return text.replace(MASK, secret) if secret else text
