"""Gift cards, and carts paid with them."""

from itertools import count

import msgspec

from shopwright.app import Shop
from shopwright.kit.auth import GUEST, SYSTEM
from shopwright.kit.errors import Unavailable
from shopwright.kit.money import Money
from shopwright.services.carts.contract import Cart
from shopwright.services.giftcards.contract import GiftCard, GiftCardShare, NewGiftCard
from shopwright.services.orders.contract import NewRefund, Order, PaymentChoice, PlaceOrder
from shopwright.simulation.faults import Faults
from tests.builders.goods import sell
from tests.builders.orders import fill_cart


async def issue(shop: Shop, amount: int = 2000, currency: str = "EUR", **more) -> GiftCard:
    """Issue a card."""
    new = NewGiftCard(**{"amount": Money(amount, currency), "why": "sold", **more})
    return await shop.giftcards.issue(new, SYSTEM)


def share(card: GiftCard, amount: int) -> GiftCardShare:
    """The amount of an order that a card pays."""
    return GiftCardShare(card_id=card.id, last4=card.last4, amount=Money(amount, card.issued.currency))


async def has(shop: Shop, card: GiftCard) -> tuple[int, int]:
    """The balance and the held amount of a card."""
    found = await shop.giftcards.card(card.id)
    return found.balance.amount, found.held.amount


keys = count(1)


async def hundred(shop: Shop, *cards: GiftCard, price: int = 10000, email: str = "ada@example.com") -> Cart:
    """A cart of 100.00, all at 19 %, with free shipping."""
    cart = await fill_cart(shop, (await sell(shop, f"Lamp {next(keys)}", price=price, on_hand=9), 1), email=email)
    for card in cards:
        cart = await shop.carts.add_gift_card(cart.id, card.code)
    return cart


async def place_with_cards(shop: Shop, cart: Cart, token: str = "pretend_ok") -> Order:
    """Order a cart that gift cards pay fully or partly."""
    provider = "pretend" if cart.to_pay and cart.to_pay.amount else ""
    choice = PaymentChoice(provider=provider, token=token if provider else "")
    request = PlaceOrder(
        cart_id=cart.id, expected_total=cart.totals.total, payment=choice, expected_to_pay=cart.to_pay or msgspec.UNSET
    )
    return await shop.orders.place(request, f"gift-{next(keys)}", GUEST)


async def refund(shop: Shop, order: Order, **wanted) -> Order:
    """Refund an order, each time under a new key."""
    return await shop.orders.refund(order.id, NewRefund(reason="Broken", **wanted), f"r{next(keys)}", SYSTEM)


class GiftCardsAway(Faults):
    """Faults of the database of gift cards: it does not answer while it is `away`."""

    away = False

    def before(self, what: str) -> None:
        if self.away and what.startswith("giftcards"):
            raise Unavailable(f"{what} does not answer.")
