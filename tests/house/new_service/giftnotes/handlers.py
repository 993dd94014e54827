"""Event handlers and jobs of gift notes."""

from shopwright.services.giftnotes.service import GiftNoteService

from shopwright.kit.data.events import EventHandler
from shopwright.services.orders.contract.events import OrderPlaced


def handlers(giftnotes: GiftNoteService) -> list[EventHandler]:
    """Return the event handlers."""
    return [EventHandler("giftnotes.placed", OrderPlaced, giftnotes.on_placed)]
