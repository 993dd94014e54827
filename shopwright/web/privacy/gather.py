"""All personal data of a person in one document (GDPR, articles 15 and 20)."""

from collections.abc import Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from shopwright.kit.days import end_of_books
from shopwright.kit.errors import Missing
from shopwright.services.carts.contract import Carts
from shopwright.services.giftcards.contract import BoughtGiftCard, GiftCard, GiftCards
from shopwright.services.notifications.contract import Notifications
from shopwright.services.orders.contract import Order, Orders
from shopwright.services.orders.contract.gift_cards import has_cards
from shopwright.services.recommendations.contract import Recommendations
from shopwright.services.reviews.contract import Reviews
from shopwright.services.users.contract import Users
from shopwright.web.privacy.purposes import kept

PAGE = 100


class ExportedSettings(Protocol):
    """The settings that matter here."""

    @property
    def books_years(self) -> int: ...
    @property
    def zone(self) -> ZoneInfo: ...


class PrivacySources(Protocol):
    """The contracts used."""

    users: Users
    orders: Orders
    carts: Carts
    reviews: Reviews
    notifications: Notifications
    giftcards: GiftCards
    recommendations: Recommendations
    settings: ExportedSettings


async def everything(shop: PrivacySources, user_id: str) -> dict[str, Any]:
    """Gather account, addresses, orders, reviews, cart, wishlist, gift cards, views, messages and preferences.

    Data under an e-mail address alone is included once the address is verified.
    """
    user = await shop.users.get(user_id)
    cart = await shop.carts.of_customer(user_id)
    orders = await _orders(shop.orders, user_id)
    return {
        "account": user,
        "addresses": await shop.users.addresses(user_id),
        "sessions": await shop.users.sessions(user_id),
        "orders": orders,
        "imported_rows": [one for order in orders if order.imported_from for one in await _source(shop.orders, order)],
        "kept_after_erasure": kept_after_erasure(orders, shop.settings),
        "purposes": kept(shop.settings),
        "reviews": await shop.reviews.by_user(user_id),
        "cart": msgspec.structs.replace(cart, quoted=()) if cart else None,
        "wishlist": await shop.carts.wishes(user_id),
        "gift_cards": await gift_cards_of(shop.giftcards, user.email if user.verified else ""),
        "bought_gift_cards": await bought_of(shop.orders, orders),
        "messages": await shop.notifications.messages_for(user.email if user.verified else "", user_id),
        "remember_views": await shop.recommendations.has_consent(user_id),
        "viewed_products": await shop.recommendations.recently_viewed(user_id),
        "notification_preferences": await shop.notifications.preferences(user.email if user.verified else user_id),
    }


async def gift_cards_of(giftcards: GiftCards, email: str) -> list[GiftCard]:
    """Gift cards whose code was sent to this address."""
    return await giftcards.cards(text=email, limit=PAGE) if email else []


async def bought_of(orders: Orders, placed: Sequence[Order]) -> list[BoughtGiftCard]:
    """Gift cards bought with these orders."""
    return [card for one in placed if has_cards(one) for card in await orders.bought_gift_cards(one.id)]


def kept_after_erasure(orders: Sequence[Order], settings: ExportedSettings) -> list[dict[str, Any]]:
    """The data that tax law requires the shop to retain, and until when; only accounting has access."""
    return [
        {
            "order": one.number,
            "what": "name, addresses and tax id, encrypted, with what was bought and paid",
            "why": "books and documents are kept for as long as tax law says (GDPR, article 17 (3) (b))",
            "until": end_of_books(one.placed_at, settings.books_years, settings.zone),
        }
        for one in orders
        if one.status not in {"placed", "expired"} and one.payment is not None and one.payment.was_received
    ]


async def _source(orders: Orders, order: Order) -> list[dict[str, Any]]:
    """The imported file rows of an order, if any."""
    try:
        return [{"order": order.number, "rows": (await orders.source(order.id)).rows}]
    except Missing:
        return []


async def _orders(orders: Orders, user_id: str) -> list[Any]:
    found, after = [], ""
    while page := await orders.search(customer_id=user_id, after=after, limit=PAGE):
        found += [await orders.get(one.id) for one in page]
        after = page[-1].id
    return found
