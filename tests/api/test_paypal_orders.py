"""A shop that is paid by PayPal: orders, what shoppers do at PayPal, refunds."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.services.orders.contract import NewRefund
from shopwright.web.application import build
from tests.builders.api import order, ready_cart
from tests.builders.goods import sell
from tests.builders.health import healthy
from tests.builders.paypal_double import KEYS, PayPalDouble, serving_double
from tests.builders.shops import Post, running_shop


@pytest.fixture(scope="module")
def double() -> Iterator[PayPalDouble]:
    with serving_double() as found:
        yield found


@pytest.fixture
async def shop(data: tuple[Path, str], clock: HandClock, post: Post, double: PayPalDouble) -> AsyncIterator[Shop]:
    """A shop that is connected with PayPal."""
    async with running_shop(data, clock, post, payments=f"paypal://?api={double.url}") as made:
        await made.payments.connect("paypal", KEYS, "usr_owner")
        yield made


@pytest.fixture
async def api(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


async def placed(shop: Shop, api: httpx.AsyncClient, key: str) -> tuple[dict, str]:
    """An order that waits for the shopper, and its reference at PayPal."""
    product = await sell(shop)
    made = (await order(api, await ready_cart(api, product.variants[0].sku), "", key, provider="paypal")).json()
    assert made["payment"]["next_action"]["url"].startswith("https://www.sandbox.paypal.com/")
    [row] = await shop.databases["payments"].fetch(
        "SELECT reference FROM payments WHERE id = :id", id=made["payment"]["id"]
    )
    return made, row["reference"]


async def test_an_order_is_paid_when_the_shopper_comes_back_from_paypal(
    shop: Shop, api: httpx.AsyncClient, double: PayPalDouble
) -> None:
    made, reference = await placed(shop, api, "k1")
    assert (await shop.orders.payment_returned(made["id"])).status == "placed"
    double.approve(reference)
    assert (await shop.orders.payment_returned(made["id"])).payment.status == "captured"
    await shop.bus.settle()
    assert (await shop.orders.get(made["id"])).status == "paid"
    done = await shop.orders.refund(made["id"], NewRefund(reason="Broken", amount=1000), "r1", SYSTEM)
    assert done.payment.refunded.amount == 1000
    await healthy(shop)


async def test_an_order_whose_shopper_never_comes_back_is_paid_too(
    shop: Shop, api: httpx.AsyncClient, double: PayPalDouble, clock: HandClock
) -> None:
    made, reference = await placed(shop, api, "k2")
    double.approve(reference)
    clock.move(seconds=60)
    await shop.payments.ask_undecided()
    await shop.bus.settle()
    assert (await shop.orders.get(made["id"])).status == "paid"
    await healthy(shop)


async def test_an_order_that_was_left_at_paypal_is_closed_and_never_captured(
    shop: Shop, api: httpx.AsyncClient, double: PayPalDouble, clock: HandClock
) -> None:
    made, reference = await placed(shop, api, "k3")
    clock.move(hours=2)
    await shop.payments.ask_undecided()
    await shop.bus.settle()
    assert (await shop.payments.of_order(made["id"]))[0].status == "cancelled"
    double.approve(reference)
    clock.move(hours=2)
    await shop.payments.ask_undecided()
    assert "payments" not in double.orders[reference]["purchase_units"][0]
    await healthy(shop)
