"""When that is heard, do this."""

from shopwright.kit.data.events import EventHandler
from shopwright.services.orders.contract.facts import OrderImported, OrderPaid
from shopwright.services.reviews.service import ReviewService
from shopwright.services.users.contract.facts import UserErased


def handlers(reviews: ReviewService) -> list[EventHandler]:
    """Buyers may review; what the forgotten wrote stays without their name."""
    return [
        EventHandler("reviews.paid", OrderPaid, reviews.on_paid),
        EventHandler("reviews.imported", OrderImported, reviews.on_paid),
        EventHandler("reviews.user_erased", UserErased, reviews.on_erased),
    ]
