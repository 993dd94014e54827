"""Notifications: each event becomes a message, once. Each operation is one line; the parts do the work.

context ← message_log, preferences, rendering
rendering, message_queue ← event_messages, document_messages, stock_alerts
rendering ← erasure               attachments ← delivery, document_messages
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.ports import MessageTransport
from shopwright.services.books.contract import Books
from shopwright.services.catalog.contract import Catalog
from shopwright.services.giftcards.contract import GiftCards
from shopwright.services.notifications.attachments import Attachments
from shopwright.services.notifications.context import NotificationContext
from shopwright.services.notifications.contract import (
    DeliveryReport,
    MessageSummary,
    MessageView,
    Notifications,
    Preferences,
    ResendResult,
    Topic,
)
from shopwright.services.notifications.delivery import MessageDelivery
from shopwright.services.notifications.document_messages import DocumentMessages
from shopwright.services.notifications.erasure import MessageErasure
from shopwright.services.notifications.event_messages import EventMessages
from shopwright.services.notifications.message_log import MessageLog
from shopwright.services.notifications.message_queue import MessageQueue
from shopwright.services.notifications.preferences import TopicPreferences
from shopwright.services.notifications.rendering import MessageRenderer
from shopwright.services.notifications.stock_alerts import StockAlerts
from shopwright.services.orders.contract import Orders
from shopwright.services.users.contract import Users


class NotificationService(Notifications):
    """Operations and event handlers of notifications. `chosen`: the class of a part, which a test may replace."""

    def __init__(
        self,
        work: ServiceDatabase,
        transports: Mapping[str, MessageTransport],
        *,
        users: Users,
        catalog: Catalog,
        orders: Orders,
        giftcards: GiftCards,
        books: Books,
        shop: str,
        url: str,
        an_hour: int,
        chosen: Callable[[type[Any]], type[Any]],
    ) -> None:
        context = NotificationContext(work, transports, users=users, catalog=catalog, orders=orders)
        attachments = Attachments(work, books)
        renderer = MessageRenderer(context, shop, url)
        queue = MessageQueue(an_hour)
        self._events: EventMessages = chosen(EventMessages)(context, renderer, queue)
        self._documents = DocumentMessages(context, renderer, queue, attachments)
        self._alerts = StockAlerts(context, renderer, queue)
        self._preferences = TopicPreferences(context)
        self._erasure = MessageErasure(context, renderer)
        self._log = MessageLog(context)
        self.delivery = MessageDelivery(
            work, transports, users=users, orders=orders, giftcards=giftcards, attachments=attachments
        )

    async def preferences(self, email: str) -> Preferences:
        return await self._preferences.get(email)

    async def set_preferences(self, email: str, wanted: Preferences) -> Preferences:
        return await self._preferences.put(email, wanted)

    async def unsubscribe(self, token: str) -> Topic:
        return await self._preferences.unsubscribe(token)

    async def watch(self, variant: str, email: str, user_id: str = "") -> None:
        await self._alerts.watch(variant, email, user_id)

    async def confirm_alert(self, token: str) -> None:
        await self._alerts.confirm(token)

    async def count_alerts(self, email: str) -> int:
        return await self._alerts.count(email)

    async def messages_for(self, email: str, account: str = "") -> list[MessageView]:
        return await self._log.messages_for(email, account)

    async def retry(self, message_id: str) -> None:
        await self.delivery.retry(message_id)

    async def resend(self, since: datetime, until: datetime | None = None) -> ResendResult:
        return await self.delivery.resend(since, until)

    async def delivery_report(self) -> DeliveryReport:
        return await self.delivery.report()

    async def messages(self, *, text: str = "", after: str = "", limit: int = 50) -> list[MessageSummary]:
        return await self._log.search(text=text, after=after, limit=limit)

    async def about_order(self, order_id: str, limit: int = 200) -> list[MessageSummary]:
        return await self._log.about_order(order_id, limit)

    async def message(self, message_id: str) -> MessageView:
        return await self._log.get(message_id)

    # --- event handlers

    async def on_event(self, delivery: Delivery) -> None:
        await self._events.on_event(delivery)

    async def on_for_staff(self, delivery: Delivery) -> None:
        await self._events.on_for_staff(delivery)

    async def on_abandoned(self, delivery: Delivery) -> None:
        await self._events.on_abandoned(delivery)

    async def on_document(self, delivery: Delivery) -> None:
        await self._documents.on_document(delivery)

    async def on_back_in_stock(self, delivery: Delivery) -> None:
        await self._alerts.on_back_in_stock(delivery)

    async def on_verified(self, delivery: Delivery) -> None:
        await self._preferences.on_verified(delivery)

    async def on_erased(self, delivery: Delivery) -> None:
        await self._erasure.on_erased(delivery)

    async def on_address_erased(self, delivery: Delivery) -> None:
        await self._erasure.on_address_erased(delivery)

    # --- jobs

    async def post_late_documents(self) -> None:
        await self._documents.post_late_documents()

    async def forget_farewells(self) -> None:
        await self._erasure.forget_farewells()
