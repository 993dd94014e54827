"""Reading the books: entries, balances, taxes and days."""

from datetime import date

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.days import day_number, numbered_day
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext as _
from shopwright.services.books import model, regions, statement_store, store
from shopwright.services.books.contract import Balance, Entry, SalesDay, TaxStatement, Threshold
from shopwright.services.books.issuing import DocumentIssuer
from shopwright.services.books.periods import months, today

FAR = 1_000_000  # days: later than any entry


class Statements:
    """Reads the books."""

    def __init__(self, work: ServiceDatabase, documents: DocumentIssuer, currency: str) -> None:
        self._work = work
        self._documents = documents
        self._currency = currency

    async def ledger(
        self,
        *,
        start: date | None = None,
        end: date | None = None,
        account: str = "",
        after: str = "",
        limit: int = 100,
    ) -> list[Entry]:
        day, _unused, seq = after.partition("-")
        if after and not (is_number(day) and is_number(seq)):
            raise Invalid.at("/after", _("This is not a valid cursor; use `next` of the previous response."))
        return await store.entries(
            self._work,
            first=day_number(start) if start else 0,
            last=day_number(end) if end else FAR,
            account=account,
            after=(int(day), int(seq)) if after else (-1, 0),
            limit=limit,
        )

    async def trial_balance(self, start: str, end: str) -> list[Balance]:
        return await statement_store.balances(self._work.replica, *months(start, end))

    async def tax_statement(self, start: str, end: str, country: str = "") -> TaxStatement:
        first, last = months(start, end)
        lines = await statement_store.taxes(self._work.replica, first, last)
        return TaxStatement(
            lines=tuple(one for one in lines if not country or one.kind.country == country),
            regions=regions.by_region(lines) if country in {"", "US"} else (),
            threshold=await self._threshold(last // model.MONTH) if not country else None,
        )

    async def _threshold(self, year: int) -> Threshold | None:
        first, last = year * model.MONTH + 1, year * model.MONTH + model.DECEMBER
        of_year = await statement_store.taxes(self._work.replica, first, last)
        return regions.threshold(of_year, self._documents.home_of(await self._documents.seller()), year)

    async def sales_days(self, count: int = 30) -> list[SalesDay]:
        last = day_number(today(self._work))
        known = await statement_store.days(self._work.replica, last - count + 1, last, self._currency)
        return [self._sales_day(day, known.get(day, {})) for day in range(last - count + 1, last + 1)]

    def _sales_day(self, day: int, earned: dict[str, int]) -> SalesDay:
        def of(account: str) -> Money:
            return Money(earned.get(account, 0), self._currency)

        net = of("revenue") + of("discounts") + of("returns") + of("shipping")
        return SalesDay(
            day=numbered_day(day),
            goods=of("revenue"),
            discounts=-of("discounts"),
            returned=-of("returns"),
            shipping=of("shipping"),
            net=net,
            tax=of("tax"),
            gross=net + of("tax"),
        )
