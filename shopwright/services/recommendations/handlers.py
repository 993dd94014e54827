"""Event handlers and scheduled jobs of recommendations."""

from datetime import timedelta

from shopwright.kit.data.events import EventHandler, ScheduledJob
from shopwright.services.catalog.contract import ProductPublished, ProductRetired
from shopwright.services.orders.contract.events import OrderImported, OrderPaid
from shopwright.services.recommendations.service import RecommendationService
from shopwright.services.users.contract.events import UserErased


def handlers(recommendations: RecommendationService) -> list[EventHandler]:
    """Return the event handlers: orders and products."""
    return [
        EventHandler("recommendations.paid", OrderPaid, recommendations.on_paid, alone=False),
        EventHandler("recommendations.imported", OrderImported, recommendations.on_paid, alone=False),
        EventHandler("recommendations.published", ProductPublished, recommendations.on_published, alone=False),
        EventHandler("recommendations.retired", ProductRetired, recommendations.on_retired, alone=False),
        EventHandler("recommendations.user_erased", UserErased, recommendations.on_erased, alone=False),
    ]


def jobs(recommendations: RecommendationService) -> list[ScheduledJob]:
    """Return the job that deletes old views."""
    return [ScheduledJob("recommendations.forget", timedelta(hours=6), recommendations.forget_old)]
