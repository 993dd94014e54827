"""Event handlers and scheduled jobs of search."""

from datetime import timedelta

from shopwright.kit.data.events import EventHandler, ScheduledJob
from shopwright.services.catalog.contract import ProductPublished, ProductRetired
from shopwright.services.inventory.contract import StockChanged
from shopwright.services.orders.contract.events import OrderImported, OrderPaid
from shopwright.services.pricing.contract import PriceChanged
from shopwright.services.reviews.contract import ReviewPublished
from shopwright.services.search.service import SearchService


def handlers(search: SearchService) -> list[EventHandler]:
    """Return the event handlers for everything lists show."""
    return [
        EventHandler("search.published", ProductPublished, search.on_published, alone=False),
        EventHandler("search.retired", ProductRetired, search.on_retired, alone=False),
        EventHandler("search.price", PriceChanged, search.on_price, alone=False),
        EventHandler("search.stock", StockChanged, search.on_stock, alone=False),
        EventHandler("search.review", ReviewPublished, search.on_review, alone=False),
        EventHandler("search.paid", OrderPaid, search.on_paid, alone=False),
        EventHandler("search.imported", OrderImported, search.on_paid, alone=False),
    ]


def jobs(search: SearchService) -> list[ScheduledJob]:
    """Return the jobs that keep index and CDN up to date."""
    return [
        ScheduledJob("search.index", timedelta(seconds=1), search.refresh_index),
        *search.edges.timers(),
    ]
