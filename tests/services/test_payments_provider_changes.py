"""Actions of the payment provider by itself: refunds on its own page, disputes, money that banks return."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money
from shopwright.operations.doctor import examine
from shopwright.services.orders.contract import PAID, NewRefund, RefundNotPossible
from shopwright.services.payments import model
from tests.builders.goods import sell, stock
from tests.builders.health import healthy, wrong
from tests.builders.orders import place, reference
from tests.builders.refunds import REFUSES_LATER, ProviderFaults, held, later, of_lines
from tests.builders.shops import Post


@pytest.fixture(params=["noticed", "looked up"])
def event_kind(request: pytest.FixtureRequest, post: Post) -> str:
    """Whether the shop is notified at once, or has to look it up."""
    post.closed = request.param == "looked up"
    return str(request.param)


async def found_out(shop: Shop, event_kind: str) -> None:
    await later(shop, 4, 3) if event_kind == "noticed" else await later(shop, 3700, 3)


async def test_a_refund_made_at_the_provider_reaches_payment_order_and_ledger(shop: Shop, event_kind: str) -> None:
    order = await place(shop, await sell(shop), 2, token="pretend_refunded")
    await found_out(shop, event_kind)
    after = await shop.orders.get(order.id)
    total, half = order.totals.total.amount, order.totals.total.amount // 2
    assert (after.payment.status, after.payment.refunded.amount) == ("part_refunded", half)
    [one] = after.refunds
    assert (one.by_provider, one.amount.amount, one.lines, one.status) == (True, half, (), "settled")
    assert one.reference.startswith("re_")
    assert any("Refunded at the payment provider" in moment.what for moment in after.timeline)
    assert (await shop.orders.search())[0].refunded == one.amount
    assert sum(day.revenue.amount for day in await shop.insights.days()) == total - half
    with pytest.raises(Invalid, match=f"Between 1 and {total - half}"):
        await shop.orders.refund(order.id, NewRefund(reason="x", amount=total), "r1", SYSTEM)
    goods = await shop.orders.refund(order.id, of_lines(order, 1), "r2", SYSTEM)
    assert 0 < goods.refund.amount.amount < total - half
    left = total - half - goods.refund.amount.amount
    rest = await shop.orders.refund(order.id, NewRefund(reason="x", amount=left), "r3", SYSTEM)
    assert (rest.payment.status, await held(shop)) == ("refunded", 0)
    await later(shop, 7200, 3)
    assert len((await shop.orders.get(order.id)).refunds) == 3
    await healthy(shop)


async def test_a_lost_dispute_withdraws_the_money_and_staff_see_both(shop: Shop, event_kind: str) -> None:
    order = await place(shop, await sell(shop), 2, token="pretend_dispute_lost")
    if event_kind == "noticed":
        await later(shop, 4)
        await later(shop, 0)
        between = await shop.orders.get(order.id)
        assert (between.payment.status, between.payment.dispute, between.status) == ("disputed", "open", "paid")
        with pytest.raises(RefundNotPossible, match="disputes this payment"):
            await shop.orders.refund(order.id, of_lines(order), "r1", SYSTEM)
        with pytest.raises(RefundNotPossible, match="not cancelled"):
            await shop.orders.cancel(order.id, "x", SYSTEM)
        await healthy(shop)
    await found_out(shop, event_kind)
    after = await shop.orders.get(order.id)
    assert (after.payment.status, after.payment.dispute) == ("refunded", "lost")
    assert (after.payment.refunded, [one.amount for one in after.refunds]) == (order.totals.total, [order.totals.total])
    subjects = [one.subject for one in await shop.notifications.messages()]
    assert "The dispute of order 1001 was lost" in subjects
    assert "The dispute of order 1001 was opened" in subjects or event_kind == "looked up"
    assert "Refund for order 1001" not in subjects
    await healthy(shop)


async def test_a_won_dispute_changes_nothing(shop: Shop, event_kind: str) -> None:
    order = await place(shop, await sell(shop), 2, token="pretend_dispute_won")
    await found_out(shop, event_kind)
    after = await shop.orders.get(order.id)
    assert (after.payment.status, after.payment.dispute, after.refunds) == ("captured", "won", ())
    assert (await shop.orders.refund(order.id, of_lines(order), "r1", SYSTEM)).refund.status == "settled"
    await healthy(shop)


async def test_a_refund_rejected_by_the_buyers_bank_is_owed_again(shop: Shop, event_kind: str) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, 2, token="pretend_refund_returned")
    refund = await shop.orders.refund(order.id, of_lines(order, restock=True), "r1", SYSTEM)
    assert (refund.refund.status, refund.payment.status, await stock(shop, kettle)) == (
        "settled",
        "part_refunded",
        (4, 0),
    )
    await later(shop, 5)
    await later(shop, 7200, 2)
    after = await shop.orders.get(order.id)
    assert (after.lines[0].refunded, after.lines[0].to_ship, after.payment.status) == (0, 2, "captured")
    assert [one.why for one in after.refused] == ["The buyer's bank could not accept the money and returned it."]
    assert await stock(shop, kettle) == (3, 0)
    await healthy(shop)


async def test_a_pending_refund_yields_to_one_made_at_the_provider(far: Shop, provider_faults: ProviderFaults) -> None:
    order = await place(far, await sell(far), 2)
    provider_faults.cut = True
    refund = NewRefund(reason="x", amount=order.totals.total.amount)
    assert (await far.orders.refund(order.id, refund, "r1", SYSTEM)).refund.status == "asked"
    await far.pretend.own_page.refund(await reference(far, order), order.totals.total)
    await later(far, 40)
    provider_faults.cut = False
    await later(far, 3700, 3)
    after = await far.orders.get(order.id)
    assert [one.by_provider for one in after.refunds] == [True]
    assert len(after.refused) == 1
    assert (after.payment.refunded, await held(far)) == (order.totals.total, 0)
    await healthy(far)


async def test_an_owed_refund_made_at_the_provider_is_no_longer_owed(shop: Shop) -> None:
    order = await place(shop, await sell(shop), 2, token=REFUSES_LATER)
    await shop.orders.cancel(order.id, "x", SYSTEM)
    await later(shop, 15, 3)
    assert (await shop.orders.get(order.id)).owed == order.totals.total
    revenue = sum(day.revenue.amount for day in await shop.insights.days())
    await shop.pretend.own_page.refund(await reference(shop, order), order.totals.total)
    await later(shop, 4, 2)
    after = await shop.orders.get(order.id)
    assert (after.owed, after.status) == (None, "cancelled")
    assert sum(day.revenue.amount for day in await shop.insights.days()) == revenue == 0
    await healthy(shop)


def test_a_payment_is_looked_up_rarely_for_half_a_year() -> None:
    made = now = datetime(2026, 1, 1, tzinfo=UTC)
    looks = []
    while (after := model.next_look(made, now)) is not None:
        assert after - now >= min(timedelta(hours=1), made + timedelta(days=180) - now)
        looks.append(now := after)
    assert looks[0] == made + timedelta(hours=1)
    assert looks[-1] == made + timedelta(days=180)
    assert 15 < len(looks) < 30


async def test_only_later_notices_are_handled(shop: Shop, post: Post) -> None:
    order = await place(shop, await sell(shop))
    await later(shop, 181 * 24 * 3600, 2)
    post.closed = True
    await shop.pretend.own_page.refund(await reference(shop, order), Money(100, "EUR"))
    await later(shop, 3 * 24 * 3600, 9)
    assert (await shop.orders.get(order.id)).payment.refunded.amount == 0
    post.closed = False
    await shop.pretend.own_page.refund(await reference(shop, order), Money(100, "EUR"))
    await later(shop, 4, 2)
    assert (await shop.orders.get(order.id)).payment.refunded.amount == 200


async def test_payments_of_an_earlier_version_are_looked_up_too(shop: Shop, post: Post) -> None:
    order = await place(shop, await sell(shop), token="pretend_refunded")
    post.closed = True
    await later(shop, 4)
    async with shop.databases["payments"].begin() as tx:
        await tx.run("UPDATE payments SET look_at = NULL")
    await later(shop, 40)
    await later(shop, 1)
    assert (await shop.orders.get(order.id)).payment.status == "part_refunded"


async def test_a_payment_unknown_to_the_provider_blocks_no_other(shop: Shop, post: Post) -> None:
    kettle = await sell(shop)
    lost = await place(shop, kettle)
    order = await place(shop, kettle, token="pretend_refunded", email="b@example.com")
    async with shop.databases["pretend"].begin() as tx:
        await tx.run("DELETE FROM intents WHERE reference = :name", name=await reference(shop, lost))
    post.closed = True
    await later(shop, 3700, 2)
    assert (await shop.orders.get(order.id)).payment.status == "part_refunded"


async def test_the_doctor_compares_with_the_providers_books(shop: Shop) -> None:
    order = await place(shop, await sell(shop), 2)
    await shop.orders.refund(order.id, NewRefund(reason="x", amount=500), "r1", SYSTEM)
    await shop.bus.settle()
    assert await shop.payments.compare() == []
    async with shop.databases["pretend"].begin() as tx:
        await tx.run("UPDATE intent_refunds SET amount = 700")
    assert "has refunded €7.00" in " ".join(await shop.payments.compare())
    async with shop.databases["pretend"].begin() as tx:
        await tx.run("UPDATE intent_refunds SET amount = 500")
        await tx.run("UPDATE intents SET dispute = 'open'")
    assert "at pretend it is open" in " ".join(await shop.payments.compare())
    async with shop.databases["pretend"].begin() as tx:
        await tx.run("DELETE FROM intents")
    assert "is not known to pretend" in " ".join(await shop.payments.compare())


async def test_concurrent_refunds_on_both_sides_never_exceed_the_payment(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=30)
    for number in range(5):
        order = await place(shop, kettle, 2, email=f"b{number}@example.com")
        name, half = await reference(shop, order), Money(order.totals.total.amount // 2, "EUR")
        await asyncio.gather(
            *(shop.pretend.own_page.refund(name, half) for _ in range(2)),
            *(
                shop.orders.refund(order.id, NewRefund(reason="x", amount=half.amount), f"r{n}", SYSTEM)
                for n in range(2)
            ),
            return_exceptions=True,
        )
        await later(shop, 4, 3)
        await later(shop, int(timedelta(hours=2).total_seconds()), 2)
        after = await shop.orders.get(order.id)
        row = await shop.databases["pretend"].one("SELECT refunded FROM intents WHERE reference = :name", name=name)
        assert after.payment.refunded.amount == row["refunded"] <= order.totals.total.amount
        assert sum(one.amount.amount for one in after.refunds) == row["refunded"]
        assert after.status in PAID
    assert await wrong(shop) == []
    assert [one for one in await examine(shop) if one.wrong] == []
