"""When that is heard, do this."""

from shopwright.kit.data.events import Reaction
from shopwright.services.orders.contract.facts import OrderImported, OrderPaid
from shopwright.services.reviews.service import Opinions
from shopwright.services.users.contract.facts import UserErased


def reactions(reviews: Opinions) -> list[Reaction]:
    """Buyers may review; what the forgotten wrote stays without their name."""
    return [
        Reaction("reviews.paid", OrderPaid, reviews.hear_paid),
        Reaction("reviews.imported", OrderImported, reviews.hear_paid),
        Reaction("reviews.user_erased", UserErased, reviews.hear_erased),
    ]
