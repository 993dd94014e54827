"""Sellers and their periods, checks of buyers' tax ids, and exchange rates of the books."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Context, Decimal

import msgspec

from shopwright.kit.caching.memo import Memo
from shopwright.kit.codes import place_form
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.days import aware, day_of
from shopwright.kit.errors import Unavailable
from shopwright.kit.ports import TaxRegister
from shopwright.kit.tax_ids import read_tax_id
from shopwright.services.pricing import seller_checks, seller_store, tax_store
from shopwright.services.pricing.contract import ExchangeRate, Seller, TaxIdCheck

MOST_RATES = 1_000  # are listed
ASKED_AGAIN, TRIED_AGAIN = timedelta(minutes=10), timedelta(seconds=20)  # after an answer, and where there was none
MOST_ANSWERS = 2_000
DIGITS = Context(prec=10)
EURO = "EUR"


class SellerBook:
    """Stores sellers and exchange rates, and checks tax ids."""

    def __init__(self, work: ServiceDatabase, memo: Memo, register: TaxRegister | None) -> None:
        self._work = work
        self._memo = memo
        self._register = register
        self._answers: dict[tuple[str, str], TaxIdCheck] = {}

    async def every(self) -> list[Seller]:
        """Return all past, current and future sellers."""
        return await self._memo.get("sellers", lambda: seller_store.every(self._work))

    async def at(self, moment: datetime | None = None) -> Seller | None:
        """Return the seller at a moment."""
        when = aware(moment, self._work.zone, "/at") or self._work.now()
        return next((one for one in reversed(await self.every()) if one.valid_from and one.valid_from <= when), None)

    async def named(self, seller_id: str) -> Seller | None:
        """Return a seller by id."""
        return next((one for one in await self.every() if one.id == seller_id), None)

    async def put(self, seller: Seller, who: str) -> Seller:
        """Add a seller, unless it equals the current one. Raises Invalid."""
        clean = seller_checks.seller(seller)
        async with self._work.begin() as tx:
            await tax_store.lock(tx)
            start = seller_checks.start_of(clean.valid_from, tx.now, tx.zone)
            every = await seller_store.every(tx)
            before = next((one for one in reversed(every) if one.valid_from and one.valid_from <= start), None)
            if before is not None and seller.valid_from is None and seller_checks.says_the_same(before, clean):
                return before
            made = {"id": self._work.ids.new("sel"), "valid_from": start, "who": who, "created": tx.now}
            new = msgspec.structs.replace(clean, **made)
            await seller_store.insert(tx, new)
        return new

    async def check(self, tax_id: str, country: str) -> TaxIdCheck:
        """Check a tax id; for EU ids the register is asked if there is one. Raises Invalid for its form."""
        number = read_tax_id(tax_id, country)
        by_form = TaxIdCheck(valid=True if number.known else None, by="format", at=self._work.now())
        if self._register is None or not number.member:
            return by_form
        seller = await self.at()
        requester = seller_checks.vat_id_of(seller)
        known = self._answers.get((number.id, requester))
        if known is not None:
            again = TRIED_AGAIN if known.valid is None else ASKED_AGAIN
            if by_form.at < known.at + again:
                return known
        found = await self._ask(self._register, number.id, requester)
        if len(self._answers) >= MOST_ANSWERS:
            self._answers.clear()
        self._answers[number.id, requester] = found
        return found

    async def _ask(self, register: TaxRegister, tax_id: str, requester: str) -> TaxIdCheck:
        """Ask the register; `valid` is None if it is unreachable, and the sale is taxed as to a consumer."""
        try:
            answer = await register.ask(tax_id, requester)
        except Unavailable:
            return TaxIdCheck(valid=None, by="vies", at=self._work.now())
        return TaxIdCheck(
            valid=answer.valid, by="vies", at=self._work.now(), name=answer.name, reference=answer.reference
        )

    async def add_rates(self, rates: Sequence[ExchangeRate], who: str) -> list[ExchangeRate]:
        """Add exchange rates, all or none. Raises Invalid."""
        today = day_of(self._work.now(), self._work.zone)
        clean = [
            msgspec.structs.replace(seller_checks.exchange_rate(one, number, today), who=who)
            for number, one in enumerate(rates)
        ]
        async with self._work.begin() as tx:
            new = []
            for one in clean:  # what a file says again is there
                known = await seller_store.newest_rate(tx, (one.from_, one.to), one.day)
                if known is None or (known.day, known.rate, known.source) != (one.day, one.rate, one.source):
                    new.append(one)
            await seller_store.insert_rates(tx, new, self._work.ids.many("exr", len(new)))
        return clean

    async def rates(self, to: str) -> list[ExchangeRate]:
        """Return the newest exchange rates."""
        return await seller_store.rates(self._work, place_form(to), MOST_RATES)

    async def filing_rate(self, currency: str, filing: str) -> tuple[str, str]:
        """Today's value of one `currency` in `filing`, with its day and source; "" if unknown."""
        if not filing or currency == filing:
            return "", ""
        today = day_of(self._work.now(), self._work.zone)
        return await self._memo.get(("filing", currency, filing, today), lambda: self._newest(currency, filing, today))

    async def _newest(self, currency: str, filing: str, today: date) -> tuple[str, str]:
        direct = await seller_store.newest_rate(self._work, (currency, filing), today)
        inverse = await seller_store.newest_rate(self._work, (filing, currency), today)
        if direct is not None and (inverse is None or inverse.day <= direct.day):
            return direct.rate, f"{direct.day} {direct.source}".strip()
        if inverse is None:
            return await self._through_euro(currency, filing, today)
        rate = DIGITS.divide(Decimal(1), Decimal(inverse.rate))
        return f"{rate:f}", f"{inverse.day} {inverse.source}, 1 {filing} = {inverse.rate} {currency}"

    async def _through_euro(self, currency: str, filing: str, today: date) -> tuple[str, str]:
        """The cross rate through the euro, on the newest day with both rates."""
        one = await seller_store.newest_rate(self._work, (EURO, currency), today)
        other = await seller_store.newest_rate(self._work, (EURO, filing), one.day) if one else None
        if one and other and other.day < one.day:
            one = await seller_store.newest_rate(self._work, (EURO, currency), other.day)
        if one is None or other is None or one.day != other.day:
            return "", ""
        rate = DIGITS.divide(Decimal(other.rate), Decimal(one.rate))
        sentence = f"1 {EURO} = {one.rate} {currency} = {other.rate} {filing}"
        return f"{rate:f}", f"{one.day} {one.source}, {sentence}"
