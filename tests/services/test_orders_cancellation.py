"""Cancelling a paid order: first the refund or its request, then the goods; and the order shows its debt."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import GUEST, SYSTEM
from shopwright.kit.errors import Conflict
from shopwright.services.inventory.contract import StockRule
from shopwright.services.orders.closing import OrderClosing
from shopwright.services.orders.contract import LineQuantity, NewRefund, NewShipment, Order, RefundNotPossible
from shopwright.simulation.faults import FaultyEngines
from tests.builders.goods import sell, stock
from tests.builders.health import healthy, wrong
from tests.builders.orders import place
from tests.builders.refunds import REFUSES, REFUSES_LATER, ProviderFaults, gives_in, held, later
from tests.builders.shops import QUICK, Post, make_settings, running_shop


class Slow(OrderClosing):
    """Its process dies between the refund and the goods, the first time."""

    dies = True

    async def close_order(self, *arguments, **more) -> bool:
        if type(self).dies and arguments[3] == "cancelled":
            type(self).dies = False
            raise RuntimeError("the process is dead")
        return await super().close_order(*arguments, **more)


async def test_an_order_is_not_cancelled_if_the_provider_refuses(shop: Shop) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, 2, token=REFUSES)
    for _ in range(2):
        with pytest.raises(RefundNotPossible, match=r"not cancelled.*too old to be refunded"):
            await shop.orders.cancel(order.id, "changed my mind", SYSTEM)
    after = await shop.orders.get(order.id)
    assert (after.status, after.owed, after.payment.status) == ("paid", None, "captured")
    assert (await stock(shop, kettle), await held(shop)) == ((3, 0), order.totals.total.amount)
    await healthy(shop)
    assert [one.subject for one in await shop.notifications.messages() if "cancelled" in one.subject] == []
    await gives_in(shop)
    await later(shop, 3600, 3)
    assert await held(shop) == order.totals.total.amount
    after = await shop.orders.cancel(order.id, "changed my mind", SYSTEM)
    assert (after.status, after.owed, await stock(shop, kettle), await held(shop)) == ("cancelled", None, (5, 0), 0)
    await healthy(shop)


async def test_an_order_that_could_not_be_cancelled_is_shipped(shop: Shop) -> None:
    order = await place(shop, await sell(shop), token=REFUSES)
    with pytest.raises(RefundNotPossible):
        await shop.orders.cancel(order.id, "", SYSTEM)
    assert (await shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)).status == "shipped"
    await healthy(shop)


async def test_a_backorder_that_cannot_be_filled_is_found_by_the_doctor_and_staff(shop: Shop) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, 2, token=REFUSES_LATER)
    after = await shop.orders.cancel(order.id, "changed my mind", GUEST)
    assert (after.status, after.owed, await stock(shop, kettle)) == ("cancelled", order.totals.total, (5, 0))
    assert after.payment.refunding == order.totals.total
    await later(shop, 15, 2)
    after = await shop.orders.get(order.id)
    assert (after.owed, after.payment.refunding) == (order.totals.total, None)
    assert any("was refused" in one.what for one in after.timeline)
    [sentence] = await wrong(shop)
    assert "is cancelled, but €128.00 of its payment" in sentence
    assert "too old to be refunded" in sentence
    assert any("was refused" in one.subject for one in await shop.notifications.messages(text="owner@example.com"))
    with pytest.raises(Conflict, match="Cancel it again"):
        await shop.orders.refund(order.id, NewRefund(reason="owed"), "r1", SYSTEM)
    before = await shop.orders.cancel(order.id, "again", GUEST)
    assert (before.owed, before.payment.refunding) == (order.totals.total, None)  # only staff request it again
    await gives_in(shop)
    again = await shop.orders.cancel(order.id, "again", SYSTEM)
    assert (again.owed, await held(shop)) == (None, 0)
    await healthy(shop)


async def test_a_debt_is_shown_and_cannot_be_dismissed_once_the_provider_has_it(
    api: httpx.AsyncClient, shop: Shop, staff
) -> None:
    order = await place(shop, await sell(shop), token="pretend_refund_delayed")
    answer = (await api.post(f"/v1/orders/{order.id}/cancel", headers=staff, json={"reason": "x"})).json()
    assert (answer["status"], answer["owed"]) == ("cancelled", {"amount": 6890, "currency": "EUR"})
    [waits] = answer["payment"]["refunds"]
    shop.clock.move(seconds=40)
    url = f"/v1/orders/{order.id}/refunds/{waits['key']}/cancel"
    refused = await api.post(url, headers=staff, json={"reason": "paid in cash"})
    assert refused.status_code == 409
    await later(shop, 20, 3)
    assert "owed" not in (await api.get(f"/v1/orders/{order.id}", headers=staff)).json()


async def test_a_pending_refund_and_a_cancellation_refund_everything_once(
    data: tuple[Path, str], clock, post: Post
) -> None:
    provider_faults = ProviderFaults()
    shop = Shop(
        make_settings(*data), clock=clock, hasher=QUICK, send_webhook=post, around=FaultyEngines(provider_faults)
    )
    post.shop = shop
    async with shop.running(deliver=False):
        kettle = await sell(shop)
        order = await place(shop, kettle, 3)
        provider_faults.cut = True
        one = NewRefund(reason="x", lines=(LineQuantity(order.lines[0].id, 1),), restock=True)
        assert (await shop.orders.refund(order.id, one, "r1", SYSTEM)).refund.status == "asked"
        after = await shop.orders.cancel(order.id, "too late", SYSTEM)
        assert (after.status, after.owed) == ("cancelled", order.totals.total)
        assert await stock(shop, kettle) == (4, 0)  # the unit of the refund is restocked with the money
        provider_faults.cut = False
        await later(shop, 60, 2)
        after = await shop.orders.get(order.id)
        assert (after.owed, await held(shop), await stock(shop, kettle)) == (None, 0, (5, 0))
        await healthy(shop)


@pytest.fixture
async def dying(data: tuple[Path, str], clock, post: Post) -> AsyncIterator[Shop]:
    Slow.dies = True
    async with running_shop(data, clock, post, overrides={OrderClosing: Slow}) as made:
        yield made


async def test_a_cancellation_interrupted_between_money_and_goods_is_completed_and_nothing_ships_meanwhile(
    dying: Shop,
) -> None:
    kettle = await sell(dying)
    order = await place(dying, kettle, 2)
    with pytest.raises(RuntimeError):
        await dying.orders.cancel(order.id, "changed my mind", SYSTEM)
    assert ((await dying.orders.get(order.id)).status, await held(dying)) == ("paid", 0)
    for step in (
        dying.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM),
        dying.orders.refund(order.id, NewRefund(reason="x", amount=1), "r1", SYSTEM),
    ):
        with pytest.raises(Conflict, match="being cancelled"):
            await step
    await later(dying, 61, 2)
    after = await dying.orders.get(order.id)
    assert (after.status, await stock(dying, kettle)) == ("cancelled", (5, 0))
    assert after.timeline[-1].what == "Cancelled: changed my mind"
    await healthy(dying)


async def test_shipping_and_cancelling_at_once_does_one_of_both(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=30)
    for number in range(6):
        order: Order = await place(shop, kettle, email=f"b{number}@example.com")
        done = await asyncio.gather(
            shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM),
            shop.orders.cancel(order.id, "x", SYSTEM),
            return_exceptions=True,
        )
        after = await shop.orders.get(order.id)
        assert sum(isinstance(one, Order) for one in done) == 1, done
        assert (after.status, after.payment.status) in {("shipped", "captured"), ("cancelled", "refunded")}
    await healthy(shop)


async def test_refunded_backorders_are_not_restocked_by_cancelling(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=1)
    await shop.inventory.put_rule(kettle.variants[0].id, StockRule(backorder=5))
    order = await place(shop, kettle, 2)
    await shop.bus.settle()
    variant = kettle.variants[0].id
    assert await shop.inventory.backordered(order.id) == {variant: 1}
    one = NewRefund(reason="x", lines=(LineQuantity(order.lines[0].id, 1),))
    await shop.orders.refund(order.id, one, "r1", SYSTEM)
    assert await shop.inventory.backordered(order.id) == {}
    await shop.orders.cancel(order.id, "x", SYSTEM)
    assert await stock(shop, kettle) == (1, 0)
    await healthy(shop)
