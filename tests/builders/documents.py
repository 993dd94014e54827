"""Invoices, and the e-mails they are attached to."""

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.data.events import Delivery, StoredEvent
from shopwright.services.books.contract.documents import Document
from shopwright.services.notifications.contract import MessageView
from shopwright.services.orders.contract import LineQuantity, NewShipment, Order
from shopwright.services.orders.contract.events import OrderErased
from tests.builders.messages import send_all
from tests.builders.taxes import NOW


async def documents(shop: Shop) -> list[Document]:
    """All documents with their content, the oldest first."""
    await shop.bus.settle()
    return [await shop.books.document(one.id) for one in reversed(await shop.books.documents())]


def erasure(order_id: str) -> Delivery:
    """The event that a buyer was erased, as the books receive it."""
    stored = StoredEvent(
        id="evt_1", type="OrderErased", time=NOW, subject=order_id, data=OrderErased(order_id=order_id)
    )
    return Delivery(stored, "books.OrderErased")


async def shipped(shop: Shop, order: Order, units: int = 2) -> None:
    """Ship part of an order and send the e-mails."""
    line = LineQuantity(order.lines[0].id, units)
    await shop.orders.ship(order.id, NewShipment(carrier="DHL", lines=(line,)), SYSTEM)
    await send_all(shop)


async def written(shop: Shop, subject: str) -> list[MessageView]:
    """Messages with this subject, the oldest first."""
    found = [one for one in await shop.notifications.messages() if subject in one.subject]
    return [await shop.notifications.message(one.id) for one in reversed(found)]


def names(views: list[MessageView]) -> list[list[str]]:
    """File names of the documents attached to each message."""
    return [[document.name for document in one.documents] for one in views]
