"""Goods and money agree: refunded units are not shipped, and each unit is counted once."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.errors import Conflict, Invalid, ShopError
from shopwright.operations.order_sums import miscounted
from shopwright.services.inventory.contract import StockRule
from shopwright.services.orders import model, refund_rules
from shopwright.services.orders.contract import LineQuantity, NewRefund, NewShipment, Order
from tests.builders.goods import sell, stock
from tests.builders.health import healthy
from tests.builders.orders import place
from tests.builders.refunds import sold_of


def parcel(order: Order, *quantities: int) -> NewShipment:
    lines = tuple(LineQuantity(line.id, units) for line, units in zip(order.lines, quantities, strict=False))
    return NewShipment(carrier="DHL", lines=lines)


def money_back(order: Order, units: int, *, restock: bool = True, returned: bool = False) -> NewRefund:
    lines = (LineQuantity(order.lines[0].id, units),)
    return NewRefund(reason="Out of stock", lines=lines, restock=restock, returned=returned)


async def emails(shop: Shop, topic: str) -> list[str]:
    await shop.bus.settle()
    found = [one for one in await shop.notifications.messages() if topic in one.subject]
    return [(await shop.notifications.message(one.id)).text for one in reversed(found)]


async def test_refunded_lines_are_not_shipped_and_the_order_is_completed(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=10)
    order = await place(shop, kettle, 10)
    order = await shop.orders.refund(order.id, money_back(order, 4), "r1", SYSTEM)
    line = order.lines[0]
    assert (line.shipped, line.cancelled, line.refunded, line.to_ship) == (0, 4, 4, 6)
    with pytest.raises(Invalid, match="Only 6 of “Harbour Kettle” can still be shipped, not 10"):
        await shop.orders.ship(order.id, parcel(order, 10), SYSTEM)
    order = await shop.orders.ship(order.id, parcel(order), SYSTEM)
    assert (order.status, order.lines[0].shipped, order.lines[0].to_ship) == ("shipped", 6, 0)
    assert await stock(shop, kettle) == (4, 0)
    order = await shop.orders.refund(order.id, money_back(order, 2), "r2", SYSTEM)  # two of those that were sent
    assert (order.lines[0].cancelled, order.lines[0].refunded) == (4, 6)
    await healthy(shop)


async def test_an_order_with_a_refunded_rest_is_shipped_and_one_without_parcels_is_not(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=10)
    order = await place(shop, kettle, 3)
    await shop.orders.ship(order.id, parcel(order, 1), SYSTEM)
    order = await shop.orders.refund(order.id, money_back(order, 2), "r1", SYSTEM)
    assert order.status == "shipped"
    assert (await shop.orders.deliver(order.id, SYSTEM)).status == "delivered"
    other = await place(shop, kettle, 3)
    other = await shop.orders.refund(other.id, money_back(other, 3), "r1", SYSTEM)
    assert other.status == "paid"
    with pytest.raises(Conflict, match="Nothing of this order is left to ship"):
        await shop.orders.ship(other.id, parcel(other), SYSTEM)
    assert (await shop.orders.cancel(other.id, "All of it is refunded", SYSTEM)).payment.status == "refunded"
    assert await stock(shop, kettle) == (9, 0)
    await healthy(shop)


async def test_goods_returned_from_a_parcel_leave_the_rest_to_be_shipped(shop: Shop) -> None:
    order = await place(shop, await sell(shop, on_hand=10), 5)
    await shop.orders.ship(order.id, parcel(order, 2), SYSTEM)
    with pytest.raises(Invalid, match="Only 2 of “Harbour Kettle” can still be refunded as returned"):
        await shop.orders.refund(order.id, money_back(order, 3, returned=True), "r0", SYSTEM)
    order = await shop.orders.refund(order.id, money_back(order, 1, returned=True), "r1", SYSTEM)
    assert (order.status, order.lines[0].cancelled, order.lines[0].to_ship) == ("part_shipped", 0, 3)
    order = await shop.orders.ship(order.id, parcel(order), SYSTEM)
    assert (order.status, order.lines[0].shipped) == ("shipped", 5)
    await healthy(shop)


async def test_a_quantity_of_zero_ships_nothing(shop: Shop) -> None:
    order = await place(shop, await sell(shop, on_hand=10), 2)
    for lines in ((LineQuantity(order.lines[0].id, 0),), (LineQuantity(order.lines[0].id, -1),)):
        with pytest.raises(Invalid):
            await shop.orders.ship(order.id, NewShipment(carrier="DHL", lines=lines), SYSTEM)
    assert (await shop.orders.get(order.id)).status == "paid"


async def test_refunded_backorders_are_no_longer_backordered(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=6)
    await shop.inventory.put_rule(kettle.variants[0].id, StockRule(backorder=10))
    order = await place(shop, kettle, 10)
    assert sum((await shop.inventory.backordered(order.id)).values()) == 4
    order = await shop.orders.refund(order.id, money_back(order, 4, restock=False), "r1", SYSTEM)
    assert await shop.inventory.backordered(order.id) == {}
    assert (await shop.orders.ship(order.id, parcel(order), SYSTEM)).status == "shipped"
    assert await stock(shop, kettle) == (0, 0)
    await healthy(shop)


async def test_emails_list_the_items_of_each_parcel_and_the_reason_of_a_refund(shop: Shop) -> None:
    order = await place(shop, await sell(shop, on_hand=10), 3)
    await shop.orders.ship(order.id, parcel(order, 1), SYSTEM)
    await shop.orders.ship(order.id, parcel(order), SYSTEM)
    first, second = await emails(shop, "has shipped")
    assert "1 × Harbour Kettle" in first
    assert "The rest follows" in first
    assert "2 × Harbour Kettle" in second
    assert "everything" not in second
    await shop.orders.refund(order.id, money_back(order, 1), "r1", SYSTEM)
    [refund] = await emails(shop, "Refund for order")
    assert "Reason: Out of stock" in refund


async def test_shipping_and_refunding_at_once_keep_one_count(shop: Shop) -> None:
    order = await place(shop, await sell(shop, on_hand=10), 10)
    actions = [shop.orders.ship(order.id, parcel(order, 2), SYSTEM) for _ in range(4)]
    actions += [shop.orders.refund(order.id, money_back(order, 2), f"r{n}", SYSTEM) for n in range(4)]
    await asyncio.gather(*actions, return_exceptions=True)
    order = await shop.orders.get(order.id)
    assert order.lines[0].to_ship >= 0
    assert miscounted(order) == []
    await healthy(shop)


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["ship", "refund", "returned"]), st.integers(0, 6), st.integers(0, 1)), max_size=14
)


@given(ACTIONS)
def test_each_unit_is_counted_once_after_any_shipments_and_refunds(actions: Sequence[tuple[str, int, int]]) -> None:
    order = sold_of(5, 3)
    sold = [line.quantity for line in order.lines]
    for name, units, number in actions:
        wanted = (LineQuantity(order.lines[number].id, units),)
        before = order
        try:
            if name == "ship":
                order = model.shipped(order, model.lines_to_ship(order, wanted))
            else:
                refund = NewRefund(reason="x", lines=wanted, returned=name == "returned")
                order = refund_rules.refunded(
                    order, refund_rules.lines_to_refund(order, refund), returned=refund.returned
                )
        except ShopError:
            assert order is before
        for line, quantity in zip(order.lines, sold, strict=True):
            assert line.shipped + line.cancelled + line.to_ship == quantity
            assert min(line.shipped, line.cancelled, line.to_ship) >= 0
            assert 0 <= line.refunded - line.cancelled <= line.shipped
        left = sum(line.to_ship for line in order.lines)
        assert (order.status == "shipped") <= (left == 0)
        assert (order.status == "part_shipped") <= (left > 0)
