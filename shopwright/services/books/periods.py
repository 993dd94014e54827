"""Periods: months of the books, open or closed."""

from datetime import date

from shopwright.kit.auth import Caller
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.days import day_of
from shopwright.kit.errors import Conflict, Invalid
from shopwright.kit.translation import gettext as _
from shopwright.services.books import model, statement_store
from shopwright.services.books.contract import Period

MOST_MONTHS = 120


class Periods:
    """Closes months in order."""

    def __init__(self, work: ServiceDatabase) -> None:
        self._work = work

    async def all(self) -> list[Period]:
        known = await statement_store.periods(self._work)
        now = model.month_name(model.month_of(today(self._work)))
        return known if any(one.period == now for one in known) else [Period(period=now), *known]

    async def close(self, period: str, who: Caller) -> Period:
        month = model.parse_month(period, "/period")
        if month >= model.month_of(today(self._work)):
            raise Conflict(_("{month} has not ended. Close it when it has.", month=model.month_name(month)))
        async with self._work.begin() as tx:
            head = await statement_store.hold(tx)
            if await statement_store.closed_at(tx, month) is None:
                first = await statement_store.first_open(tx)
                if first is not None and first < month:
                    raise Conflict(_("{first} is open; close it first.", first=model.month_name(first)))
                await statement_store.close(tx, month, who.signature, head)
        return next(one for one in await self.all() if one.period == model.month_name(month))


def today(work: ServiceDatabase) -> date:
    """Today in the shop's zone."""
    return day_of(work.now(), work.zone)


def months(start: str, end: str) -> tuple[int, int]:
    """Parse the first and last month of a request. Raises Invalid."""
    first, last = model.parse_month(start, "/from"), model.parse_month(end, "/to")
    count = (last // model.MONTH - first // model.MONTH) * model.DECEMBER + last % model.MONTH - first % model.MONTH
    if not 0 <= count < MOST_MONTHS:
        raise Invalid.at(
            "/to",
            _(
                "`to` is not before `from`, and at most {most_months} months are asked for at once.",
                most_months=MOST_MONTHS,
            ),
        )
    return first, last
