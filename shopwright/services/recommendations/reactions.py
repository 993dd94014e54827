"""When that is heard, do this."""

from datetime import timedelta

from shopwright.kit.data.events import Reaction, Timer
from shopwright.services.catalog.contract import ProductPublished, ProductRetired
from shopwright.services.orders.contract.facts import OrderImported, OrderPaid
from shopwright.services.recommendations.service import RecommendationService
from shopwright.services.users.contract.facts import UserErased


def reactions(recommendations: RecommendationService) -> list[Reaction]:
    """Baskets and products."""
    return [
        Reaction("recommendations.paid", OrderPaid, recommendations.hear_paid, alone=False),
        Reaction("recommendations.imported", OrderImported, recommendations.hear_paid, alone=False),
        Reaction("recommendations.published", ProductPublished, recommendations.hear_published, alone=False),
        Reaction("recommendations.retired", ProductRetired, recommendations.hear_retired, alone=False),
        Reaction("recommendations.user_erased", UserErased, recommendations.hear_erased, alone=False),
    ]


def timers(recommendations: RecommendationService) -> list[Timer]:
    """What is old is forgotten."""
    return [Timer("recommendations.forget", timedelta(hours=6), recommendations.forget_old)]
