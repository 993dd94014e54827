"""What the books say: entries, balances, taxes and days; and months that are closed."""

import asyncio
from collections.abc import Mapping
from datetime import date

from shopwright.kit.auth import Caller
from shopwright.kit.days import day_number, day_of, numbered_day
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Conflict, Invalid
from shopwright.kit.money import Money, zero
from shopwright.kit.work import AlreadyDone, Work
from shopwright.services.books import charts, model, regions, statement_store, store
from shopwright.services.books.contract import (
    TITLES,
    Balance,
    Correction,
    Entry,
    ExportedFile,
    ExportForm,
    Payout,
    Period,
    Posting,
    SalesDay,
    TaxStatement,
    Threshold,
)
from shopwright.services.books.contract.documents import Document, DocumentForm
from shopwright.services.books.exports import exported
from shopwright.services.books.extract import Extract
from shopwright.services.books.issuing import Issuing

MOST_MONTHS = 120
MOST_EXPORTED = 100_000
SOME = 1_000
FAR = 1_000_000  # days: later than any entry


class Statements:
    """The verbs that read the books, and those of whoever keeps them."""

    def __init__(self, work: Work, documents: Issuing, currency: str) -> None:
        self._work = work
        self._documents = documents
        self._currency = currency

    # --- the ledger

    async def ledger(
        self,
        *,
        start: date | None = None,
        end: date | None = None,
        account: str = "",
        after: str = "",
        limit: int = 100,
    ) -> list[Entry]:
        day, _, seq = after.partition("-")
        if after and not (is_number(day) and is_number(seq)):
            raise Invalid.at("/after", "This is not where a list goes on; use `next` of the answer before.")
        return await store.entries(
            self._work,
            first=day_number(start) if start else 0,
            last=day_number(end) if end else FAR,
            account=account,
            after=(int(day), int(seq)) if after else (-1, 0),
            limit=limit,
        )

    async def trial_balance(self, start: str, end: str) -> list[Balance]:
        return await statement_store.balances(self._work.late, *months(start, end))

    async def tax_statement(self, start: str, end: str, country: str = "") -> TaxStatement:
        first, last = months(start, end)
        lines = await statement_store.taxes(self._work.late, first, last)
        return TaxStatement(
            lines=tuple(one for one in lines if not country or one.kind.country == country),
            regions=regions.by_region(lines) if country in {"", "US"} else (),
            threshold=await self._threshold(last // model.MONTH) if not country else None,
        )

    async def _threshold(self, year: int) -> Threshold | None:
        first, last = year * model.MONTH + 1, year * model.MONTH + model.DECEMBER
        of_year = await statement_store.taxes(self._work.late, first, last)
        return regions.threshold(of_year, self._documents.home_of(await self._documents.seller()), year)

    async def sales_days(self, count: int = 30) -> list[SalesDay]:
        today = day_number(self._today())
        known = await statement_store.days(self._work.late, today - count + 1, today, self._currency)
        return [self._sales_day(day, known.get(day, {})) for day in range(today - count + 1, today + 1)]

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

    def _today(self) -> date:
        return day_of(self._work.now(), self._work.zone)

    # --- months

    async def periods(self) -> list[Period]:
        known = await statement_store.periods(self._work)
        now = model.month_name(model.month_of(self._today()))
        return known if any(one.period == now for one in known) else [Period(period=now), *known]

    async def close_period(self, period: str, who: Caller) -> Period:
        month = model.parse_month(period, "/period")
        if month >= model.month_of(self._today()):
            raise Conflict(f"{model.month_name(month)} has not ended. Close it when it has.")
        async with self._work.begin() as tx:
            head = await statement_store.hold(tx)
            if await statement_store.closed_at(tx, month) is None:
                first = await statement_store.first_open(tx)
                if first is not None and first < month:
                    raise Conflict(f"{model.month_name(first)} is open; close it first.")
                await statement_store.close(tx, month, who.signature, head)
        return next(one for one in await self.periods() if one.period == model.month_name(month))

    # --- by hand

    async def add_payout(self, payout: Payout, who: Caller, key: str = "") -> Entry:
        currency = payout.amount.currency
        fee = payout.fee or zero(currency)
        if fee.currency != currency:
            raise Invalid.at("/fee", f"The fee is in the currency of what was paid out, {currency}.")
        if payout.amount.amount <= 0 or fee.amount < 0:
            raise Invalid.at("/amount", "What was paid out is above 0, and its fee is not below.")
        postings = [
            Posting(account="bank", amount=payout.amount, provider=payout.provider),
            Posting(account="fees", amount=fee, provider=payout.provider),
            Posting(account="clearing", amount=-(payout.amount + fee), provider=payout.provider),
        ]
        text = payout.text.strip() or f"Paid out by {payout.provider}"
        return await self._by_hand(
            store.NewEntry(
                kind="payout",
                text=text,
                day=self._day(payout.day),
                postings=tuple(one for one in postings if one.amount.amount),
                who=who.signature,
            ),
            f"payout/{key}" if key else None,
        )

    async def correct(self, correction: Correction, who: Caller) -> Entry:
        if not correction.text.strip():
            raise Invalid.at("/text", "Say why this is booked; whoever reads the books reads it.")
        if any(one.account == "tax" for one in correction.lines):
            raise Invalid.at("/lines", "Taxes follow from sales and refunds; they are not booked by hand.")
        postings = tuple(
            Posting(account=one.account, amount=one.amount, provider=one.provider) for one in correction.lines
        )
        if not postings or any(not one.amount.amount for one in postings):
            raise Invalid.at("/lines", "Say at least two lines, each of an amount: debits above 0, credits below.")
        if wrong := model.unbalanced(postings):
            currency, amount = next(iter(wrong.items()))
            raise Invalid.at("/lines", f"The lines add up to {amount} minor units of {currency}, not to 0.")
        return await self._by_hand(
            store.NewEntry(
                kind="correction",
                text=correction.text.strip(),
                day=self._day(correction.day),
                postings=postings,
                who=who.signature,
            )
        )

    def _day(self, said: date | None) -> date:
        today = self._today()
        if said is not None and said > today:
            raise Invalid.at("/day", f"{said} is still to come.")
        return said or today

    async def _by_hand(self, new: store.NewEntry, once: str | None = None) -> Entry:
        try:
            async with self._work.begin(once=once) as tx:
                seq = await store.write(tx, new)
                written = await store.entry(tx, seq)
        except AlreadyDone:
            raise Conflict("This payout is booked already.") from None
        return written

    # --- for other programs

    async def export(self, form: ExportForm, start: str, end: str) -> ExportedFile:
        first, last = months(start, end)
        found: list[Entry] = []
        after = 0
        while some := await store.entries_of_months(self._work, first, last, after, SOME):
            found += some
            after = some[-1].seq
            if len(found) > MOST_EXPORTED:
                raise Invalid.at("/to", f"More than {MOST_EXPORTED} entries; ask for fewer months at once.")
        numbers = await store.account_numbers(self._work)
        papers = await self._documents.names([one.document for one in found if one.document])
        seller = await self._documents.seller()
        return await asyncio.to_thread(  # a hundred thousand entries take seconds
            exported,
            form,
            Extract(
                first=first,
                last=last,
                entries=found,
                numbers=numbers,
                papers=papers,
                seller=seller,
                home=self._documents.home_of(seller),
                made=self._work.now(),
                zone=self._work.zone,
            ),
        )

    async def account_numbers(self) -> dict[str, str]:
        return await store.account_numbers(self._work)

    async def set_account_numbers(self, numbers: Mapping[str, str]) -> dict[str, str]:
        for name, number in numbers.items():
            if name not in charts.EXTRA and name.partition("/")[0] not in TITLES:
                raise Invalid.at("/", f"There is no account {name[:60]}; there are {', '.join(TITLES)}.")
            if number and not is_number(number):
                raise Invalid.at("/", f"“{number[:20]}” is not the number of an account; write digits alone.")
        async with self._work.begin() as tx:
            for name, number in numbers.items():
                await store.set_account_number(tx, name, number)
        return await self.account_numbers()

    # --- documents

    async def documents(self, *, order_id: str = "", after: str = "", limit: int = 100) -> list[Document]:
        return await self._documents.listed(order_id=order_id, after=after, limit=limit)

    async def document(self, document_id: str) -> Document:
        return await self._documents.get(document_id)

    async def rendered(self, document_id: str, form: DocumentForm) -> bytes:
        return await self._documents.rendered(document_id, form)


def months(start: str, end: str) -> tuple[int, int]:
    """The first and the last month that were asked for. Raises Invalid."""
    first, last = model.parse_month(start, "/from"), model.parse_month(end, "/to")
    count = (last // model.MONTH - first // model.MONTH) * model.DECEMBER + last % model.MONTH - first % model.MONTH
    if not 0 <= count < MOST_MONTHS:
        raise Invalid.at("/to", f"`to` is not before `from`, and at most {MOST_MONTHS} months are asked for at once.")
    return first, last
