"""Retention: no table grows for ever."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shopwright.app import Shop
from shopwright.engines.database.migrations import all_in, new_tables
from shopwright.event_handlers import tidy
from shopwright.kit.clock import HandClock, to_micros
from shopwright.kit.data.retention import Retention
from shopwright.kit.errors import Invalid, Missing
from shopwright.kit.money import Money
from shopwright.lifecycle import migrations_of
from shopwright.retention import retention_of
from shopwright.services import RIVER
from shopwright.web.privacy.purposes import kept
from tests.builders.goods import sell
from tests.builders.health import wrong
from tests.builders.orders import fill_cart, place
from tests.builders.shops import Post, pass_days, running_shop

pytestmark = pytest.mark.slow

SERVICES = (*RIVER, "pretend")
WEEK = 7


def declared() -> Iterator[tuple[str, Retention]]:
    for service in SERVICES:
        for rule in retention_of(service):
            yield service, rule


async def rows(shop: Shop, service: str, table: str) -> int:
    [row] = await shop.databases[service].fetch(f"SELECT count(*) AS n FROM {table}")
    return int(row["n"])


def test_every_table_declares_how_long_its_rows_are_kept() -> None:
    for service in SERVICES:
        made = new_tables([one for migration in all_in(migrations_of(service)) for one in migration.statements()])
        named = [rule.table for rule in retention_of(service)]
        assert sorted(named) == sorted(made), service


def test_each_growing_table_declares_when_its_rows_are_deleted() -> None:
    silent = [f"{service}.{rule.table}" for service, rule in declared() if not rule.expiries and not rule.end]
    endless = [
        f"{service}.{rule.table}"
        for service, rule in declared()
        if rule.grows in {"visitors", "requests"} and rule.end.startswith("never")
    ]
    assert silent == []
    assert endless == [], "filled by visitors and never emptied"


async def test_a_week_after_an_order_only_accounting_data_is_kept(shop: Shop, clock: HandClock) -> None:
    kettle = await sell(shop, on_hand=10)
    order = await place(shop, kettle, 2)
    clock.move(minutes=1)
    await shop.bus.settle()
    await pass_days(shop, clock, WEEK + 2)
    for service, table in (("orders", "facts"), ("insights", "inbox"), ("insights", "journal"), ("carts", "carts")):
        assert await rows(shop, service, table) == 0, f"{service}.{table}"
    assert await rows(shop, "carts", "cart_lines") == 0
    assert await rows(shop, "notifications", "messages") == 0
    assert await rows(shop, "inventory", "reservations") == 0
    again = await shop.orders.get(order.id)
    assert (again.number, again.status, again.totals) == (order.number, "paid", order.totals)
    assert [day.orders for day in await shop.insights.days(60) if day.orders] == [1]
    assert await wrong(shop) == []


async def test_sent_messages_are_kept_as_long_as_configured(
    data: tuple[Path, str], clock: HandClock, post: Post
) -> None:
    async with running_shop(data, clock, post, messages_kept=60) as shop:
        await place(shop, await sell(shop, on_hand=10), 2)
        clock.move(minutes=1)
        await shop.bus.settle()
        sent = await rows(shop, "notifications", "messages")
        assert sent
        await pass_days(shop, clock, 59)
        assert await rows(shop, "notifications", "messages") == sent
        messages = next(one for one in kept(shop.settings) if one["purpose"] == "messages")
        assert "60 days after it was created, if it was sent" in messages["kept"][0]["until"]
        await pass_days(shop, clock, 2)
        assert await rows(shop, "notifications", "messages") == 0


async def test_carts_and_wishlists_stay_as_long_as_configured(shop: Shop, clock: HandClock) -> None:
    kettle = await sell(shop)
    guest, customer = await shop.carts.create(None), await shop.carts.create("usr_someone")
    for cart in (guest, customer):
        await shop.carts.add(cart.id, kettle.variants[0].id, 1)
    await pass_days(shop, clock, 59)
    assert (await shop.carts.get(guest.id)).lines
    await pass_days(shop, clock, 2)
    with pytest.raises(Missing):
        await shop.carts.get(guest.id)
    assert (await shop.carts.get(customer.id)).lines
    assert await rows(shop, "carts", "cart_lines") == 1


async def test_totals_rebuilt_from_a_trimmed_log_are_the_same(shop: Shop, clock: HandClock) -> None:
    kettle, lamp = await sell(shop, on_hand=50), await sell(shop, "Lamp", on_hand=50)
    for product, days in ((kettle, 3), (lamp, 4), (kettle, 5), (lamp, 1)):
        await place(shop, product, 2)
        await shop.search.record_searches({"kettle": 3})
        await pass_days(shop, clock, days)
    before = await sums(shop)
    trimmed = await rows(shop, "insights", "journal")
    await shop.insights.rebuild()
    assert await sums(shop) == before
    await pass_days(shop, clock, 20)
    assert await rows(shop, "insights", "journal") < trimmed
    before = await sums(shop)
    await shop.insights.rebuild()
    assert await sums(shop) == before
    assert sum(day.orders for day in await shop.insights.days(60)) == 4


async def sums(shop: Shop) -> tuple[Any, ...]:
    insights = shop.insights
    return (
        await insights.days(60), await insights.top_products(), await insights.funnel(60), await insights.top_searches(60),
    )  # fmt: skip


async def test_a_cursor_before_the_log_is_an_error(shop: Shop, clock: HandClock) -> None:
    await sell(shop)
    first = (await shop.insights.events(limit=1))[0]
    await pass_days(shop, clock, WEEK + 2)
    await sell(shop, "Lamp")
    with pytest.raises(Invalid, match="older than 7 days"):
        await shop.insights.events(first.cursor)
    events = await shop.insights.events()
    assert events
    assert await shop.insights.events(events[0].cursor) == events[1:]


async def test_invented_search_words_do_not_fill_the_shop(shop: Shop, clock: HandClock) -> None:
    numbers = itertools.count()
    for _ in range(3):
        for _ in range(30):
            await shop.search.record_searches({f"word{next(numbers)}": 1 for _ in range(200)} | {"kettle": 2})
        await shop.bus.settle()
        assert await rows(shop, "insights", "searches") <= 5_200 + 500 * 2
        await pass_days(shop, clock, 1)
        assert await rows(shop, "insights", "searches") <= 500 * 3
    assert await rows(shop, "insights", "searches") <= 500 * 3
    assert (await shop.insights.top_searches(30))[0].words == "kettle"
    await pass_days(shop, clock, 401)
    assert await rows(shop, "insights", "searches") == 0


async def test_old_movements_are_carried_forward_and_stock_still_adds_up(shop: Shop, clock: HandClock) -> None:
    kettle = await sell(shop, on_hand=10)
    await shop.inventory.set_cost(kettle.variants[0].id, Money(333, "EUR"))
    for _ in range(3):
        await place(shop, kettle)
    await pass_days(shop, clock, 399)
    await place(shop, kettle)
    await pass_days(shop, clock, 3)
    movements = await shop.inventory.movements(kettle.variants[0].id)
    assert [(one.delta, one.value) for one in movements] == [(-1, Money(-333, "EUR")), (7, Money(7 * 333, "EUR"))]
    assert movements[-1].reason == "carried forward"
    assert await wrong(shop) == []


async def test_a_clock_that_is_a_year_ahead_for_an_hour_deletes_a_day_and_not_a_year(
    shop: Shop, clock: HandClock
) -> None:
    kettle = await sell(shop)
    await place(shop, kettle)
    await pass_days(shop, clock, 1)
    clock.set_wrong(days=365)
    for work in shop.databases.values():
        await tidy(shop, work)
    clock.set_wrong(days=-365)
    assert await rows(shop, "insights", "journal")
    assert await rows(shop, "notifications", "messages")


async def test_an_event_pending_for_long_is_still_handled_once(shop: Shop, clock: HandClock) -> None:
    """The record that an event was handled outlives the delivery that was not deleted."""
    kettle = await sell(shop)
    await place(shop, kettle)
    await shop.bus.settle()
    work = shop.databases["orders"]
    [event] = await work.fetch("SELECT id, subject FROM facts WHERE type = 'OrderPaid'")
    late = to_micros(clock.now() + timedelta(days=3660))
    async with work.begin() as tx:
        await tx.run(
            "INSERT INTO deliveries (fact_id, hearer, subject, due) VALUES (:id, 'insights.OrderPaid', :subject, :due)",
            id=event["id"], subject=event["subject"], due=late,
        )  # fmt: skip
    for _ in range(WEEK + 5):
        clock.move(days=1)
        for each in shop.databases.values():
            await tidy(shop, each)
    assert await rows(shop, "insights", "inbox"), "something that old may still come again"
    async with work.begin() as tx:
        await tx.run("UPDATE deliveries SET due = 0 WHERE fact_id = :id", id=event["id"])
    await shop.bus.settle()
    assert [day.orders for day in await shop.insights.days(60) if day.orders] == [1]


@pytest.mark.slow
async def test_anonymous_requests_fill_no_table_permanently(shop: Shop, clock: HandClock) -> None:
    kettle = await sell(shop, on_hand=1_000)
    sizes: list[int] = []
    for day in range(45):
        cart = await fill_cart(shop, (kettle, 1), email=f"stranger{day}@example.com")
        await shop.search.record_searches({f"nonsense{day}": 1})
        await shop.recommendations.record_view_counts({kettle.id: 1})
        assert cart.lines
        await pass_days(shop, clock, 3)
        if day in {30, 44}:
            counted = [
                await rows(shop, service, rule.table)
                for service, rule in declared()
                if service != "insights" and rule.grows in {"strangers", "orders", "requests"}
            ]
            sizes.append(sum(counted))
    assert sizes[1] <= sizes[0] + 2, f"it grew from {sizes[0]} to {sizes[1]} rows within 42 days"
