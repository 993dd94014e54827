"""The contract of gift notes."""

from typing import ClassVar, Protocol

import msgspec

from shopwright.kit.data.events import Event


class GiftNote(msgspec.Struct, frozen=True):
    """The note of an order."""

    order_id: str
    text: str


class GiftNoteWritten(Event, frozen=True, kw_only=True):
    """An order has a note."""

    SUBJECT: ClassVar[str] = "order_id"
    order_id: str


class GiftNotes(Protocol):
    """The operations of gift notes."""

    async def of_order(self, order_id: str) -> GiftNote:
        """The note of an order. Raises Missing."""
        ...
