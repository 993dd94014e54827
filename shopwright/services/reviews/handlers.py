"""Event handlers of reviews."""

from shopwright.kit.data.events import EventHandler
from shopwright.services.orders.contract.events import OrderImported, OrderPaid
from shopwright.services.reviews.service import ReviewService
from shopwright.services.users.contract.events import UserErased


def handlers(reviews: ReviewService) -> list[EventHandler]:
    """Return the event handlers: purchases and erasure."""
    return [
        EventHandler("reviews.paid", OrderPaid, reviews.on_paid),
        EventHandler("reviews.imported", OrderImported, reviews.on_paid),
        EventHandler("reviews.user_erased", UserErased, reviews.on_erased),
    ]
