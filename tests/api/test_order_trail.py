"""The history of an order in one list: at the API, and on the page of the back office."""

import re
from datetime import datetime

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.errors import Unavailable
from tests.builders.api import order, ready_cart
from tests.builders.customers import sign_in
from tests.builders.environment import APART
from tests.builders.goods import sell
from tests.builders.messages import send_all
from tests.builders.shops import OWNER

# In a split shop, two events of the same time of a stopped clock have no order.


async def sold(api: httpx.AsyncClient, shop: Shop, staff: dict[str, str], request: str = "the-order") -> dict:
    """An order that was paid, shipped and refunded in part, with its messages sent."""
    kettle = await sell(shop)
    cart = await ready_cart(api, kettle.variants[0].sku)
    made = (await order(api, cart, headers={"x-request-id": request})).json()
    await send_all(shop)
    shop.clock.move(minutes=5)
    parcel = {"carrier": "DHL", "tracking_number": "00340"}
    await api.post(f"/v1/orders/{made['id']}/shipments", json=parcel, headers={**staff, "x-request-id": "the-parcel"})
    shop.clock.move(minutes=5)
    refund = {"amount": 100, "reason": "dented"}
    headers = {**staff, "Idempotency-Key": "r1", "x-request-id": "the-refund"}
    await api.post(f"/v1/orders/{made['id']}/refunds", json=refund, headers=headers)
    await send_all(shop)
    return made


async def test_staff_see_every_step_of_an_order_with_its_request(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]
) -> None:
    made = await sold(api, shop, staff)
    await order(api, await ready_cart(api, (await sell(shop, "Other Kettle")).variants[0].sku), key="k2")
    await send_all(shop)
    for name in (made["id"], made["number"]):
        trail = (await api.get(f"/v1/orders/{name}/trail", headers=staff)).json()
        assert trail["missing"] == []
        steps = [(one["what"], one["request_id"]) for one in trail["items"]]
        found = [one for one in steps if not one[0].startswith("Message")]
        expected = [
            ("OrderPlaced", "the-order"),
            ("PaymentCaptured", "the-order"),
            ("OrderPaid", "the-order"),
            ("OrderShipped", "the-parcel"),
            ("RefundSettled", "the-refund"),
            ("OrderRefunded", "the-refund"),
        ]
        assert sorted(found) == sorted(expected)
        assert APART or found == expected
        assert [request for what, request in steps if what == "MessageKept"] == [
            "the-order", "the-order", "the-parcel", "the-refund",
        ]  # fmt: skip
        times = [datetime.fromisoformat(one["time"]) for one in trail["items"]]
        assert times == sorted(times)
        paid = next(one for one in trail["items"] if one["what"] == "PaymentCaptured")
        assert paid["about"] == {"payment_id": made["payment"]["id"]}
        assert "ada@example.com" not in str(trail)


async def test_the_event_log_finds_events_by_request(api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]) -> None:
    await sold(api, shop, staff)
    events = (await api.get("/v1/events", headers=staff)).json()["items"]
    found = {one["type"]: one["request_id"] for one in events}
    assert (found["OrderPaid"], found["OrderShipped"]) == ("the-order", "the-parcel")
    assert {one["trace_id"] for one in events} == {""}


@pytest.mark.parametrize(
    ("role", "status", "messages"),
    [("support", 200, True), ("catalog", 403, False), ("", 403, False)],
)
async def test_the_trail_needs_the_permission_to_see_orders(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str], role: str, status: int, *, messages: bool
) -> None:
    made = await sold(api, shop, staff)
    await shop.users.register("sue@example.com", "a-long-password-7", "Sue", role=role)
    sue = await sign_in(api, "sue@example.com", "a-long-password-7")
    answer = await api.get(f"/v1/orders/{made['id']}/trail", headers=sue)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert any(one["what"].startswith("Message") for one in answer.json()["items"]) == messages
    assert (await api.get(f"/v1/orders/{made['id']}/trail")).status_code == 401
    assert (await api.get("/v1/orders/ord_none/trail", headers=staff)).status_code == 404


async def test_messages_need_a_permission_of_their_own(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]
) -> None:
    from shopwright.web.trail.gather import trail_of

    made = await sold(api, shop, staff)
    trail = await trail_of(shop, made["id"], messages=True)
    less = await trail_of(shop, made["id"], messages=False)
    assert {one.what for one in trail.items} - {one.what for one in less.items} == {"MessageKept"}


async def test_the_page_of_an_order_shows_its_history_and_how_to_find_it_in_the_logs(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]
) -> None:
    made = await sold(api, shop, staff)
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    page = (await api.get(f"/office/orders/{made['id']}")).text
    section = page[page.index("Event log") :]
    words = ["Order placed", "Payment captured", "Order paid", "Order shipped", "Refund settled", "Order refunded"]
    positions = [section.index(one) for one in words]
    assert APART or positions == sorted(positions)
    assert "Message kept" in section
    assert {"the-order", "the-parcel", "the-refund"} <= {*re.findall(r"<code>([\w-]+)</code>", section)}
    assert f"| grep {made['id']}" in section
    message = re.search(r'href="(/office/messages/msg_\w+)"', section)[1]
    shown = (await api.get(message)).text
    assert "the-order" in shown
    assert f'href="/office/orders/{made["id"]}"' in shown


async def test_an_order_is_shown_also_while_the_event_log_is_away(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]
) -> None:
    from shopwright.web.trail.gather import trail_of

    made = await sold(api, shop, staff)

    class Away:
        async def about(self, *_: object) -> None:
            raise Unavailable("not now")

    class WithoutInsights:
        insights = Away()
        payments, notifications = shop.payments, shop.notifications

    trail = await trail_of(WithoutInsights(), made["id"], messages=True)
    assert trail.missing == ("events",)
    assert {one.what for one in trail.items} == {"MessageKept"}


async def test_a_dead_event_is_shown_with_its_request(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]
) -> None:
    kettle = await sell(shop)
    cart = await ready_cart(api, kettle.variants[0].sku)
    await order(api, cart, headers={"x-request-id": "the-order"})
    async with shop.databases["orders"].begin() as tx:
        await tx.run("UPDATE deliveries SET state = 'dead', problem = 'it broke'")
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    assert "the-order" in (await api.get("/office/system")).text
