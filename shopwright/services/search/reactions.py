"""When that is heard, or time passes, do this."""

from datetime import timedelta

from shopwright.kit.data.events import Reaction, Timer
from shopwright.services.catalog.contract import ProductPublished, ProductRetired
from shopwright.services.inventory.contract import StockChanged
from shopwright.services.orders.contract.facts import OrderImported, OrderPaid
from shopwright.services.pricing.contract import PriceChanged
from shopwright.services.reviews.contract import ReviewPublished
from shopwright.services.search.service import Finder


def reactions(search: Finder) -> list[Reaction]:
    """Whatever a list of products shows."""
    return [
        Reaction("search.published", ProductPublished, search.hear_published, alone=False),
        Reaction("search.retired", ProductRetired, search.hear_retired, alone=False),
        Reaction("search.price", PriceChanged, search.hear_price, alone=False),
        Reaction("search.stock", StockChanged, search.hear_stock, alone=False),
        Reaction("search.review", ReviewPublished, search.hear_review, alone=False),
        Reaction("search.paid", OrderPaid, search.hear_paid, alone=False),
        Reaction("search.imported", OrderImported, search.hear_paid, alone=False),
    ]


def timers(search: Finder) -> list[Timer]:
    """Seconds behind at most."""
    return [
        Timer("search.index", timedelta(seconds=1), search.refresh_index),
        *search.edges.timers(),
    ]
