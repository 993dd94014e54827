"""Gift notes: one for each order."""

from shopwright.services.giftnotes import store
from shopwright.services.giftnotes.contract import GiftNote, GiftNotes, GiftNoteWritten

from shopwright.kit.data.events import Heard
from shopwright.kit.data.unit_of_work import Work
from shopwright.kit.errors import Missing
from shopwright.services.orders.contract import Orders


class GiftNoteService(GiftNotes):
    """Writes a note when an order is placed."""

    def __init__(self, work: Work, orders: Orders) -> None:
        self._work = work
        self._orders = orders

    async def of_order(self, order_id: str) -> GiftNote:
        text = await store.read(self._work, order_id)
        if text is None:
            raise Missing("This order has no note.")
        return GiftNote(order_id, text)

    async def hear_placed(self, heard: Heard) -> None:
        """OrderPlaced: a note for it."""
        order = await self._orders.get(heard.event.order_id)
        async with self._work.begin(once=heard.key) as tx:
            await store.insert(tx, order.id, f"For order {order.number}")
            await tx.tell(GiftNoteWritten(order_id=order.id))
