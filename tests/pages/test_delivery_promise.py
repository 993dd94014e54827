"""The promised delivery is the same on the product, at the checkout, in the confirmation, the e-mail and the order."""

import re

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import GUEST
from shopwright.kit.clock import HandClock
from shopwright.services.orders.contract import PaymentChoice, PlaceOrder
from tests.builders.goods import sell
from tests.builders.messages import email_text
from tests.builders.orders import fill_cart
from tests.builders.shops import OWNER


@pytest.mark.usefixtures("readable_messages")
async def test_a_delivery_date_is_the_same_on_all_pages(shop: Shop, api: httpx.AsyncClient, clock: HandClock) -> None:
    kettle = await sell(shop)
    clock.move(days=4, hours=6)  # Friday 6 March 2026, 16:00 in Berlin: too late for today
    product = (await api.get(f"/p/{kettle.slug}")).text
    assert "Delivered in 2–4 working days" in product
    cart = await fill_cart(shop, (kettle, 1))
    promised = "Wed 11 Mar – Fri 13 Mar"
    api.cookies.set("cart", cart.id)
    checkout = (await api.get("/checkout/delivery")).text
    assert f"{promised} (2–4 working days)" in checkout
    options = (await api.get(f"/v1/carts/{cart.id}/shipping-options")).json()["items"]
    assert options[0]["arrives"] == {"first": "2026-03-11", "last": "2026-03-13"}
    seen = (await api.get(f"/v1/carts/{cart.id}")).json()
    assert seen["shipping_option"]["arrives"] == options[0]["arrives"]
    choice = PaymentChoice(provider="pretend", token="pretend_ok", return_url="http://shop.test/back/{order_id}")
    order_request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
    order = await shop.orders.place(order_request, "once", GUEST)
    await shop.bus.settle()
    clock.move(days=1)  # a promise stays the same at any time
    assert str((await shop.orders.get(order.id)).arrives) == promised
    assert f"Estimated delivery: {promised}" in (await api.get(f"/orders/{order.id}")).text
    assert f"Estimated delivery: {promised}" in (await api.get(f"/checkout/done/{order.id}")).text
    assert f"Estimated delivery: {promised}." in await email_text(shop, f"We have your order {order.number}")
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    assert f"Promised for {promised}" in (await api.get(f"/office/orders/{order.id}")).text


async def test_no_page_mentions_utc(shop: Shop, api: httpx.AsyncClient) -> None:
    kettle = await sell(shop)
    cart = await fill_cart(shop, (kettle, 1))
    choice = PaymentChoice(provider="pretend", token="pretend_ok", return_url="http://shop.test/back/{order_id}")
    order = await shop.orders.place(
        PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice), "once", GUEST
    )
    await shop.bus.settle()
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    pages = [
        "/office", "/office/orders", f"/office/orders/{order.id}", f"/office/products/{kettle.id}", "/office/messages",
        "/office/audit", "/office/stock", f"/office/stock/{kettle.variants[0].id}", "/office/pricing", "/office/system",
        "/office/reviews", "/office/staff", f"/orders/{order.id}", "/account", "/account/security", f"/p/{kettle.slug}",
    ]  # fmt: skip
    for page in pages:
        answer = await api.get(page)
        assert answer.status_code == 200, page
        assert not re.search(r"\bUTC\b", answer.text), page
    assert "2 March 2026, 10:00" in (await api.get(f"/office/orders/{order.id}")).text  # 9:00 in UTC
