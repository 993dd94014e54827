"""An order of 0.00 is an order: nothing is charged, goods are shipped, returned and counted."""

import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import GUEST, SYSTEM
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money
from shopwright.services.orders.contract import LineQuantity, NewRefund, NewShipment, Order, PlaceOrder
from tests.builders.goods import sell, stock
from tests.builders.health import healthy
from tests.builders.orders import fill_cart


async def free(shop: Shop, *, price: int = 0, gift: int = 2) -> Order:
    """An order of a free gift and of a product at `price`, with free shipping."""
    [standard, *_] = await shop.pricing.shipping_rates()
    await shop.pricing.put_shipping_rate(msgspec.structs.replace(standard, price=Money(0, "EUR")))
    lines = [(await sell(shop, "Gift", price=0, on_hand=5), gift)]
    if price:
        lines.append((await sell(shop, "Lamp", price=price, on_hand=5), 1))
    cart = await fill_cart(shop, *lines)
    assert cart.totals.total.amount == price
    token = {"token": "pretend_ok", "provider": "pretend"} if price else {"provider": ""}
    request = msgspec.convert({"cart_id": cart.id, "expected_total": price, "payment": token}, PlaceOrder)
    return await shop.orders.place(request, f"free-{price}", GUEST)


def of_line(order: Order, number: int, units: int) -> tuple[LineQuantity, ...]:
    return (LineQuantity(order.lines[number].id, units),)


async def test_a_free_order_is_paid_at_once_without_provider(shop: Shop) -> None:
    order = await free(shop)
    assert (order.status, order.totals.total.amount) == ("paid", 0)
    assert await shop.databases["pretend"].fetch("SELECT * FROM intents") == []
    await healthy(shop)
    parcel = NewShipment(carrier="DHL")
    assert (await shop.orders.ship(order.id, parcel, SYSTEM)).status == "shipped"
    assert (await shop.orders.deliver(order.id, SYSTEM)).status == "delivered"
    await healthy(shop)


async def test_a_free_item_can_be_returned(shop: Shop) -> None:
    order = await free(shop)
    order = await shop.orders.refund(
        order.id, NewRefund(reason="Not wanted", lines=of_line(order, 0, 1), restock=True), "r1", SYSTEM
    )
    assert (order.lines[0].refunded, order.lines[0].to_ship, order.refunds[0].amount.amount) == (1, 1, 0)
    assert [one.status for one in order.refunds] == ["settled"]
    gift = (await shop.catalog.get(order.lines[0].product_id)) if order.lines[0].product_id else None
    assert gift is not None
    assert await stock(shop, gift) == (4, 0)
    await shop.bus.settle()
    assert [one.subject for one in await shop.notifications.messages() if "Refund" in one.subject] == []
    with pytest.raises(Invalid, match="Say what to refund"):
        await shop.orders.refund(order.id, NewRefund(reason="Nothing", lines=()), "r2", SYSTEM)
    with pytest.raises(Invalid):
        await shop.orders.refund(order.id, NewRefund(reason="Nothing", amount=0), "r3", SYSTEM)
    await healthy(shop)


async def test_a_free_item_in_a_paid_order_can_be_returned(shop: Shop) -> None:
    order = await free(shop, price=1000)
    for number in (0, 1):
        refund = NewRefund(reason="Not wanted", lines=of_line(order, number, 1), restock=True)
        order = await shop.orders.refund(order.id, refund, f"r{number}", SYSTEM)
    assert [one.amount.amount for one in order.refunds] == [0, 1000]
    order = await shop.orders.refund(
        order.id, NewRefund(reason="Nor this", lines=of_line(order, 0, 1), restock=True), "r9", SYSTEM
    )
    assert [line.refunded for line in order.lines] == [2, 1]
    await healthy(shop)


async def test_a_free_order_is_cancelled_and_restocked(shop: Shop) -> None:
    order = await free(shop)
    after = await shop.orders.cancel(order.id, "Not wanted", SYSTEM)
    assert after.status == "cancelled"
    gift = await shop.catalog.get(order.lines[0].product_id)
    assert await stock(shop, gift) == (5, 0)
    await healthy(shop)
