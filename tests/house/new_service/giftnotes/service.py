"""Gift notes: one for each order."""

from shopwright.services.giftnotes import store
from shopwright.services.giftnotes.contract import GiftNote, GiftNotes, GiftNoteWritten

from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Missing
from shopwright.services.orders.contract import Orders


class GiftNoteService(GiftNotes):
    """Writes a note when an order is placed."""

    def __init__(self, work: ServiceDatabase, orders: Orders) -> None:
        self._work = work
        self._orders = orders

    async def of_order(self, order_id: str) -> GiftNote:
        text = await store.read(self._work, order_id)
        if text is None:
            raise Missing("This order has no note.")
        return GiftNote(order_id, text)

    async def on_placed(self, delivery: Delivery) -> None:
        """Handle OrderPlaced: write a note."""
        order = await self._orders.get(delivery.event.order_id)
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await store.insert(tx, order.id, f"For order {order.number}")
            await tx.emit(GiftNoteWritten(order_id=order.id))
