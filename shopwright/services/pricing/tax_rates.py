"""The tax rates of a shop: added and ended, never overwritten or deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from shopwright.kit.codes import place_form
from shopwright.kit.days import parse_moment
from shopwright.kit.errors import Missing, Refused
from shopwright.kit.memo import Memo
from shopwright.kit.work import Transaction, Work
from shopwright.services.pricing import checks, dated, presets, tax_store
from shopwright.services.pricing.contract import TaxPreset, TaxRate
from shopwright.services.pricing.taxes import clean_tax_rate, key_of

SAID = ("rate_ppm", "title", "category", "reason")


class TaxRates:
    """Part of `PricingService` that keeps the tax rates."""

    def __init__(self, work: Work, memo: Memo) -> None:
        self._work = work
        self._memo = memo

    async def of(self, country: str) -> list[TaxRate]:
        """All rates of a country, of whatever time."""
        code = place_form(country)
        return await self._memo.get(("tax", code), lambda: tax_store.of_country(self._work, code))

    async def every(self) -> list[TaxRate]:
        """All rates there ever were and those to come."""
        return await self._memo.get("tax", lambda: tax_store.every(self._work))

    async def history(self) -> list[TaxRate]:
        """The same, and which apply now, which will and which did."""
        now = self._work.now()
        return [msgspec.structs.replace(one, state=_state(one, now)) for one in await self.every()]

    async def current(self, at: str = "") -> list[TaxRate]:
        """The rates that apply now, or at a day or time of the shop's. Raises Invalid."""
        moment = parse_moment(at, self._work.zone, "/at") if at else self._work.now()
        return [one for one in await self.every() if one.holds(moment)]

    async def add(self, rates: Sequence[TaxRate], who: str) -> list[TaxRate]:
        """Add rates, all or none; one that says what applies already adds nothing. Raises Invalid."""
        clean = [checks.tax_rate(rate) for rate in rates]
        async with self._work.begin() as tx:
            await tax_store.lock(tx)
            return [await self._put(tx, one, who) for one in clean]

    async def _put(self, tx: Transaction, clean: TaxRate, who: str) -> TaxRate:
        every = await tax_store.of_country(tx, clean.country)
        clean = _as_read(clean, every, tx.now)
        start, end = checks.period_of(clean, tx.now, tx.zone)
        checks.not_twice(clean, [one for one in every if one.valid_to is None or one.valid_to > start])
        rows = [one for one in every if key_of(one) == key_of(clean)]
        change = dated.put(rows, start, end)
        if change.ended and clean.valid_from is end is None and _same(change.ended, clean):
            return change.ended
        new = msgspec.structs.replace(
            clean, id=self._work.ids.new("txr"), valid_from=start, valid_to=change.until, who=who, created=tx.now,
            ended_by="", ended_why="", state="",
        )  # fmt: skip
        if change.ended:
            await tax_store.set_end(tx, change.ended.id, change.end)
        await tax_store.add(tx, new)
        if change.after and end:
            again = {"id": self._work.ids.new("txr"), "valid_from": end, "who": who, "why": new.why}
            await tax_store.add(tx, msgspec.structs.replace(change.after, **again))
        return new

    async def end(self, rate_id: str, who: str, why: str) -> None:
        """End one by its id. Raises Missing, Refused."""
        async with self._work.begin() as tx:
            await tax_store.lock(tx)
            every = await tax_store.every(tx)
            one = next((one for one in every if one.id == rate_id), None)
            if one is None:
                raise Missing("There is no such tax rate.")
            await self._end(tx, one, [other for other in every if key_of(other) == key_of(one)], who, why)

    async def end_current(self, named: TaxRate, who: str, why: str) -> None:
        """End the one of a place, class and authority that applies now. Raises Missing."""
        key = key_of(clean_tax_rate(named))
        async with self._work.begin() as tx:
            await tax_store.lock(tx)
            rows = [one for one in await tax_store.of_country(tx, key[0]) if key_of(one) == key]
            one = dated.covering(dated.lasting(rows), tx.now)
            if one is None:
                raise Missing("There is no such tax rate, or it has ended.")
            await self._end(tx, one, rows, who, why)

    @staticmethod
    async def _end(tx: Transaction, one: TaxRate, rows: Sequence[TaxRate], who: str, why: str) -> None:
        start = dated.start_of(one)
        if one.valid_to is not None and one.valid_to <= max(tx.now, start):
            raise Refused(f"This tax rate ended on {one.valid_to:%Y-%m-%d}; what has applied is not changed.")
        to_come = start > tx.now
        before = dated.withdraw(rows, one) if to_come else None
        await tax_store.set_end(tx, one.id, start if to_come else tx.now, who, why)
        if before is not None:
            await tax_store.set_end(tx, before.id, one.valid_to)

    async def presets(self) -> list[TaxPreset]:
        """Places known to be taxed in another way than their country, and whether this shop has them."""
        there = {key_of(one) for one in await self.every() if one.valid_to is None}
        return [msgspec.structs.replace(one, added=key_of(presets.rate_of(one)) in there) for one in presets.PRESETS]

    async def add_presets(self, names: Sequence[str], who: str) -> list[TaxRate]:
        """Add rates for these presets; those that are there stay. Raises Missing."""
        known = {one.name: one for one in presets.PRESETS}
        if unknown := [name for name in names if name not in known]:
            raise Missing(f"There is no preset {unknown[0][:40]}; there are {', '.join(known)}.")
        return await self.add([presets.rate_of(known[name]) for name in dict.fromkeys(names)], who)


def _as_read(new: TaxRate, every: Sequence[TaxRate], now: datetime) -> TaxRate:
    """One that was read, changed and sent back begins now, or when it was to begin: its own times are those of the row."""
    row = next((one for one in every if new.id and one.id == new.id), None)
    if row is None or row.valid_from is None or new.valid_from != row.valid_from:
        return new
    start = row.valid_from if row.valid_from > now else None
    end = None if new.valid_to == row.valid_to else new.valid_to
    return msgspec.structs.replace(new, valid_from=start, valid_to=end)


def _state(one: TaxRate, now: datetime) -> Literal["current", "coming", "ended"]:
    if one.holds(now):
        return "current"
    return "coming" if dated.start_of(one) > now and one.valid_to != one.valid_from else "ended"


def _same(one: TaxRate, other: TaxRate) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in SAID)
