"""When that is heard, do this."""

from shopwright.kit.facts import Reaction
from shopwright.services.orders.contract import OrderPaid
from shopwright.services.reviews.service import Opinions


def reactions(reviews: Opinions) -> list[Reaction]:
    """Buyers may review."""
    return [Reaction("reviews.paid", OrderPaid, reviews.hear_paid)]
