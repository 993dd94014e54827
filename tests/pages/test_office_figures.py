"""Figures of the office are correct: revenue, orders to ship, and nothing without permission."""

import re

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.services.orders.contract import LineQuantity, NewRefund, NewShipment, Order
from tests.builders.customers import sign_in
from tests.builders.goods import sell
from tests.builders.messages import send_all
from tests.builders.orders import place
from tests.builders.pages import shopper
from tests.builders.shops import OWNER
from tests.builders.staff import PASSWORD, staff_member

pytestmark = pytest.mark.slow


async def as_owner(shop: Shop, api: httpx.AsyncClient) -> httpx.AsyncClient:
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    return api


async def refund(shop: Shop, order: Order, count: int = 0, amount: int = 0, *, returned: bool = False) -> None:
    lines = (LineQuantity(order.lines[0].id, count),) if count else ()
    wish = NewRefund(reason="sorry", lines=lines, amount=amount or None, returned=returned)
    await shop.orders.refund(order.id, wish, shop.ids.new("key"), SYSTEM)


async def sums(shop: Shop) -> tuple[int, int, int]:
    """Orders and revenue of the last days, and units of the top products."""
    await shop.bus.settle()
    days, top = await shop.insights.days(), await shop.insights.top_products()
    return sum(one.orders for one in days), sum(one.revenue.amount for one in days), sum(one.quantity for one in top)


async def test_revenue_excludes_cancelled_and_refunded_amounts(shop: Shop, api: httpx.AsyncClient) -> None:
    kettle = await sell(shop, price=10_000, on_hand=50)
    untouched, cancelled, part, full, amount = [await place(shop, kettle, 2) for _ in range(5)]
    unpaid = await place(shop, kettle, token="pretend_decline")
    await shop.orders.cancel(unpaid.id, "never paid", SYSTEM)
    total = untouched.totals.total.amount
    assert await sums(shop) == (5, 5 * total, 10)
    await shop.orders.cancel(cancelled.id, "no", SYSTEM)
    assert await sums(shop) == (4, 4 * total, 8)
    await refund(shop, part, 1)
    assert await sums(shop) == (4, 4 * total - 10_000, 7)
    await refund(shop, full, amount=total)
    assert await sums(shop) == (3, 3 * total - 10_000, 7)
    await refund(shop, amount, amount=500)
    assert await sums(shop) == (3, 3 * total - 10_500, 7)
    # Cancelling after a partial refund refunds the rest.
    await shop.orders.cancel(part.id, "no", SYSTEM)
    assert await sums(shop) == (2, 2 * total - 500, 6)
    before = await shop.insights.days(), await shop.insights.top_products()
    await shop.insights.rebuild()
    assert (await shop.insights.days(), await shop.insights.top_products()) == before
    page = (await (await as_owner(shop, api)).get("/office")).text
    assert f"€{(2 * total - 500) / 100:.2f}" in page
    assert "<strong>2</strong> paid orders" in page


async def test_a_refund_counts_on_the_day_the_order_was_paid(shop: Shop, clock: HandClock) -> None:
    kettle = await sell(shop, on_hand=50)
    order = await place(shop, kettle, 2)
    await shop.bus.settle()
    clock.move(days=3)
    await refund(shop, order, 1)
    await shop.bus.settle()
    days = await shop.insights.days(5)
    assert [day.revenue.amount for day in days if day.revenue.amount] == [order.totals.total.amount - 6400]
    assert days[1].orders == 1
    # The log ends after a week; its totals are rebuilt from the carried-over sums.
    clock.move(days=10)
    for _ in range(3):
        clock.move(hours=2)
        await shop.bus.settle()
    before = await shop.insights.days(30), await shop.insights.top_products()
    await shop.insights.rebuild()
    assert (await shop.insights.days(30), await shop.insights.top_products()) == before
    await refund(shop, order, 1)
    await shop.bus.settle()
    assert sum(day.revenue.amount for day in await shop.insights.days(30)) == order.totals.total.amount - 2 * 6400


async def test_to_ship_counts_orders_with_something_left_to_ship(shop: Shop, api: httpx.AsyncClient) -> None:
    kettle = await sell(shop, on_hand=200)
    orders = [await place(shop, kettle, 2, email=f"ada{n}@example.com") for n in range(56)]
    parcel = NewShipment(carrier="DHL")
    one = NewShipment(carrier="DHL", lines=(LineQuantity(orders[0].lines[0].id, 1),))
    await shop.orders.ship(orders[0].id, one, SYSTEM)  # one of two is shipped
    await shop.orders.ship(orders[1].id, parcel, SYSTEM)
    await refund(shop, orders[2], 2)  # nothing is left
    await refund(shop, orders[3], 1)
    await shop.orders.cancel(orders[4].id, "no", SYSTEM)
    await refund(shop, orders[5], amount=100)  # an amount refunds no units
    assert await shop.orders.count("to_ship") == 53
    office = await as_owner(shop, api)
    page = (await office.get("/office")).text
    assert "<strong>53</strong> to ship" in page
    assert "All 53 to ship" in page
    listed = [*await shop.orders.search(status="to_ship", limit=100)]
    assert {orders[n].id for n in (1, 2, 4)}.isdisjoint({order.id for order in listed})
    assert {orders[n].id for n in (0, 3, 5)} <= {order.id for order in listed}
    shown = (await office.get("/office/orders?status=to_ship")).text
    assert f"/office/orders/{orders[2].id}" not in shown
    every = (await office.get(f"/office/orders?q={orders[2].number}")).text
    assert "Refunded" in every
    assert "Refunded" in (await office.get(f"/office/orders/{orders[2].id}")).text
    answer = await api.get("/v1/orders?status=to_ship&limit=100", headers=await sign_in(api, *OWNER))
    assert len(answer.json()["items"]) == 53


@pytest.mark.parametrize(
    ("role", "sees", "sees_not"),
    [
        ("orders", ["to ship"], ["total sales", "paid orders", "Top products", "Conversion funnel"]),
        ("support", ["to ship"], ["total sales", "Top searches"]),
        ("catalog", ["total sales", "Top products"], ["to ship", "Every paid order"]),
        ("marketing", ["total sales", "paid orders"], ["to ship", "to capture", "Every paid order"]),
        ("read-only", ["total sales", "to ship"], []),
    ],
)
async def test_figures_without_permission_are_hidden_instead_of_zero(
    shop: Shop, role: str, sees: list[str], sees_not: list[str]
) -> None:
    await staff_member(shop, role=role)
    async with shopper(shop) as staff:
        staff.cookies.set("session", await shop.users.open_session("sue@example.com", PASSWORD))
        page = (await staff.get("/office")).text
    main = page[page.index("<main") :]
    for words in sees:
        assert words in main
    for words in sees_not:
        assert words not in main


async def test_an_order_whose_payment_is_captured_later_is_called_authorised(careful: Shop) -> None:
    kettle = await sell(careful, on_hand=9)
    held, declined = await place(careful, kettle), await place(careful, kettle, token="pretend_decline")
    await careful.bus.settle()
    async with shopper(careful) as office:
        office.cookies.set("session", await careful.users.open_session(*OWNER))
        assert "<strong>1</strong> to capture" in (await office.get("/office")).text
        listed = (await office.get("/office/orders?status=authorised")).text
        assert f"/office/orders/{held.id}" in listed
        assert f"/office/orders/{declined.id}" not in listed
        assert re.search(r'<td><span class="state authorised">Payment authorised</span></td>', listed)
        unpaid = (await office.get("/office/orders?status=unpaid")).text
        assert f"/office/orders/{held.id}" not in unpaid
        assert f"/office/orders/{declined.id}" in unpaid
        page = (await office.get(f"/office/orders/{held.id}")).text
        assert "Payment authorised" in page
        assert "Authorised, not captured yet" in page
        staff = await sign_in(office, *OWNER)
        [found] = (await office.get("/v1/orders?status=authorised", headers=staff)).json()["items"]
        assert (found["id"], found["status"], found["authorised"]) == (held.id, "placed", True)
        await careful.orders.capture(held.id, SYSTEM)
        assert await careful.orders.count("authorised") == 0
        assert "state authorised" not in (await office.get("/office/orders")).text


async def test_an_order_authorised_before_an_upgrade_is_found(careful: Shop) -> None:
    kettle = await sell(careful, on_hand=9)
    held, declined = await place(careful, kettle), await place(careful, kettle, token="pretend_decline")
    await careful.bus.settle()
    async with careful.databases["orders"].begin() as tx:
        await tx.run("UPDATE orders SET authorised = 0")
    await careful.orders.forget_unfinished()
    assert [one.id for one in await careful.orders.search(status="authorised")] == [held.id]
    assert [one.id for one in await careful.orders.search(status="unpaid")] == [declined.id]


async def test_a_voided_authorisation_is_not_shown(careful: Shop) -> None:
    order = await place(careful, await sell(careful))
    await careful.bus.settle()
    assert await careful.orders.count("authorised") == 1
    payment = (await careful.orders.get(order.id)).payment
    assert payment is not None
    await careful.payments.void(payment.id)
    await careful.bus.settle()
    assert (await careful.orders.count("authorised"), await careful.orders.count("unpaid")) == (0, 1)


async def test_a_message_is_not_called_sent_without_a_transport(shop: Shop, api: httpx.AsyncClient) -> None:
    order = await place(shop, await sell(shop))
    await send_all(shop)
    office = await as_owner(shop, api)
    [first, *_] = await shop.notifications.messages()
    assert first.outcome == "kept"
    page = (await office.get("/office/messages")).text
    assert "Not sent, kept here" in page
    assert "No mail server is set up (SHOPWRIGHT_MAIL)" in page
    assert ">Sent<" not in page
    one = (await office.get(f"/office/messages/{first.id}")).text
    assert "Not sent, kept here" in one
    assert "and not sent, as no provider" in one
    trail = (await office.get(f"/office/orders/{order.id}")).text
    assert "Message kept" in trail
    assert "Message sent" not in trail
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await office.get("/office/staff")).text)
    assert token is not None
    who = {"email": "sue@example.com", "name": "Sue", "role": "support", "own_password": OWNER[1]}
    invited = await office.post("/office/staff", data={"_csrf_token": token[1], **who})
    text = (await office.get(invited.headers["location"])).text
    assert "no e-mail was sent" in text
    assert "shopwright password sue@example.com" in text


async def test_a_refused_form_of_an_order_keeps_its_text(shop: Shop, api: httpx.AsyncClient) -> None:
    order = await place(shop, await sell(shop), 2)
    office = await as_owner(shop, api)
    line, here = order.lines[0].id, f"/office/orders/{order.id}"
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await office.get(here)).text)
    assert token is not None
    csrf = {"_csrf_token": token[1]}
    parcel = {"carrier": "Bike", "tracking_number": "T-1", f"ship-{line}": "9"}
    refused = await office.post(f"{here}/ship", data=csrf | parcel)
    assert refused.status_code == 422
    for text in ('value="Bike"', 'value="T-1"', f'name="ship-{line}" min="0" max="2" value="9"'):
        assert text in refused.text
    back = {f"refund-{line}": "5", "amount": "", "reason": "Scratched", "restock": "1"}
    refused = await office.post(f"{here}/refund", data=csrf | back)
    assert refused.status_code == 422
    for text in ("<details open><summary>Refund", 'value="Scratched"', 'name="restock" value="1" checked', 'value="5"'):
        assert text in refused.text
    assert not (await shop.orders.get(order.id)).refunds
    assert (
        await office.post(f"{here}/refund", data=csrf | back | {f"refund-{line}": "1", "key": "k"})
    ).status_code == 303


async def test_no_action_is_offered_without_its_permission(shop: Shop) -> None:
    order = await place(shop, await sell(shop))
    await send_all(shop)
    here, message = f"/office/orders/{order.id}", (await shop.notifications.messages())[0]
    for role, offered in (("read-only", False), ("orders", True)):
        email = f"{role}@example.com"
        await staff_member(shop, email, role)
        async with shopper(shop) as staff:
            staff.cookies.set("session", await shop.users.open_session(email, PASSWORD))
            page = (await staff.get(here)).text
            for words in ("Mark as shipped", "<summary>Refund", "Cancel this order"):
                assert (words in page) == offered
            assert "Harbour Kettle" in page
            assert "/office/products/" not in page
            assert (await staff.get(f"/office/messages/{message.id}")).status_code == 200
