"""Changes of tax rates: applied rates are never changed, whatever the order of changes."""

import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Invalid, Missing, Refused
from shopwright.operations.doctor import examine
from shopwright.services.pricing import dated
from shopwright.services.pricing.contract import (
    Item,
    QuoteRequest,
    TaxRate,
)
from tests.builders.goods import sell

NOW = datetime(2026, 3, 2, tzinfo=UTC)
# A change of one rate by a merchant: days until it begins (or none: now), days it lasts (or none: for good), or which one ends.
acts = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 30), st.one_of(st.none(), st.integers(1, 30)), st.integers(1, 40)),
        st.tuples(st.just("end"), st.integers(0, 9), st.none(), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 20), st.none(), st.just(0)),
    ),
    max_size=12,
)


class RateBook:
    """The rates of one key, changed as the service changes them."""

    def __init__(self) -> None:
        self.rows: dict[str, TaxRate] = {}
        self.now = NOW

    def end(self, row: TaxRate, end: datetime | None) -> None:
        assert row.valid_to is None or row.valid_to >= self.now, "the end of what has ended is written"
        assert end is None or end >= self.now, "an end is written that is past"
        self.rows[row.id] = TaxRate(country="DE", rate=row.rate, id=row.id, valid_from=row.valid_from, valid_to=end)

    def add(self, rate: int, start: datetime, end: datetime | None) -> None:
        name = f"r{len(self.rows)}"
        self.rows[name] = TaxRate(country="DE", rate=rate, id=name, valid_from=start, valid_to=end)

    def applied(self, at: datetime) -> list[int]:
        return [one.rate for one in self.rows.values() if one.holds(at)]

    def act(self, what: str, days: int, lasts: int | None, rate: int) -> None:
        if what == "wait":
            self.now += timedelta(days=days)
        elif what == "end":
            self.withdraw(days)
        else:
            start = self.now + timedelta(days=days)
            end = start + timedelta(days=lasts) if lasts else None
            try:
                change = dated.put(list(self.rows.values()), start, end, ZoneInfo("UTC"))
            except Invalid:
                return
            if change.ended:
                self.end(change.ended, change.end)
            self.add(rate, start, change.until)
            if change.after and end:
                self.add(change.after.rate, end, change.after.valid_to)

    def withdraw(self, which: int) -> None:
        open_ = [
            one for one in dated.lasting(list(self.rows.values())) if one.valid_to is None or one.valid_to > self.now
        ]
        if not open_:
            return
        one = open_[which % len(open_)]
        to_come = dated.start_of(one) > self.now
        before = dated.withdraw(list(self.rows.values()), one) if to_come else None
        self.end(one, dated.start_of(one) if to_come else self.now)
        if before:
            self.end(before, one.valid_to)


@given(acts)
def test_at_most_one_rate_of_a_key_applies_at_any_moment_and_history_never_changes(found) -> None:
    book = RateBook()
    history: dict[datetime, list[int]] = {}
    for what, days, lasts, rate in found:
        before = book.now
        book.act(what, days, lasts, rate)
        for number in range((book.now - before).days):
            history[before + timedelta(days=number)] = book.applied(before + timedelta(days=number))
        for number in range(-100, 200):
            assert len(book.applied(book.now + timedelta(days=number))) <= 1
        assert {at: book.applied(at) for at in history} == history


@given(acts)
def test_an_applied_rate_never_leaves_a_gap_unless_it_is_ended(found) -> None:
    book = RateBook()
    book.add(19, NOW, None)
    for what, days, lasts, rate in found:
        if what != "end":
            book.act(what, days, lasts, rate)
        for number in range(200):
            assert len(book.applied(NOW + timedelta(days=number))) == 1


async def test_a_change_of_a_rate_keeps_the_previous_one_with_author_and_reason(shop: Shop, clock: HandClock) -> None:
    (first,) = await shop.pricing.add_tax_rates(
        [TaxRate(country="CH", rate=770, title="MWST", why="since 2018")], "Ada"
    )
    clock.move(days=30)
    (second,) = await shop.pricing.add_tax_rates([TaxRate(country="CH", rate=810, title="MWST", why="AHV 21")], "Grace")
    clock.move(days=1)
    rows = [one for one in await shop.pricing.tax_rate_history() if one.country == "CH"]
    assert [(one.rate, one.who, one.why) for one in rows] == [(770, "Ada", "since 2018"), (810, "Grace", "AHV 21")]
    assert rows[0].valid_to == rows[1].valid_from == second.valid_from
    assert (rows[0].id, rows[0].valid_from, rows[0].created) == (first.id, first.valid_from, first.created)
    assert [one.rate for one in await shop.pricing.tax_rates() if one.country == "CH"] == [810]
    day = (clock.now() - timedelta(days=10)).isoformat()
    assert [one.rate for one in await shop.pricing.tax_rates(day) if one.country == "CH"] == [770]


async def test_a_repeated_rate_adds_nothing(shop: Shop, clock: HandClock) -> None:
    for _ in range(2):
        await shop.pricing.add_tax_rates([TaxRate(country="CH", rate=810)])
        clock.move(days=1)
    assert len([one for one in await shop.pricing.tax_rate_history() if one.country == "CH"]) == 1


async def test_an_order_of_tomorrow_pays_the_rate_of_tomorrow(shop: Shop, clock: HandClock) -> None:
    kettle = await sell(shop, price=11_900)
    tomorrow = clock.now() + timedelta(days=1)
    await shop.pricing.add_tax_rates([TaxRate(country="DE", rate=1600, valid_from=tomorrow)])

    async def tax() -> int:
        item = Item(line_id="l", variant_id=kettle.variants[0].id, quantity=1)
        return (
            await shop.pricing.quote(QuoteRequest(items=(item,), currency="EUR", country="DE"))
        ).totals.included_tax.amount

    assert await tax() == 1900
    clock.move(days=1, seconds=-1)
    assert await tax() == 1900
    clock.move(seconds=1)
    assert await tax() == 1641


async def test_a_future_rate_is_withdrawn_and_the_current_one_goes_on(shop: Shop, clock: HandClock) -> None:
    coming = TaxRate(country="DE", rate=1600, valid_from=clock.now() + timedelta(days=10))
    (new,) = await shop.pricing.add_tax_rates([coming])
    await shop.pricing.end_tax_rate(new.id, "Ada", "not decided after all")
    clock.move(days=20)
    assert [one.rate for one in await shop.pricing.tax_rates() if one.country == "DE"] == [1900]
    row = next(one for one in await shop.pricing.tax_rate_history() if one.id == new.id)
    assert (row.valid_to, row.ended_by, row.ended_why) == (row.valid_from, "Ada", "not decided after all")
    with pytest.raises(Refused):
        await shop.pricing.end_tax_rate(new.id)


async def test_a_temporary_rate_is_followed_by_the_previous_one(shop: Shop, clock: HandClock) -> None:
    start, end = clock.now() + timedelta(days=10), clock.now() + timedelta(days=20)
    await shop.pricing.add_tax_rates([TaxRate(country="DE", rate=1600, valid_from=start, valid_to=end)])
    found = []
    for _ in range(3):
        found += [one.rate for one in await shop.pricing.tax_rates() if one.country == "DE"]
        clock.move(days=10)
    assert found == [1900, 1600, 1900]


async def test_an_ended_rate_is_kept_and_the_place_has_none(shop: Shop, clock: HandClock) -> None:
    clock.move(days=1)
    await shop.pricing.delete_tax_rate("DE", "", "standard", "Ada", "we moved")
    assert not [one for one in await shop.pricing.tax_rates() if one.country == "DE"]
    (row,) = [one for one in await shop.pricing.tax_rate_history() if one.country == "DE"]
    assert (row.rate, row.valid_to, row.ended_by, row.ended_why) == (1900, clock.now(), "Ada", "we moved")
    with pytest.raises(Missing):
        await shop.pricing.delete_tax_rate("DE", "", "standard")


async def test_presets_are_added_once_and_are_valid_rates(shop: Shop) -> None:
    assert not any(one.added for one in await shop.pricing.tax_presets() if one.country == "ES")
    names = [one.name for one in await shop.pricing.tax_presets()]
    for _ in range(2):
        await shop.pricing.add_tax_presets(names, "Ada")
    assert all(one.added for one in await shop.pricing.tax_presets())
    rows = [one for one in await shop.pricing.tax_rate_history() if one.category == "O"]
    assert len(rows) == len(names)
    assert all("adviser" in one.why for one in rows)
    with pytest.raises(Missing):
        await shop.pricing.add_tax_presets(["atlantis"])


async def test_a_time_too_far_away_is_refused(shop: Shop) -> None:
    for far in (datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=9))), datetime(1, 1, 1)):  # noqa: DTZ001 -- the shop's
        with pytest.raises(Invalid):
            await shop.pricing.add_tax_rates([TaxRate(country="CH", rate=810, valid_from=far)])


async def test_a_postcode_with_an_equally_specific_rate_is_refused(shop: Shop, clock: HandClock) -> None:
    await shop.pricing.add_tax_rates([TaxRate(country="US", region="NY", postcodes="100* 112*", rate=888)])
    with pytest.raises(Invalid) as refused:
        await shop.pricing.add_tax_rates([TaxRate(country="US", region="NY", postcodes="100*", rate=900)])
    assert "100* has a rate already" in refused.value.detail
    await shop.pricing.add_tax_rates([TaxRate(country="US", region="NY", postcodes="10001", rate=900)])


async def test_a_rate_of_the_past_is_refused_and_one_of_today_begins_now(shop: Shop, clock: HandClock) -> None:
    with pytest.raises(Invalid) as refused:
        await shop.pricing.add_tax_rates([TaxRate(country="CH", rate=810, valid_from=clock.now() - timedelta(days=2))])
    assert "What already applied is not changed" in refused.value.detail
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    clock.move(hours=3)
    (one,) = await shop.pricing.add_tax_rates([TaxRate(country="CH", rate=810, valid_from=midnight)])
    assert one.valid_from == clock.now()


async def test_no_sequence_of_changes_alters_rates_that_have_applied(shop: Shop, clock: HandClock) -> None:
    chance = random.Random(11)
    history: dict[datetime, list[tuple[str, str, int]]] = {}

    async def rows_of() -> list[TaxRate]:
        return [one for one in await shop.pricing.tax_rate_history() if one.country == "CA"]

    def applied(rows: list[TaxRate], at: datetime) -> list[tuple[str, str, int]]:
        return sorted((one.id, one.authority, one.ppm) for one in rows if one.holds(at))

    for _ in range(120):
        rows = await rows_of()
        open_ = [one for one in rows if one.state in {"current", "coming"}]
        start = clock.now() + timedelta(hours=chance.randrange(1, 72)) if chance.random() < 0.6 else None
        lasts = timedelta(hours=chance.randrange(1, 48)) if chance.random() < 0.3 else None
        rate = TaxRate(
            country="CA", rate=chance.randrange(1, 99) * 10, authority=chance.choice(("GST", "QST")), valid_from=start,
            valid_to=(start or clock.now()) + lasts if lasts else None,
        )  # fmt: skip
        with suppress(Invalid):  # another begins meanwhile
            await (
                shop.pricing.end_tax_rate(chance.choice(open_).id)
                if open_ and chance.random() < 0.3
                else shop.pricing.add_tax_rates([rate], "Ada")
            )
        clock.move(minutes=chance.randrange(1, 600))
        now = await rows_of()
        for hours in range(-2, 100):
            at = clock.now() + timedelta(hours=hours)
            found = applied(now, at)
            assert len({authority for _, authority, _ in found}) == len(found), at
            if at < clock.now():
                history[at] = found
    assert len(history) > 200
    after = {one.id: one for one in await rows_of()}
    assert {at: applied(list(after.values()), at) for at in history} == history
    for at in chance.sample(sorted(history), 5):
        rates = await shop.pricing.tax_rates(at.isoformat())
        assert applied([one for one in rates if one.country == "CA"], at) == history[at]
    before = {one.id: one for one in rows}
    for name, one in before.items():
        columns = (
            "country",
            "rate",
            "rate_ppm",
            "authority",
            "valid_from",
            "who",
            "why",
            "created",
            "title",
            "category",
        )
        assert all(getattr(after[name], field) == getattr(one, field) for field in columns)


async def test_overlapping_rates_are_found_by_the_doctor(shop: Shop) -> None:
    await shop.pricing.add_tax_rates([TaxRate(country="CA", rate=500)])

    async def wrong() -> list[str]:
        return [sentence for finding in await examine(shop) for sentence in finding.wrong]

    assert await wrong() == []
    async with shop.databases["pricing"].begin() as tx:
        columns = "country, region, postcodes, tax_class, authority, rate_ppm, title, category, reason, valid_from, who, why, created"
        await tx.run(
            f"INSERT INTO dated_tax_rates (id, {columns}) SELECT 'txr_two', {columns} FROM dated_tax_rates"
            " WHERE country = 'CA'"
        )
    assert any("txr_two of CA apply at the same time" in sentence for sentence in await wrong())


async def test_of_concurrent_changes_of_a_rate_one_applies_and_all_are_kept(shop: Shop, clock: HandClock) -> None:
    rates = [TaxRate(country="CA", rate=100 + number) for number in range(12)]
    await asyncio.gather(*(shop.pricing.add_tax_rates([rate], "Ada") for rate in rates))
    clock.move(seconds=1)
    rows = [one for one in await shop.pricing.tax_rate_history() if one.country == "CA"]
    assert sorted(one.rate for one in rows) == [one.rate for one in rates]
    assert len([one for one in rows if one.state == "current"]) == 1
