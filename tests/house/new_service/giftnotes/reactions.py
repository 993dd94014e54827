"""When that is heard, do this."""

from shopwright.services.giftnotes.service import GiftNoteService

from shopwright.kit.data.events import Reaction
from shopwright.services.orders.contract.facts import OrderPlaced


def reactions(giftnotes: GiftNoteService) -> list[Reaction]:
    """An order gets a note."""
    return [Reaction("giftnotes.placed", OrderPlaced, giftnotes.hear_placed)]
