"""When that is heard, or time passes, do this."""

from datetime import timedelta

from shopwright.kit.data.events import Reaction, Timer
from shopwright.services.books.contract.facts import DocumentIssued
from shopwright.services.carts.contract import CartAbandoned
from shopwright.services.inventory.contract import BackInStock
from shopwright.services.notifications.model import MESSAGES_BY_EVENT
from shopwright.services.notifications.service import NotificationService
from shopwright.services.orders.contract.facts import OrderDisputed, OrderRefundRefused
from shopwright.services.users.contract.facts import AddressErased, EmailVerified, UserErased


def reactions(notifications: NotificationService) -> list[Reaction]:
    """A message for each event of `model.MESSAGES_BY_EVENT`, and for those who asked to be told."""
    return [
        *(Reaction(f"notifications.{event.__name__}", event, notifications.hear) for event in MESSAGES_BY_EVENT),
        Reaction("notifications.BackInStock", BackInStock, notifications.hear_back_in_stock),
        Reaction("notifications.OrderRefundRefused", OrderRefundRefused, notifications.hear_for_staff),
        Reaction("notifications.DocumentIssued", DocumentIssued, notifications.hear_document),
        Reaction("notifications.OrderDisputed", OrderDisputed, notifications.hear_for_staff),
        Reaction("notifications.CartAbandoned", CartAbandoned, notifications.hear_abandoned),
        Reaction("notifications.EmailVerified", EmailVerified, notifications.hear_verified),
        Reaction("notifications.UserErased", UserErased, notifications.hear_erased),
        Reaction("notifications.AddressErased", AddressErased, notifications.hear_address_erased),
    ]


def timers(notifications: NotificationService) -> list[Timer]:
    """Messages go out every second, documents they left without after them; the last ones to who was erased are soon forgotten."""
    return [
        Timer("notifications.send", timedelta(seconds=1), notifications.delivery.send),
        Timer("notifications.post_late_documents", timedelta(minutes=5), notifications.post_late_documents),
        Timer("notifications.forget_farewells", timedelta(minutes=5), notifications.forget_farewells),
    ]
