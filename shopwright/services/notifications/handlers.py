"""Event handlers and scheduled jobs of notifications."""

from datetime import timedelta

from shopwright.kit.data.events import EventHandler, ScheduledJob
from shopwright.services.books.contract.events import DocumentIssued
from shopwright.services.carts.contract import CartAbandoned
from shopwright.services.inventory.contract import BackInStock
from shopwright.services.notifications.model import MESSAGES_BY_EVENT
from shopwright.services.notifications.service import NotificationService
from shopwright.services.orders.contract.events import OrderDisputed, OrderRefundRefused
from shopwright.services.users.contract.events import AddressErased, EmailVerified, UserErased


def handlers(notifications: NotificationService) -> list[EventHandler]:
    """Return the event handlers: a message for each event, alerts, and erasure."""
    return [
        *(
            EventHandler(f"notifications.{event.__name__}", event, notifications.on_event)
            for event in MESSAGES_BY_EVENT
        ),
        EventHandler("notifications.BackInStock", BackInStock, notifications.on_back_in_stock),
        EventHandler("notifications.OrderRefundRefused", OrderRefundRefused, notifications.on_for_staff),
        EventHandler("notifications.DocumentIssued", DocumentIssued, notifications.on_document),
        EventHandler("notifications.OrderDisputed", OrderDisputed, notifications.on_for_staff),
        EventHandler("notifications.CartAbandoned", CartAbandoned, notifications.on_abandoned),
        EventHandler("notifications.EmailVerified", EmailVerified, notifications.on_verified),
        EventHandler("notifications.UserErased", UserErased, notifications.on_erased),
        EventHandler("notifications.AddressErased", AddressErased, notifications.on_address_erased),
    ]


def jobs(notifications: NotificationService) -> list[ScheduledJob]:
    """Return the jobs: send messages every second, send late documents, delete final messages to erased people."""
    return [
        ScheduledJob("notifications.send", timedelta(seconds=1), notifications.delivery.send),
        ScheduledJob("notifications.post_late_documents", timedelta(minutes=5), notifications.post_late_documents),
        ScheduledJob("notifications.forget_farewells", timedelta(minutes=5), notifications.forget_farewells),
    ]
