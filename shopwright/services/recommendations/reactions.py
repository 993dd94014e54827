"""When that is heard, do this."""

from shopwright.kit.facts import Reaction
from shopwright.services.catalog.contract import ProductPublished, ProductRetired
from shopwright.services.orders.contract import OrderPaid
from shopwright.services.recommendations.service import Adviser
from shopwright.services.users.contract import UserErased


def reactions(recommendations: Adviser) -> list[Reaction]:
    """Baskets and products."""
    return [
        Reaction("recommendations.paid", OrderPaid, recommendations.hear_paid, alone=False),
        Reaction("recommendations.published", ProductPublished, recommendations.hear_published, alone=False),
        Reaction("recommendations.retired", ProductRetired, recommendations.hear_retired, alone=False),
        Reaction("recommendations.user_erased", UserErased, recommendations.hear_erased, alone=False),
    ]
