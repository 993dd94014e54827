"""The order of a process that is killed: its start, and the conditions it must satisfy in the end."""

from collections import Counter
from pathlib import Path

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.money import Money
from shopwright.services.carts.contract import CartChange
from shopwright.services.giftcards.contract import GiftDelivery, NewGiftCard
from tests.builders.goods import sell
from tests.builders.health import wrong
from tests.builders.orders import fill_cart
from tests.builders.scenario import open_shop

GRACE = "grace@example.com"
SUBJECTS = ("We have your order", "Payment received", "has shipped", "Refund for order")


async def prepared(data: Path, database: str) -> str:
    """A shop with a lamp and gift cards for sale, and a complete cart of both, part of which a gift card pays."""
    shop = open_shop(data, database, HandClock())
    try:
        await shop.pretend.prepare()
        lamp = await sell(shop, "Lamp", on_hand=9)
        new = NewGiftCard(amount=Money(2000, "EUR"), why="sold")
        card = await shop.giftcards.issue(new, SYSTEM)
        gift = await sell(shop, "Gift card", price=5000, on_hand=None, tax_class="gift_card")
        cart = await fill_cart(shop, (lamp, 2), (gift, 1))
        await shop.carts.change(cart.id, CartChange(gift_delivery=GiftDelivery(recipient=GRACE)))
        return (await shop.carts.add_gift_card(cart.id, card.code)).id
    finally:
        await shop.close()


async def settled(shop: Shop, clock: HandClock) -> None:
    """Let the leases of the killed process expire and complete its work."""
    for _ in range(6):
        clock.move(seconds=50)
        await shop.bus.settle()


async def judge(shop: Shop, order_id: str) -> None:
    """Check that one order was paid, shipped and refunded once, with one gift card and one e-mail for each step."""
    orders = await shop.databases["orders"].fetch("SELECT id, status, number FROM orders")
    assert [(row["id"], row["status"]) for row in orders] == [(order_id, "shipped")]
    order = await shop.orders.get(order_id)
    assert [len(order.shipments), len(order.refunds), order.refunds[0].status] == [1, 1, "settled"]
    intents = await shop.databases["pretend"].fetch("SELECT status, amount, refunded FROM intents")
    assert [(row["amount"], row["refunded"]) for row in intents if row["status"] == "captured"] == [
        (order.totals.total.amount - 2000, order.lines[0].unit_price.amount)
    ]
    assert sorted(one.balance.amount for one in await shop.giftcards.cards()) == [0, 5000]
    [bought] = await shop.orders.bought_gift_cards(order_id)
    assert (bought.recipient, bought.sent) == (GRACE, 1)
    sent = await shop.databases["notifications"].fetch(f"SELECT subject FROM viewer WHERE recipient = '{GRACE}'")
    assert [row["subject"] for row in sent] == ["A gift card for €50.00"]
    rows = await shop.databases["notifications"].fetch("SELECT subject FROM viewer WHERE recipient = 'ada@example.com'")
    messages = Counter(next(one for one in SUBJECTS if one in row["subject"]) for row in rows)
    assert messages == dict.fromkeys(SUBJECTS, 1)
    assert await wrong(shop) == []
