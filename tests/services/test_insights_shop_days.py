"""Totals of a day are those of a day of the shop."""

from datetime import date

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from tests.builders.goods import sell
from tests.builders.orders import place


async def test_a_sale_late_in_the_evening_counts_for_the_day_of_the_shop(shop: Shop, clock: HandClock) -> None:
    kettle = await sell(shop, on_hand=9)
    clock.move(hours=13, minutes=30)  # 22:30 in UTC, 23:30 in Berlin
    await place(shop, kettle)
    await shop.bus.settle()
    clock.move(hours=1)  # 23:30 in UTC, 0:30 in Berlin
    await place(shop, kettle)
    await shop.bus.settle()
    days = {one.day: one.orders for one in await shop.insights.days(3)}
    assert days == {date(2026, 3, 1): 0, date(2026, 3, 2): 1, date(2026, 3, 3): 1}
    await shop.insights.rebuild()
    assert {one.day: one.orders for one in await shop.insights.days(3)} == days
