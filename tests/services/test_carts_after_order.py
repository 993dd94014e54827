"""Only ordered lines leave the cart; lines added during the payment stay."""

import pytest

from shopwright.app import Shop
from shopwright.kit.auth import GUEST
from shopwright.services.carts.contract import Cart
from shopwright.services.orders.contract import Order, PaymentChoice, PlaceOrder
from tests.builders.goods import sell
from tests.builders.health import healthy
from tests.builders.orders import fill_cart

BANK = PaymentChoice(provider="pretend", token="pretend_3ds", return_url="http://shop.test/back/{order_id}")


async def at_the_bank(shop: Shop, cart: Cart) -> Order:
    request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=BANK)
    return await shop.orders.place(request, "k", GUEST)


async def paid(shop: Shop, order: Order) -> Order:
    assert order.payment is not None
    assert order.payment.next_action is not None
    await shop.pretend.answer_challenge(order.payment.next_action.url.rpartition("/")[2], approved=True)
    return await shop.orders.payment_returned(order.id)


def held(cart: Cart) -> dict[str, int]:
    return {line.title: line.quantity for line in cart.lines}


async def test_items_added_during_the_order_stay_in_a_cart_with_the_address(shop: Shop) -> None:
    kettle, lamp = await sell(shop, on_hand=9), await sell(shop, "Tide Lamp", on_hand=9)
    cart = await fill_cart(shop, (kettle, 2))
    order = await at_the_bank(shop, cart)
    await shop.carts.add(cart.id, kettle.variants[0].id, 1)
    await shop.carts.add(cart.id, lamp.variants[0].id, 3)
    assert (await paid(shop, order)).status == "paid"
    closed = await shop.carts.get(cart.id)
    assert closed.closed
    rest = await shop.carts.get(closed.next_id)
    assert (rest.closed, held(rest)) == (False, {"Harbour Kettle": 1, "Tide Lamp": 3})
    assert (rest.email, rest.shipping_address) == (cart.email, cart.shipping_address)
    assert await shop.carts.count(cart.id) == 4
    await shop.orders.payment_returned(order.id)  # emitted again
    assert (await shop.carts.get(cart.id)).next_id == rest.id
    await healthy(shop)


@pytest.mark.parametrize("quantity", [0, 1])
async def test_items_removed_during_the_order_leave_nothing_behind(shop: Shop, quantity: int) -> None:
    cart = await fill_cart(shop, (await sell(shop, on_hand=9), 2))
    order = await at_the_bank(shop, cart)
    await shop.carts.set_quantity(cart.id, cart.lines[0].id, quantity)
    await paid(shop, order)
    after = await shop.carts.get(cart.id)
    assert (after.closed, after.next_id) == (True, "")


async def test_a_cart_merged_during_the_order_keeps_nothing_of_it(shop: Shop) -> None:
    kettle, lamp = await sell(shop, on_hand=9), await sell(shop, "Tide Lamp", on_hand=9)
    grace = (await shop.users.register("grace@example.com", "harbour at seven", "Grace")).id
    own = await shop.carts.create(grace)
    await shop.carts.add(own.id, kettle.variants[0].id, 1)
    guest = await fill_cart(shop, (kettle, 2), (lamp, 1))
    order = await at_the_bank(shop, guest)
    assert await shop.carts.merge(guest.id, grace) == own.id
    await paid(shop, order)
    await shop.orders.payment_returned(order.id)
    assert held(await shop.carts.get(own.id)) == {"Harbour Kettle": 1}
    await healthy(shop)
