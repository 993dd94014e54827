"""The services of a shop as its attributes, for editors and type checkers; `app.py` sets them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shopwright.services.books.service import BookService
    from shopwright.services.carts.service import CartService
    from shopwright.services.catalog.service import CatalogService
    from shopwright.services.giftcards.service import GiftCardService
    from shopwright.services.insights.service import AnalyticsService
    from shopwright.services.inventory.service import InventoryService
    from shopwright.services.notifications.service import NotificationService
    from shopwright.services.orders.service import OrderService
    from shopwright.services.payments.service import PaymentService
    from shopwright.services.pricing.service import PricingService
    from shopwright.services.recommendations.service import RecommendationService
    from shopwright.services.reviews.service import ReviewService
    from shopwright.services.search.service import SearchService
    from shopwright.services.users.service import UserService


class ShopServices:
    """One attribute for each service."""

    users: "UserService"
    catalog: "CatalogService"
    inventory: "InventoryService"
    pricing: "PricingService"
    payments: "PaymentService"
    giftcards: "GiftCardService"
    carts: "CartService"
    orders: "OrderService"
    reviews: "ReviewService"
    search: "SearchService"
    recommendations: "RecommendationService"
    books: "BookService"
    notifications: "NotificationService"
    insights: "AnalyticsService"
