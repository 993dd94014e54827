"""Payments of orders: declined, delayed, repeated, lost and late ones."""

from pathlib import Path

import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import GUEST, SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Conflict, Denied, Unavailable
from shopwright.services.inventory.contract import Adjustment, SoldOut
from shopwright.services.orders.contract import (
    CartNotReady,
    NewRefund,
    PaymentChoice,
    PlaceOrder,
)
from shopwright.simulation.faults import Faults, FaultyEngines
from tests.builders.goods import sell, stock
from tests.builders.health import healthy, wrong
from tests.builders.orders import fill_cart, place
from tests.builders.shops import QUICK, Post, make_settings


async def test_a_decline_keeps_the_order_and_a_second_try_pays_it(shop: Shop) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, token="pretend_declined")
    assert (order.status, order.payment.status, order.payment.code) == ("placed", "failed", "payment_declined")
    assert await stock(shop, kettle) == (5, 1)
    paid = await shop.orders.pay(order.id, PaymentChoice(provider="pretend", token="pretend_ok"))
    assert (paid.status, await stock(shop, kettle)) == ("paid", (4, 0))
    with pytest.raises(Conflict):
        await shop.orders.pay(order.id, PaymentChoice(provider="pretend", token="pretend_ok"))
    await healthy(shop)


async def test_a_second_attempt_extends_the_reservation(shop: Shop, clock: HandClock) -> None:
    kettle = await sell(shop, on_hand=1)
    order = await place(shop, kettle, token="pretend_declined")
    clock.move(minutes=29)
    again = await shop.orders.pay(order.id, PaymentChoice(provider="pretend", token="pretend_3ds"))
    clock.move(minutes=20)
    await shop.bus.settle()
    with pytest.raises(CartNotReady):
        await place(shop, kettle, email="grace@example.com")
    await shop.pretend.answer_challenge(again.payment.next_action.url.rpartition("/")[2], approved=True)
    assert (await shop.orders.payment_returned(order.id)).status == "paid"
    await healthy(shop)


async def test_a_second_attempt_without_stock_charges_nothing(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=1)
    order = await place(shop, kettle, token="pretend_declined")
    await shop.inventory.release_reservation(order.id)  # as it expires where a process stood still
    other = await place(shop, kettle, email="grace@example.com")
    intents = len(await shop.databases["pretend"].fetch("SELECT * FROM intents"))
    with pytest.raises(SoldOut):
        await shop.orders.pay(order.id, PaymentChoice(provider="pretend", token="pretend_ok"))
    assert len(await shop.databases["pretend"].fetch("SELECT * FROM intents")) == intents
    assert ((await shop.orders.get(order.id)).status, other.status) == ("placed", "paid")
    await shop.inventory.adjust([Adjustment(variant_id=kettle.variants[0].id, delta=1, reason="found")])
    paid = await shop.orders.pay(order.id, PaymentChoice(provider="pretend", token="pretend_ok"))
    assert (paid.status, await stock(shop, kettle)) == ("paid", (0, 0))
    await healthy(shop)


async def test_three_d_secure_goes_to_the_bank_and_back(shop: Shop) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, token="pretend_3ds")
    assert order.payment.status == "requires_action"
    reference = order.payment.next_action.url.rpartition("/")[2]
    back = await shop.pretend.answer_challenge(reference, approved=True)
    assert back == f"http://shop.test/back/{order.id}"
    assert (await shop.orders.payment_returned(order.id)).status == "paid"
    await healthy(shop)


async def test_a_bank_that_says_no_leaves_the_order_payable(shop: Shop) -> None:
    order = await place(shop, await sell(shop), token="pretend_3ds")
    await shop.pretend.answer_challenge(order.payment.next_action.url.rpartition("/")[2], approved=False)
    after = await shop.orders.payment_returned(order.id)
    assert (after.status, after.payment.status) == ("placed", "failed")
    await healthy(shop)


async def test_a_delayed_payment_is_settled_by_its_webhook(shop: Shop, clock, post: Post) -> None:
    order = await place(shop, await sell(shop), token="pretend_delayed")
    assert (order.status, order.payment.status) == ("placed", "pending")
    clock.move(seconds=4)
    await shop.bus.settle()
    assert (await shop.orders.get(order.id)).status == "paid"
    assert len(post.sent) == 1
    await healthy(shop)


async def test_webhooks_that_are_repeated_late_or_out_of_order_are_harmless(shop: Shop, clock, post: Post) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, token="pretend_delayed")
    clock.move(seconds=4)
    await shop.bus.settle()
    headers, body = post.sent[0]
    for _ in range(3):
        await shop.payments.webhook("pretend", headers, body)
    await shop.bus.settle()
    assert (await shop.orders.get(order.id)).status == "paid"
    assert await stock(shop, kettle) == (4, 0)
    await healthy(shop)


async def test_a_lost_webhook_is_replaced_by_a_look_up(shop: Shop, clock, post: Post) -> None:
    order = await place(shop, await sell(shop), token="pretend_lost")
    clock.move(seconds=4)
    await shop.bus.settle()
    assert (await shop.orders.get(order.id)).status == "placed"
    clock.move(seconds=30)
    await shop.bus.settle()
    assert (await shop.orders.get(order.id)).status == "paid"
    assert post.sent == []
    await healthy(shop)


async def test_a_forged_or_stale_webhook_is_denied(shop: Shop, clock, post: Post) -> None:
    await place(shop, await sell(shop), token="pretend_ok")
    clock.move(seconds=2)
    await shop.bus.settle()
    headers, body = post.sent[0]
    for forged in (
        {},
        {"pretend-signature": "t=1,v1=00"},
        {"pretend-signature": headers["pretend-signature"].replace("v1=", "v1=0")},
    ):
        with pytest.raises(Denied):
            await shop.payments.webhook("pretend", forged, body)
    with pytest.raises(Denied):
        await shop.payments.webhook("pretend", headers, body + b" ")
    clock.move(minutes=6)
    with pytest.raises(Denied, match="too old"):
        await shop.payments.webhook("pretend", headers, body)


async def test_an_unpaid_order_expires_and_releases_its_reservation(shop: Shop, clock) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, token="pretend_declined")
    clock.move(minutes=31)
    await shop.bus.settle()
    assert (await shop.orders.get(order.id)).status == "expired"
    assert await stock(shop, kettle) == (5, 0)
    await healthy(shop)


async def test_a_payment_after_the_release_reserves_again(shop: Shop, clock) -> None:
    kettle = await sell(shop, on_hand=1)
    order = await place(shop, kettle, token="pretend_3ds")
    reference = order.payment.next_action.url.rpartition("/")[2]
    await shop.inventory.release_reservation(order.id)
    await shop.pretend.answer_challenge(reference, approved=True)
    clock.move(seconds=2)
    await shop.bus.settle()
    assert (await shop.orders.get(order.id)).status == "paid"
    assert await stock(shop, kettle) == (0, 0)
    await healthy(shop)


async def test_a_payment_after_the_goods_were_sold_is_refunded(shop: Shop, clock) -> None:
    kettle = await sell(shop, on_hand=1)
    first = await place(shop, kettle, token="pretend_3ds")
    await shop.inventory.release_reservation(first.id)
    second = await place(shop, kettle, token="pretend_ok", email="bea@example.com")
    assert second.status == "paid"
    await shop.pretend.answer_challenge(first.payment.next_action.url.rpartition("/")[2], approved=True)
    clock.move(seconds=2)
    await shop.bus.settle()
    after = await shop.orders.get(first.id)
    payment = (await shop.payments.of_order(first.id))[0]
    assert (after.status, payment.status) == ("cancelled", "refunded")
    await healthy(shop)


async def test_a_paid_order_whose_goods_were_sold_during_an_outage_is_refunded(local_shop: Shop, clock) -> None:
    kettle = await sell(local_shop, on_hand=1)
    first = await place(local_shop, kettle, token="pretend_3ds")
    await local_shop.pretend.answer_challenge(first.payment.next_action.url.rpartition("/")[2], approved=True)
    (payment,) = await local_shop.payments.of_order(first.id)
    captured = msgspec.structs.replace(payment, status="captured")
    assert await local_shop.orders._settlement._reserve(first.id)
    assert await local_shop.orders._settlement._mark_paid(
        first.id, captured
    )  # and the process stands still before the reservation is committed
    clock.move(hours=3)
    await local_shop.inventory.expire()
    second = await place(local_shop, kettle, email="bea@example.com")
    clock.move(seconds=30)
    await local_shop.bus.settle()
    after = await local_shop.orders.get(first.id)
    (payment,) = await local_shop.payments.of_order(first.id)
    assert (second.status, after.status, payment.status) == ("paid", "cancelled", "refunded")
    assert "sold to others" in after.timeline[-1].what
    assert await stock(local_shop, kettle) == (0, 0)
    await healthy(local_shop)


async def test_an_unanswered_bank_confirmation_is_cancelled(shop: Shop, clock) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, token="pretend_3ds")
    for _ in range(8):
        clock.move(minutes=15)
        await shop.bus.settle()
    assert [one.status for one in await shop.payments.of_order(order.id)] == ["cancelled"]
    assert (await shop.orders.get(order.id)).status == "expired"


class Outage(Faults):
    """A provider that answers, or is unavailable."""

    down = False

    def before(self, what: str) -> None:
        if self.down and what == "The provider":
            raise Unavailable(f"{what} does not answer.")

    def after(self, what: str) -> None:
        """Let its answers arrive."""


async def test_a_provider_outage_of_an_hour_loses_neither_orders_nor_money(
    data: tuple[Path, str], clock, post: Post
) -> None:
    outage = Outage()
    shop = Shop(make_settings(*data), clock=clock, hasher=QUICK, send_webhook=post, around=FaultyEngines(outage))
    post.shop = shop
    async with shop.running(deliver=False):
        kettle = await sell(shop, on_hand=9)
        paid = await place(shop, kettle)
        late = await place(shop, kettle, token="pretend_delayed")
        await shop.bus.settle()
        outage.down = post.closed = True
        cart = await fill_cart(shop, (kettle, 1))
        choice = PaymentChoice(provider="pretend", token="pretend_ok")
        wanted = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
        with pytest.raises(Unavailable):
            await shop.orders.place(wanted, "meanwhile", GUEST)
        await shop.orders.refund(paid.id, NewRefund(amount=500, reason="dented"), "r1", SYSTEM)
        for _ in range(12):
            clock.move(minutes=5)
            await shop.bus.settle()
        assert (await shop.orders.get(late.id)).status == "placed"  # the result is unknown: it is not given up
        assert (await shop.orders.get(paid.id)).refunds[0].status == "asked"
        outage.down = post.closed = False
        for _ in range(4):
            clock.move(minutes=5)
            await shop.bus.settle()
        assert (await shop.orders.get(late.id)).status == "paid"
        assert (await shop.orders.get(paid.id)).refunds[0].status == "settled"
        rows = await shop.databases["pretend"].fetch("SELECT refunded FROM intents WHERE refunded > 0")
        assert [row["refunded"] for row in rows] == [500]
        assert (await shop.orders.place(wanted, "meanwhile", GUEST)).status in {"paid", "expired"}
        assert await wrong(shop) == []
