"""Analytics: records all events in one order and sums them up."""

from datetime import datetime, timedelta

import msgspec

from shopwright.kit.data.events import Delivery, Event, StoredEvent, without_capabilities
from shopwright.kit.data.retention import believed
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.days import day_number, day_of, numbered_day, start_of
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money
from shopwright.kit.personal import redacted
from shopwright.kit.translation import gettext as _
from shopwright.services.carts.contract import CartStarted, CheckoutStarted
from shopwright.services.insights import log_store, sales_store, store, trim_store
from shopwright.services.insights.contract import (
    Day,
    FunnelStep,
    Insights,
    Logged,
    Step,
    TopProduct,
    TopSearch,
    TopView,
)
from shopwright.services.orders.contract.events import OrderImported, OrderPaid, OrderPlaced
from shopwright.services.recommendations.contract import ProductsViewed
from shopwright.services.search.contract import SearchesMade

BATCH = 500
STEPS: dict[type[Event], Step] = {
    ProductsViewed: "viewed",
    CartStarted: "cart",
    CheckoutStarted: "checkout",
    OrderPlaced: "placed",
    OrderPaid: "paid",
}


class AnalyticsService(Insights):
    """The operations of analytics."""

    def __init__(self, work: ServiceDatabase, *, currency: str, kept_days: int) -> None:
        self._work = work
        self._currency = currency
        self._kept = timedelta(days=kept_days)

    async def on_event(self, delivery: Delivery) -> None:
        """Handle every event."""
        async with self._work.begin(dedup_key=delivery.key) as tx:
            if delivery.event.FORGETS:
                await log_store.redact(tx, delivery.stored.subject)
                await log_store.append(tx, msgspec.structs.replace(delivery.stored, data=redacted(delivery.event)))
                return
            await log_store.append(tx, without_capabilities(delivery.stored))
            await self._add_up(tx, delivery.stored)

    def _day(self, moment: datetime) -> int:
        """The day in the shop's zone, counted from 1970."""
        return day_number(day_of(moment, self._work.zone))

    async def _add_up(self, tx: Transaction, stored: StoredEvent) -> None:
        day, event = self._day(stored.time), stored.data
        if (change := sales_store.change_of(event)) is not None:
            await sales_store.add(tx, await self._sale_day(tx, stored), change)
        elif isinstance(event, SearchesMade):
            await store.count_searches(tx, day, event.counts)
        elif isinstance(event, ProductsViewed):
            await store.count_views(tx, day, event.counts)
        if (step := STEPS.get(type(event))) is not None:
            await store.count_step(tx, day, step, sum(getattr(event, "counts", {"": 1}).values()))

    async def _sale_day(self, tx: Transaction, stored: StoredEvent) -> int:
        """The day an order's event counts on: the day of payment."""
        event = stored.data
        if not isinstance(event, OrderPaid):
            return await sales_store.day_of_order(tx, stored.subject, self._day(stored.time))
        day = self._day(event.placed_at if isinstance(event, OrderImported) else stored.time)
        await sales_store.note_day(tx, event.order_id, day)
        return day

    async def events(self, after: str = "", limit: int = 100) -> list[Logged]:
        if after and not is_number(after):
            raise Invalid.at(
                "/after", _("This is not a valid cursor of this log; use `next` of the previous response, or none.")
            )
        if after and int(after) + 1 < await trim_store.first_place(self._work.replica):
            raise Invalid.at(
                "/after",
                _(
                    "Events right after this cursor are older than {days} days and gone. Begin without a cursor, and read from the API what may have changed before.",
                    days=self._kept.days,
                ),
            )
        return await log_store.after(self._work.replica, int(after or 0), limit)

    async def about(self, subjects: list[str], limit: int = 500) -> list[Logged]:
        return await log_store.about(self._work.replica, subjects, limit)

    async def days(self, count: int = 30) -> list[Day]:
        today = self._day(self._work.now())
        known = await store.days(self._work.replica, today - count + 1, self._currency)
        return [
            Day(numbered_day(day), *known.get(day, (0, Money(0, self._currency))))
            for day in range(today - count + 1, today + 1)
        ]

    async def top_products(self, limit: int = 10) -> list[TopProduct]:
        return await store.top_products(self._work.replica, self._currency, limit)

    async def funnel(self, count: int = 30) -> list[FunnelStep]:
        known = await store.funnel(self._work.replica, self._since(count))
        return [FunnelStep(step, known.get(step, 0)) for step in STEPS.values()]

    async def top_searches(self, count: int = 30, limit: int = 10) -> list[TopSearch]:
        return await store.top_searches(self._work.replica, self._since(count), limit)

    async def top_views(self, count: int = 30, limit: int = 10) -> list[TopView]:
        return await store.top_views(self._work.replica, self._since(count), limit)

    def _since(self, count: int) -> int:
        return self._day(self._work.now()) - count + 1

    async def rebuild(self) -> int:
        count = 0
        async with self._work.begin() as tx:
            first = await trim_store.first_day(tx)
            await store.forget_sums(tx, first)
            async for event in store.events(tx):
                count += 1
                if self._day(event.time) >= first or isinstance(event.data, sales_store.SALES):
                    await self._add_up(tx, event)
        return count

    async def trim(self) -> None:
        """Scheduled job: remove old events, whole days at a time; their sums stay."""
        now = await believed(self._work)
        first = self._day(now - self._kept)
        before = self._work.ids.at("evt", start_of(numbered_day(first), self._work.zone))
        async with self._work.begin() as tx:
            await log_store.tidy(tx)
        taken = BATCH
        while taken == BATCH:
            async with self._work.begin() as tx:
                events = await trim_store.take_oldest(tx, before, BATCH)
                if events:
                    await trim_store.begin_with(tx, max(first, await trim_store.first_day(tx)))
                for event in events:
                    if (change := sales_store.change_of(event.data)) is not None:
                        await sales_store.carry(tx, await self._sale_day(tx, event), change)
            taken = len(events)
        for day in await trim_store.days_with_many_words(self._work, first, self._day(now)):
            async with self._work.begin() as tx:
                await trim_store.keep_frequent_words(tx, day)
