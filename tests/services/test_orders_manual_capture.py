"""Manual capture: goods stay reserved, staff capture the payment, and an uncaptured authorisation is voided."""

import asyncio

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import GUEST, SYSTEM
from shopwright.kit.errors import Conflict
from shopwright.services.catalog.contract import Product
from shopwright.services.orders.contract import NewShipment, Order, PaymentChoice, PlaceOrder
from shopwright.web.application import build
from tests.builders.customers import sign_in
from tests.builders.goods import sell, stock
from tests.builders.health import wrong
from tests.builders.orders import fill_cart
from tests.builders.shops import OWNER


async def place(shop: Shop, product: Product, token: str = "pretend_ok", count: int = 1) -> Order:
    cart = await fill_cart(shop, (product, count))
    choice = PaymentChoice(provider="pretend", token=token, return_url="http://shop.test/back")
    request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
    return await shop.orders.place(request, shop.ids.new("key"), GUEST)


async def status(shop: Shop, order: Order) -> tuple[str, str]:
    now = await shop.orders.get(order.id)
    return now.status, now.payment.status if now.payment else ""


async def test_goods_stay_reserved_with_the_authorisation_and_ship_after_the_capture(careful: Shop, clock) -> None:
    lamp = await sell(careful, "Lamp", on_hand=2)
    order = await place(careful, lamp)
    await careful.bus.settle()
    assert await status(careful, order) == ("placed", "authorized")
    with pytest.raises(Conflict):
        await careful.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)
    with pytest.raises(Conflict, match="already authorised"):
        await careful.orders.pay(order.id, PaymentChoice(provider="pretend", token="pretend_ok"))
    clock.move(days=5)
    await careful.bus.settle()
    assert (await status(careful, order), await stock(careful, lamp)) == (("placed", "authorized"), (2, 1))
    for _ in range(2):
        captured = await careful.orders.capture(order.id, SYSTEM)
    assert (captured.status, [one.what for one in captured.timeline].count("Payment captured")) == ("paid", 1)
    await careful.bus.settle()
    assert await stock(careful, lamp) == (1, 0)
    assert (await careful.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)).status == "shipped"
    assert await wrong(careful) == []


async def test_an_uncaptured_authorisation_is_voided_with_its_reservation(careful: Shop, clock) -> None:
    lamp = await sell(careful, "Lamp", on_hand=1)
    order = await place(careful, lamp)
    await careful.bus.settle()
    clock.move(days=6, minutes=1)
    await careful.bus.settle()
    assert (await status(careful, order), await stock(careful, lamp)) == (("expired", "cancelled"), (1, 0))
    with pytest.raises(Conflict, match="no authorised payment"):
        await careful.orders.capture(order.id, SYSTEM)
    assert await wrong(careful) == []


async def test_a_cancelled_order_voids_its_authorisation(careful: Shop) -> None:
    lamp = await sell(careful, "Lamp", on_hand=1)
    order = await place(careful, lamp)
    await careful.orders.cancel(order.id, "changed my mind", GUEST)
    await careful.bus.settle()
    assert (await status(careful, order), await stock(careful, lamp)) == (("cancelled", "cancelled"), (1, 0))
    rows = await careful.databases["pretend"].fetch("SELECT status, refunded FROM intents")
    assert [dict(row) for row in rows] == [{"status": "cancelled", "refunded": 0}]


async def test_a_payment_approved_by_the_shopper_is_authorised_by_a_look_up(careful: Shop, clock) -> None:
    lamp = await sell(careful, "Lamp", on_hand=1)
    order = await place(careful, lamp, "pretend_3ds")
    reference = (await careful.databases["pretend"].fetch("SELECT reference FROM intents"))[0]["reference"]
    await careful.pretend.answer_challenge(reference, approved=True)
    assert (await careful.pretend.look_up(reference)).status == "approved"
    assert (await careful.orders.payment_returned(order.id)).payment.status == "authorized"
    assert (await careful.orders.capture(order.id, SYSTEM)).status == "paid"


@pytest.mark.parametrize("token", ["pretend_delayed", "pretend_lost"])
async def test_a_capture_answered_late_or_never_is_looked_up_and_completed(careful: Shop, clock, token: str) -> None:
    lamp = await sell(careful, "Lamp", on_hand=1)
    order = await place(careful, lamp, token)
    assert (await status(careful, order))[1] == "pending"
    for _ in range(6):
        clock.move(seconds=30)
        await careful.bus.settle()
    assert await status(careful, order) == ("placed", "authorized")
    assert (await careful.orders.capture(order.id, SYSTEM)).status == "paid"
    assert await wrong(careful) == []


async def test_staff_capture_at_the_api_and_in_the_back_office(careful: Shop) -> None:
    lamp = await sell(careful, "Lamp", on_hand=2)
    transport = httpx.ASGITransport(app=build(careful, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api:
        staff = await sign_in(api, *OWNER)
        first, second = await place(careful, lamp), await place(careful, lamp)
        assert (await api.post(f"/v1/orders/{first.id}/capture")).status_code == 401
        for body in ({"amount": 100}, {"amount": {"amount": 100, "currency": "EUR"}}, {"sum": 1}, {"amount": "all"}):
            refused = await api.post(f"/v1/orders/{first.id}/capture", headers=staff, json=body)
            assert refused.status_code in {400, 422}, refused.text
        assert await status(careful, first) == ("placed", "authorized")
        amount = {"amount": first.totals.total.amount}
        key = {"Idempotency-Key": "capture-1"}
        captured = await api.post(f"/v1/orders/{first.id}/capture", headers=staff | key, json=amount)
        again = await api.post(f"/v1/orders/{first.id}/capture", headers=staff | key, json=amount)
        assert again.json() == captured.json()
        other = await api.post(f"/v1/orders/{first.id}/capture", headers=staff | key)
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
        assert (captured.json()["status"], captured.json()["payment"]["status"]) == ("paid", "captured")
        api.cookies.set("session", await careful.users.open_session(*OWNER))
        page = (await api.get(f"/office/orders/{second.id}")).text
        assert "The payment is authorised" in page
        token = page.split('name="_csrf_token" value="')[1].split('"')[0]
        await api.post(f"/office/orders/{second.id}/capture", data={"_csrf_token": token})
        assert await status(careful, second) == ("paid", "captured")


async def test_an_order_with_a_voided_authorisation_expires_like_an_unpaid_one(careful: Shop, clock) -> None:
    lamp = await sell(careful, "Lamp", on_hand=1)
    order = await place(careful, lamp)
    await careful.bus.settle()
    await careful.payments.void(order.payment.id)  # and then the process that was cancelling it died
    await careful.bus.settle()
    clock.move(minutes=31)
    await careful.bus.settle()
    assert (await status(careful, order), await stock(careful, lamp)) == (("expired", "cancelled"), (1, 0))


async def test_two_captures_at_once_capture_once(careful: Shop) -> None:
    lamp = await sell(careful, "Lamp", on_hand=1)
    order = await place(careful, lamp)
    both = await asyncio.gather(*(careful.orders.capture(order.id, SYSTEM) for _ in range(2)))
    assert {one.status for one in both} == {"paid"}
    assert [one.what for one in (await careful.orders.get(order.id)).timeline].count("Payment captured") == 1
