"""Refunds on the page of an order: pending, refused and owed ones, and the actions of staff."""

import re
from collections.abc import Awaitable, Callable

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.audit import AuditFilter
from shopwright.kit.auth import SYSTEM
from shopwright.services.orders.contract import NewRefund, Order
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.refunds import REFUSES, REFUSES_LATER, gives_in, later
from tests.builders.shops import OWNER
from tests.builders.staff import PASSWORD, staff_member

Send = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def send(api: httpx.AsyncClient, shop: Shop) -> Send:
    """The owner at the page of an order, who submits one of its forms."""
    api.cookies.set("session", await shop.users.open_session(*OWNER))

    async def sent(order: Order, action: str, **form: str) -> httpx.Response:
        page = (await api.get(f"/office/orders/{order.id}")).text
        token = re.findall(r'name="_csrf_token" value="([^"]+)"', page)[0]
        url = f"/office/orders/{order.id}/{action}"
        return await api.post(url, data={"_csrf_token": token, **form}, follow_redirects=True)

    return sent


async def test_a_refusal_of_the_provider_is_reported_with_the_refund(send: Send, shop: Shop) -> None:
    order = await place(shop, await sell(shop), token=REFUSES)
    for action, form in (("refund", {"amount": "5.00", "reason": "late"}), ("cancel", {"reason": "late"})):
        answer = await send(order, action, key=action, **form)
        assert answer.status_code == 422
        assert "too old to be refunded" in re.findall(r'<p class="alert" role="alert">(.*?)</p>', answer.text)[0]
    assert "refused, not paid" in answer.text
    assert (await shop.orders.get(order.id)).status == "paid"


async def test_a_pending_refund_can_be_cancelled_and_the_audit_log_has_it(
    send: Send, api: httpx.AsyncClient, shop: Shop
) -> None:
    order = await place(shop, await sell(shop), token="pretend_refund_delayed")
    page = (await send(order, "refund", key="r1", amount="5.00", reason="late")).text
    assert "waiting for the payment provider" in page
    waits = (await shop.orders.get(order.id)).refunds[0].id
    assert f'name="refund" value="{waits}"' in page
    shop.clock.move(seconds=40)
    cancelled = await send(order, "cancel-refund", refund=waits, why="paid in cash")
    assert (cancelled.status_code, "may still be paid" in cancelled.text, "paid in cash" in cancelled.text) == (
        422,
        True,
        True,
    )
    async with shop.databases["pretend"].begin() as tx:  # its books do not have it after all
        await tx.run("DELETE FROM intent_refunds")
        await tx.run("UPDATE intents SET refunded = 0")
    shop.clock.move(seconds=40)
    page = (await send(order, "cancel-refund", refund=waits, why="paid in cash")).text
    assert "paid in cash (" in page
    assert "will not be paid" in page
    acts = [one.act for one in await shop.users.audit(AuditFilter(), limit=50)]
    assert [one.given["why"] for one in acts if one.given.get("action") == "cancel-refund"] == ["paid in cash"] * 2
    await staff_member(shop, "reader@example.com", "read-only")
    api.cookies.set("session", await shop.users.open_session("reader@example.com", PASSWORD))
    page = (await api.get(f"/office/orders/{order.id}")).text
    assert "Will not be paid" not in page


async def test_the_debt_of_a_cancelled_order_is_shown_and_requested_again(
    send: Send, api: httpx.AsyncClient, shop: Shop
) -> None:
    order = await place(shop, await sell(shop), token=REFUSES_LATER)
    page = (await send(order, "cancel", reason="no")).text
    assert "€68.90 of this order is still owed" in page
    assert "waiting for the payment provider" in page
    api.cookies.delete("session")
    buyer = (await api.get(f"/orders/{order.id}?key={await shop.orders.link_key(order.id)}")).text
    assert "We are refunding €68.90 to you" in buyer
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    await later(shop, 20, 2)
    page = (await api.get(f"/office/orders/{order.id}")).text
    assert "too old to be refunded" in page
    assert "Refund €68.90 again" in page
    await gives_in(shop)
    page = (await send(order, "cancel")).text
    assert "still owed" not in page


async def test_the_status_page_shows_pending_refunds(api: httpx.AsyncClient, shop: Shop) -> None:
    order = await place(shop, await sell(shop), token="pretend_refund_delayed")
    await shop.orders.refund(order.id, NewRefund(reason="x", amount=100), "r1", SYSTEM)
    shop.clock.move(hours=2)
    assert re.search(r"Refunds.{0,80}Degraded", (await api.get("/status")).text, re.DOTALL)


async def test_shipping_is_refunded_separately_and_a_deduction_names_its_reason(send: Send, shop: Shop) -> None:
    order = await place(shop, await sell(shop))
    worn = {"reason": "worn", f"refund-{order.lines[0].id}": "1", "amount": "10.00", "key": "k1"}
    refused = await send(order, "refund", **worn)
    assert (refused.status_code, "give in `deduction` the reason" in refused.text) == (422, True)
    assert 'value="10.00"' in refused.text
    assert (await send(order, "refund", **worn, deduction="scratched")).status_code == 200
    page = (await send(order, "refund", reason="late", shipping="1", key="k2")).text
    assert "scratched" in page
    after = await shop.orders.get(order.id)
    assert [(one.amount.amount, one.deduction) for one in after.refunds] == [
        (1000, "scratched"),
        (order.totals.shipping.amount, ""),
    ]
