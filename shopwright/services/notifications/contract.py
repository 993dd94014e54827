"""What others may know of notifications."""

from datetime import datetime
from typing import Literal, Protocol

import msgspec

State = Literal["waiting", "sent", "failed"]


class MessageSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the delivery log."""

    id: str
    channel: str
    recipient: str
    subject: str
    state: State
    attempts: int
    problem: str
    created_at: datetime


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """A message, whole."""

    summary: MessageSummary
    text: str
    html: str


class Notifications(Protocol):
    """The verbs of notifications."""

    async def messages(self, *, text: str = "", after: str = "", limit: int = 50) -> list[MessageSummary]:
        """The delivery log, newest first; `text` finds recipient or subject."""
        ...

    async def message(self, message_id: str) -> MessageView:
        """One message. Raises Missing."""
        ...
