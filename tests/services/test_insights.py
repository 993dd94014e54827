"""The event log and the figures calculated from it."""

import pytest

from shopwright.app import Shop
from shopwright.kit.errors import Invalid
from tests.builders.goods import sell
from tests.builders.orders import buy


async def test_the_event_log_is_complete_ordered_and_replayable(shop: Shop) -> None:
    await buy(shop, (await sell(shop), 2))
    events = await shop.insights.events(limit=1000)
    assert [int(one.cursor) for one in events] == list(range(1, len(events) + 1))
    assert {"ProductPublished", "PriceChanged", "StockChanged", "OrderPlaced", "PaymentCaptured", "OrderPaid"} <= {
        one.type for one in events
    }
    half = events[len(events) // 2]
    assert await shop.insights.events(after=half.cursor, limit=1000) == events[len(events) // 2 + 1 :]
    days = await shop.insights.days(7)
    assert [(day.orders, day.revenue.amount) for day in days if day.orders] == [(1, 12800)]
    assert (await shop.insights.top_products())[0].quantity == 2
    with pytest.raises(Invalid):
        await shop.insights.events(after="yesterday")


async def test_dashboard_totals_are_rebuilt_from_the_log(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=9)
    for _ in range(3):
        await buy(shop, (kettle, 2))
    days, top = await shop.insights.days(), await shop.insights.top_products()
    assert days[-1].orders == 3
    async with shop.databases["insights"].begin() as tx:
        await tx.run("UPDATE sales SET revenue = 1, orders = 77")
        await tx.run("DELETE FROM products_sold")
    await shop.insights.rebuild()
    assert (await shop.insights.days(), await shop.insights.top_products()) == (days, top)
