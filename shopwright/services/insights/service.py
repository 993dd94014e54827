"""Insights: hears everything, keeps it in one order, adds it up."""

from datetime import timedelta

import msgspec

from shopwright.kit.clock import EPOCH
from shopwright.kit.errors import Invalid
from shopwright.kit.facts import Heard, redacted
from shopwright.kit.money import Money
from shopwright.kit.work import Work
from shopwright.services.insights import store
from shopwright.services.insights.contract import Day, Logged, TopProduct
from shopwright.services.orders.contract import OrderPaid


class Ledgerkeeper:
    """The verbs of `contract.Insights`."""

    def __init__(self, work: Work, *, currency: str) -> None:
        self._work = work
        self._currency = currency

    async def hear(self, heard: Heard) -> None:
        """Every fact."""
        async with self._work.begin(once=heard.key) as tx:
            if heard.event.FORGETS:
                await store.redact(tx, heard.fact.subject)
                await store.append(tx, msgspec.structs.replace(heard.fact, data=redacted(heard.event)))
                return
            await store.append(tx, heard.fact)
            if isinstance(heard.event, OrderPaid):
                await store.add_sale(tx, (heard.fact.time - EPOCH) // timedelta(days=1), heard.event)

    async def events(self, after: str = "", limit: int = 100) -> list[Logged]:
        if after and not after.isdigit():
            raise Invalid.at("/after", "This is not a cursor of this log; use `next` of the answer before, or nothing.")
        return await store.after(self._work, int(after or 0), limit)

    async def days(self, count: int = 30) -> list[Day]:
        today = (self._work.now() - EPOCH) // timedelta(days=1)
        known = await store.days(self._work, today - count + 1, self._currency)
        return [
            Day((EPOCH + timedelta(days=day)).date(), *known.get(day, (0, Money(0, self._currency))))
            for day in range(today - count + 1, today + 1)
        ]

    async def top_products(self, limit: int = 10) -> list[TopProduct]:
        return await store.top_products(self._work, self._currency, limit)

    async def rebuild(self) -> int:
        count = 0
        async with self._work.begin() as tx:
            await store.forget_sums(tx)
            async for fact in store.facts(tx):
                count += 1
                if isinstance(fact.data, OrderPaid):
                    await store.add_sale(tx, (fact.time - EPOCH) // timedelta(days=1), fact.data)
        return count
