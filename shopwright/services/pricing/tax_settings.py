"""Tax settings: rates, rules and classes. Rates and rules are added and ended, never overwritten or deleted."""

from collections.abc import Sequence
from datetime import datetime

from shopwright.kit.caching.memo import Memo
from shopwright.kit.codes import class_form, place_form
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.days import parse_moment
from shopwright.kit.errors import Missing
from shopwright.kit.regions import region_form
from shopwright.kit.translation import gettext as _
from shopwright.services.pricing import dated, presets, schemes, tax_checks, tax_rows, tax_store
from shopwright.services.pricing.contract import TaxClass, TaxPreset, TaxRate, TaxRule, UntaxedPlace
from shopwright.services.pricing.taxes import TaxationPoint, clean_tax_rate, key_of


class Taxes:
    """Stores the tax settings."""

    def __init__(self, work: ServiceDatabase, memo: Memo) -> None:
        self._work = work
        self._memo = memo

    async def of(self, country: str) -> list[TaxRate]:
        """Return all rates of a country, past and future ones included."""
        code = place_form(country)
        return await self._memo.get(("tax", code), lambda: tax_store.of_country(self._work, code))

    async def of_supply(
        self, country: str, region: str, postcode: str, classes: Sequence[str], at: datetime
    ) -> dict[str, tuple[TaxRate, ...]]:
        """The rates of these classes at a moment, if the day of supply decides; none if the order's does.

        By default it decides in EU member states (Directive 2006/112/EC, articles 63, 93 and 95).
        """
        here = TaxationPoint(
            country=place_form(country),
            region=region,
            postcode=postcode,
            rates=await self.of(country),
            rules=await self.all_rules(),
            included=True,
            at=at,
        ).here()
        rule = here.rule("tax_at")
        in_the_eu = bool(schemes.vat_member(here.country, postcode))
        if not (rule.value == "supply" if rule else in_the_eu):
            return {}
        return {one: rates for one in dict.fromkeys(classes) if (rates := here.applicable(one))}

    async def every(self) -> list[TaxRate]:
        """Return all past, current and future rates."""
        return await self._memo.get("tax", lambda: tax_store.every(self._work))

    async def history(self) -> list[TaxRate]:
        """Return all rates with their states."""
        return tax_rows.with_states(await self.every(), self._work.now())

    async def current(self, at: str = "") -> list[TaxRate]:
        """Return the rates that apply now, or on a day or at a time. Raises Invalid."""
        moment = parse_moment(at, self._work.zone, "/at") if at else self._work.now()
        return [one for one in await self.every() if one.holds(moment)]

    async def add(self, rates: Sequence[TaxRate], who: str) -> list[TaxRate]:
        """Add rates, all or none; ones that apply already add nothing. Raises Invalid."""
        classes = [one.name for one in await self.classes()]
        clean = [tax_checks.tax_rate(rate, classes) for rate in rates]
        async with self._work.begin() as tx:
            await tax_store.lock(tx)
            known = {
                code: tax_checks.KnownRates(await tax_store.of_country(tx, code), tx.now)
                for code in sorted({one.country for one in clean})
            }
            return [await self._put(tx, known[one.country], one, who) for one in clean]

    async def _put(self, tx: Transaction, known: tax_checks.KnownRates, clean: TaxRate, who: str) -> TaxRate:
        known.take(clean)
        return await tax_rows.put(tx, self._work.ids, known.rows_of(clean), clean, who)

    async def end(self, rate_id: str, who: str, why: str) -> None:
        """End a rate by its id. Raises Missing, Refused."""
        async with self._work.begin() as tx:
            await tax_store.lock(tx)
            rows = await tax_store.beside(tx, rate_id)
            one = next((one for one in rows if one.id == rate_id), None)
            if one is None:
                raise Missing(_("There is no such tax rate."))
            await tax_rows.end(tx, one, rows, who, why)

    async def end_current(self, named: TaxRate, who: str, why: str) -> None:
        """End the current rate of a place, class and authority. Raises Missing."""
        key = key_of(clean_tax_rate(named))
        async with self._work.begin() as tx:
            await tax_store.lock(tx)
            rows = [one for one in await tax_store.of_country(tx, key[0]) if key_of(one) == key]
            one = dated.covering(dated.lasting(rows), tx.now)
            if one is None:
                raise Missing(_("There is no such tax rate, or it has ended."))
            await tax_rows.end(tx, one, rows, who, why)

    async def presets(self) -> list[TaxPreset]:
        """Return the presets, and whether this shop has added them."""
        there = {key_of(one) for one in await self.every() if one.valid_to is None}
        return [presets.shown(one, added=key_of(presets.rate_of(one)) in there) for one in presets.PRESETS]

    async def add_presets(self, names: Sequence[str], who: str) -> list[TaxRate]:
        """Add the rates of these presets; existing ones stay. Raises Missing."""
        known = {one.name: one for one in presets.PRESETS}
        if unknown := [name for name in names if name not in known]:
            raise Missing(
                _("There is no preset {value}; there are {known}.", value=unknown[0][:40], known=", ".join(known))
            )
        return await self.add([presets.rate_of(known[name]) for name in dict.fromkeys(names)], who)

    async def classes(self) -> list[TaxClass]:
        """Return the tax classes in their order."""
        return await self._memo.get("tax classes", lambda: tax_store.classes(self._work))

    async def put_class(self, one: TaxClass) -> TaxClass:
        """Create a tax class, or change its title and position. Raises Invalid."""
        clean = tax_checks.tax_class(one, await self.classes())
        async with self._work.begin() as tx:
            await tax_store.put_class(tx, clean)
        return clean

    async def all_rules(self) -> list[TaxRule]:
        """Return all past, current and future rules."""
        return await self._memo.get("tax rules", lambda: tax_store.rules(self._work))

    async def rules(self) -> list[TaxRule]:
        """Return all rules with their states."""
        return tax_rows.with_states(await self.all_rules(), self._work.now())

    async def add_rules(self, rules: Sequence[TaxRule], who: str) -> list[TaxRule]:
        """Add rules, all or none; ones that apply already add nothing. Raises Invalid."""
        classes = [one.name for one in await self.classes()]
        clean = [tax_checks.tax_rule(rule, classes) for rule in rules]
        made = []
        async with self._work.begin() as tx:
            await tax_store.lock(tx)
            known: dict[tuple[str, str], list[TaxRule]] = {}
            for row in await tax_store.rules(tx):
                known.setdefault((row.country, row.rule), []).append(row)
            for one in clean:
                rows = known.setdefault((one.country, one.rule), [])
                made.append(await tax_rows.put(tx, self._work.ids, rows, one, who))
        return made

    async def end_rule(self, rule_id: str, who: str, why: str) -> None:
        """End a rule by its id. Raises Missing, Refused."""
        async with self._work.begin() as tx:
            await tax_store.lock(tx)
            every = await tax_store.rules(tx)
            one = next((one for one in every if one.id == rule_id), None)
            if one is None:
                raise Missing(_("There is no such rule."))
            rows = [other for other in every if (other.country, other.rule) == (one.country, one.rule)]
            await tax_rows.end(tx, one, rows, who, why)

    async def note_untaxed(self, country: str, region: str, tax_classes: Sequence[str]) -> None:
        """Record an order without a rate at its destination, unless the shop has no rates at all."""
        if not await self.every():
            return
        code = place_form(country)
        async with self._work.begin() as tx:
            for tax_class in sorted(set(tax_classes)):
                await tax_store.note_untaxed(tx, code, region_form(code, region), class_form(tax_class))

    async def untaxed_places(self) -> list[UntaxedPlace]:
        """Return destinations of orders that still have no rate for the whole place."""
        found = []
        for one in await tax_store.untaxed_places(self._work):
            rates = await self.of(one.country)
            here = TaxationPoint(
                country=one.country, region=one.region, rates=rates, included=True, at=self._work.now()
            )
            with_rate = [
                rate
                for rate in rates
                if rate.created
                and rate.created > one.last
                and rate.region in {"", one.region}
                and rate.tax_class in {"", one.tax_class}
            ]
            if here.untaxed([one.tax_class]) and not with_rate:
                found.append(one)
        return found
