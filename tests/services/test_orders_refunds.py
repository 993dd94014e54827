"""Refunds that are refused, pending or cancelled: each by itself, and nothing is refunded twice."""

import asyncio

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.errors import Conflict, Invalid, Missing, Unavailable
from shopwright.kit.money import Money
from shopwright.services.orders.contract import LineQuantity, NewRefund, NewShipment, RefundNotPossible
from shopwright.services.payments.contract import RefundTooLarge
from tests.builders.environment import APART
from tests.builders.goods import sell, stock
from tests.builders.health import healthy
from tests.builders.orders import place
from tests.builders.refunds import REFUSES, REFUSES_LATER, ProviderFaults, gives_in, held, later, of_lines


async def test_a_refund_refused_by_the_provider_changes_nothing_and_blocks_no_other(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=9)
    order, other = await place(shop, kettle, 2, token=REFUSES), await place(shop, kettle, 1, email="b@example.com")
    for _ in range(2):  # the same key is the same refund
        with pytest.raises(RefundNotPossible, match=r"too old to be refunded.*Nothing was changed"):
            await shop.orders.refund(order.id, of_lines(order, restock=True), "r1", SYSTEM)
    after = await shop.orders.get(order.id)
    assert (after.lines[0].refunded, after.lines[0].to_ship, after.refunds) == (0, 2, ())
    assert [one.why for one in after.refused] == ["This payment is too old to be refunded."]
    assert (after.payment.status, after.payment.refunded.amount, after.payment.refunding) == ("captured", 0, None)
    assert await stock(shop, kettle) == (6, 0)
    refund = await shop.orders.refund(other.id, of_lines(other), "r1", SYSTEM)
    assert refund.refund.status == "settled"
    await healthy(shop)
    await gives_in(shop)
    await later(shop, 3600, 3)
    assert await held(shop) == order.totals.total.amount + other.totals.total.amount - refund.refund.amount.amount
    again = await shop.orders.refund(order.id, of_lines(order, 2), "r2", SYSTEM)
    assert (again.refund.status, again.refund.amount) == ("settled", again.lines[0].total)
    await healthy(shop)


async def test_a_refund_refused_later_restores_units_and_sums_and_notifies_staff(shop: Shop) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, 3, token=REFUSES_LATER)
    await shop.orders.ship(order.id, NewShipment(carrier="DHL", lines=(LineQuantity(order.lines[0].id, 2),)), SYSTEM)
    requested = await shop.orders.refund(order.id, of_lines(order, restock=True), "r1", SYSTEM)
    assert (requested.refund.status, requested.status, requested.lines[0].to_ship) == ("asked", "shipped", 0)
    assert (requested.payment.status, requested.payment.refunded.amount, requested.payment.refunding.amount) == (
        "captured",
        0,
        6400,
    )
    assert await stock(shop, kettle) == (2, 0)  # first the refund, then the goods
    await later(shop, 15)
    await later(shop)
    after = await shop.orders.get(order.id)
    assert (after.status, after.lines[0].refunded, after.lines[0].to_ship) == ("part_shipped", 0, 1)
    assert ([one.why for one in after.refused], after.refunds) == (["This payment is too old to be refunded."], ())
    assert after.timeline[-1].what == "Refund of €64.00 was refused: it is not paid"
    assert await stock(shop, kettle) == (2, 0)
    [message] = [one for one in await shop.notifications.messages() if "was refused" in one.subject]
    assert message.recipient == "owner@example.com"
    assert "too old" in (await shop.notifications.message(message.id)).text
    await healthy(shop)


async def test_a_refund_paid_later_keeps_the_id_of_the_provider(shop: Shop) -> None:
    order = await place(shop, await sell(shop), 1, token="pretend_refund_delayed")
    requested = await shop.orders.refund(order.id, NewRefund(reason="x", amount=100), "r1", SYSTEM)
    assert requested.refund.status == "asked"
    await later(shop, 4, 3)
    [paid] = (await shop.orders.get(order.id)).refunds
    assert (paid.status, paid.reference[:3]) == ("settled", "re_")


async def test_a_pending_refund_is_retried_and_blocks_no_other(far: Shop, provider_faults: ProviderFaults) -> None:
    kettle = await sell(far, on_hand=99)
    many = 12 if APART else 60  # more than one batch of requests
    orders = [await place(far, kettle, email=f"b{n}@example.com") for n in range(many)]
    provider_faults.cut = True
    for one in orders:
        refund = await far.orders.refund(one.id, NewRefund(reason="late", amount=100), "r1", SYSTEM)
        assert refund.refund.status == "asked"
    figures = await far.payments.metrics()
    assert figures["refunds unsettled"] == many
    await later(far, 600, 6)
    assert (await far.payments.metrics())["seconds the oldest unsettled refund waits"] == 3600
    provider_faults.cut = False
    newest = await far.orders.refund(orders[0].id, NewRefund(reason="more", amount=100), "r2", SYSTEM)
    assert newest.refund.status == "settled"
    await later(far, 600, 4)
    assert (await far.payments.metrics())["refunds unsettled"] == 0
    assert {r.status for one in orders for r in (await far.orders.get(one.id)).refunds} == {"settled"}
    await healthy(far)


async def test_a_pending_refund_is_cancelled_by_staff(far: Shop, provider_faults: ProviderFaults) -> None:
    kettle = await sell(far)
    order = await place(far, kettle, 2)
    provider_faults.cut = True
    refund = (await far.orders.refund(order.id, of_lines(order), "r1", SYSTEM)).refund
    far.clock.move(seconds=40)
    with pytest.raises(Unavailable):  # it is unknown whether the provider has it
        await far.orders.cancel_refund(order.id, refund.id, "paid in cash", SYSTEM)
    assert (await far.orders.get(order.id)).refunds[0].status == "asked"
    provider_faults.cut = False
    far.clock.move(seconds=40)
    with pytest.raises(Invalid):
        await far.orders.cancel_refund(order.id, refund.id, " ", SYSTEM)
    with pytest.raises(Missing):
        await far.orders.cancel_refund(order.id, "rfd_other", "paid in cash", SYSTEM)
    for _ in range(2):
        after = await far.orders.cancel_refund(order.id, refund.id, "paid in cash", SYSTEM)
    assert [one.why for one in after.refused] == ["paid in cash (Shopwright)"]
    assert (after.lines[0].refunded, after.refunds, after.payment.refunding) == (0, (), None)
    await later(far, 3600, 3)
    assert await held(far) == order.totals.total.amount
    await healthy(far)


async def test_a_refund_the_provider_has_is_not_called_unpaid(far: Shop, provider_faults: ProviderFaults) -> None:
    kettle = await sell(far)
    order = await place(far, kettle, 2)
    provider_faults.lossy = True
    refund = (await far.orders.refund(order.id, of_lines(order), "r1", SYSTEM)).refund
    assert refund.status == "asked"
    provider_faults.lossy = False
    with pytest.raises(Conflict, match="may take it"):  # it was requested a moment ago
        await far.orders.cancel_refund(order.id, refund.id, "paid in cash", SYSTEM)
    far.clock.move(seconds=40)
    with pytest.raises(Conflict, match="has paid this refund already"):
        await far.orders.cancel_refund(order.id, refund.id, "paid in cash", SYSTEM)
    assert [one.status for one in (await far.orders.get(order.id)).refunds] == ["settled"]
    slow = await place(far, kettle, 1, token="pretend_refund_delayed", email="b@example.com")
    requested = (await far.orders.refund(slow.id, of_lines(slow), "r1", SYSTEM)).refund
    far.clock.move(seconds=40)
    with pytest.raises(Conflict, match="may still be paid"):
        await far.orders.cancel_refund(slow.id, requested.id, "paid in cash", SYSTEM)
    await later(far, 60, 2)
    assert [one.status for one in (await far.orders.get(slow.id)).refunds] == ["settled"]
    await healthy(far)


async def test_two_concurrent_refunds_of_everything_are_one(shop: Shop) -> None:
    order = await place(shop, await sell(shop), 2)
    total = order.totals.total.amount
    both = [shop.orders.refund(order.id, NewRefund(reason="x", amount=total), f"r{n}", SYSTEM) for n in range(2)]
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Invalid", "Order"]
    assert await held(shop) == 0
    await healthy(shop)


async def test_a_refund_of_an_unknown_payment_is_refused_and_not_retried_for_ever(shop: Shop) -> None:
    order = await place(shop, await sell(shop), 2)
    all_of_it = order.payment.amount
    await shop.payments.refund(key="elsewhere", payment_id=order.payment.id, amount=all_of_it)
    with pytest.raises(RefundNotPossible, match="Only 0 EUR"):
        await shop.orders.refund(order.id, of_lines(order), "r1", SYSTEM)
    assert (await shop.orders.get(order.id)).lines[0].refunded == 0
    with pytest.raises(RefundTooLarge):
        await shop.payments.refund(key="x", payment_id=order.payment.id, amount=Money(1, "EUR"))
    assert await shop.databases["orders"].fetch("SELECT id FROM order_refunds WHERE status = 'asked'") == []


async def test_the_api_answers_about_this_refund(api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]) -> None:
    kettle = await sell(shop, on_hand=9)
    stuck = await place(shop, kettle, token=REFUSES)
    late = await place(shop, kettle, 2, token="pretend_refund_delayed", email="b@example.com")
    url = f"/v1/orders/{stuck.id}/refunds"
    refused = await api.post(url, headers=staff | {"Idempotency-Key": "r1"}, json={"reason": "x", "amount": 100})
    assert (refused.status_code, refused.json()["code"]) == (409, "refund_refused")
    assert "too old to be refunded" in refused.json()["detail"]
    [one] = (await api.get(f"/v1/orders/{stuck.id}", headers=staff)).json()["refunds"]
    assert (one["status"], one["why"]) == ("refused", "This payment is too old to be refunded.")
    [theirs] = (await api.get(f"/v1/orders/{stuck.id}?email=ada@example.com")).json()["refunds"]
    assert theirs["status"] == "refused"
    assert "why" not in theirs
    url = f"/v1/orders/{late.id}/refunds"
    waits = await api.post(url, headers=staff | {"Idempotency-Key": "r1"}, json={"reason": "x", "amount": 100})
    assert (waits.status_code, waits.json()["refund"]["status"]) == (201, "asked")
    waiting = waits.json()["refund"]["id"]
    assert (await api.post(f"{url}/{waiting}/cancel", json={"reason": "y"})).status_code == 401
    no = await api.post(f"{url}/{waiting}/cancel", headers=staff, json={"reason": "y"})
    assert no.status_code == 409
    await later(shop, 15, 2)
    ok = await api.post(url, headers=staff | {"Idempotency-Key": "r1"}, json={"reason": "x", "amount": 100})
    assert (ok.status_code, ok.json()["refund"]["status"]) == (201, "settled") or APART


@pytest.mark.skipif(APART, reason="each process counts for itself")
async def test_pending_refunds_are_all_counted(api: httpx.AsyncClient, shop: Shop) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, token="pretend_refund_delayed")
    await shop.orders.refund(order.id, NewRefund(reason="x", amount=100), "r1", SYSTEM)
    shop.clock.move(hours=2)
    text = (await api.get("/metrics")).text
    assert 'shopwright_open{what="refunds unsettled"} 1.0' in text
    assert 'shopwright_open{what="seconds the oldest unsettled refund waits"} 7200.0' in text
