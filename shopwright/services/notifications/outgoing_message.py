"""A message before it is rendered, and how its secrets are kept out of what is stored."""

import re
from typing import Literal, Protocol

import msgspec

from shopwright.services.notifications.contract import Topic

SecretKind = Literal["verification", "reset", "invitation", "order", "alert", "gift_card"]
# What stands in a stored message where its reader gets a secret.
MASK = "********"
ENDING = f"unsubscribe?token={MASK}"
_SECRET = re.compile(r"((?:token|key)=)[\w.-]{16,}")


class Secret(msgspec.Struct, frozen=True):
    """What a message lets its reader do (`kind`), and with what: an account, an order or a gift card, by id."""

    kind: SecretKind
    of: str


class OutgoingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message before it is rendered. With a `secret`, `path` ends where it is put: `MASK`.

    `account`: whose message it is, by id; "" where all we know is the address. `order_id`: the order it is about, "" for none.
    `documents`: which documents of that order go with it once they are issued, a kind; or one, by its id: then it is for that.
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
    """What events of orders have in common."""

    @property
    def order_id(self) -> str: ...

    @property
    def customer_id(self) -> str | None: ...


def order_link(event: OrderMessageEvent) -> tuple[str, Secret | None]:
    """Where its reader sees an order: customers sign in, the others get a key."""
    path = f"/orders/{event.order_id}"
    return (path, None) if event.customer_id else (f"{path}?key={MASK}", Secret("order", event.order_id))


def masked(text: str) -> str:
    """The text without the secrets of its links, whoever wrote it."""
    return _SECRET.sub(rf"\1{MASK}", text)


def filled(text: str, secret: str, ending: str) -> str:
    """The text with its secrets: that of its link, and that of its last line."""
    if ending:
        text = text.replace(ENDING, ENDING.replace(MASK, ending))
    return text.replace(MASK, secret) if secret else text
