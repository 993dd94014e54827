"""Random orders and what may happen to them."""

import random
from contextlib import suppress

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.errors import ShopError
from shopwright.services.orders.contract import LineQuantity, NewRefund
from tests.builders.orders import fill_cart, place_cart


async def run_order(shop: Shop, chance: random.Random, goods: list) -> int:
    """Place an order and apply random events to it; returns the retained amount."""
    wanted = [(one, chance.randint(1, 3)) for one in chance.sample(goods, chance.randint(1, 3))]
    cart = await fill_cart(shop, *wanted)
    if chance.random() < 0.4:
        cart = await shop.carts.set_coupons(cart.id, ("WELCOME10",))
    order = await place_cart(shop, cart)
    for _ in range(chance.randint(0, 3)):
        line = chance.choice(order.lines)
        refund = chance.choice([
            NewRefund(reason="x", lines=(LineQuantity(line.id, 1),)),
            NewRefund(reason="x", amount=chance.randint(1, 900)),
            NewRefund(reason="x", shipping=True),
        ])  # fmt: skip
        with suppress(ShopError):
            order = await shop.orders.refund(order.id, refund, shop.ids.new("key"), SYSTEM)
    if chance.random() < 0.2:
        with suppress(ShopError):
            order = await shop.orders.cancel(order.id, "x", SYSTEM)
            return 0
    return order.totals.total.amount - sum(one.amount.amount for one in order.refunds)
