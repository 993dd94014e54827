"""Gift cards bought with an order, on its pages."""

from typing import Any

from shopwright.kit.errors import Unavailable
from shopwright.services.orders.contract import Order, Orders
from shopwright.services.orders.contract.gift_cards import has_cards
from shopwright.web import render


async def bought_of(orders: Orders, order: Order) -> dict[str, Any]:
    """The gift cards bought with an order, and whether they cannot be read now."""
    try:
        cards = await orders.bought_gift_cards(order.id) if has_cards(order) else []
    except Unavailable:
        return {"bought": [], "cards_unknown": True}
    return {"bought": render.plain(cards), "cards_unknown": False}
