"""Taxes: worked examples on paper, which rate applies where and when, and that applied rates are never changed."""

import asyncio
import random
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from time import perf_counter
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Invalid, Missing, Refused
from shopwright.kit.money import Money
from shopwright.kit.postcode_patterns import Patterns, closeness
from shopwright.kit.typed import per_cent
from shopwright.operations.doctor import examine
from shopwright.services.carts.contract import CartChange
from shopwright.services.pricing import dated, model, presets, tax_checks
from shopwright.services.pricing.contract import (
    Item,
    Price,
    Promotion,
    Quote,
    QuoteRequest,
    ShippingRate,
    TaxClass,
    TaxRate,
    TaxRule,
)
from shopwright.services.pricing.market import in_market
from shopwright.services.pricing.taxes import clean_tax_rate, key_of
from shopwright.web.product_view import write
from tests.builders.customers import BERLIN
from tests.builders.goods import sell

NOW = datetime(2026, 3, 2, tzinfo=UTC)
CLASSES = ("standard", "reduced", "zero")
CANADA = (
    TaxRate(country="CA", rate=500, title="GST", authority="GST"),
    TaxRate(country="CA", region="QC", rate=998, rate_ppm=99_750, title="QST", authority="QST"),
    TaxRate(country="CA", tax_class="zero", rate=0, title="GST", authority="GST"),
    TaxRate(country="CA", region="QC", tax_class="zero", rate=0, title="QST", authority="QST"),
)
FRANCE = (
    TaxRate(country="FR", rate=2000, title="TVA"),
    TaxRate(country="FR", tax_class="intermediate", rate=1000, title="TVA"),
    TaxRate(country="FR", tax_class="reduced", rate=550, title="TVA"),
    TaxRate(country="FR", tax_class="press", rate=210, title="TVA"),
)
SPAIN = (TaxRate(country="ES", rate=2100, title="IVA"), *(presets.rate_of(one) for one in presets.PRESETS))


def quote_of(
    rates: tuple[TaxRate, ...], *lines: tuple[int, str], included: bool = False, at: datetime = NOW, **place: str
) -> Quote:
    """The totals of lines of a price and a tax class."""
    basis = model.QuoteInputs(
        prices={f"v{n}": Price(f"v{n}", Money(price, "EUR")) for n, (price, _) in enumerate(lines)},
        coupons={},
        tax_rates=[clean_tax_rate(rate) for rate in rates],
        shipping_rates=[],
        home_country="DE",
        prices_include_tax=included,
        now=at,
    )
    items = tuple(
        Item(line_id=f"l{n}", variant_id=f"v{n}", quantity=1, tax_class=kind) for n, (_, kind) in enumerate(lines)
    )
    return model.quote(QuoteRequest(items=items, currency="EUR", **place), basis)


def taxes_of(quote: Quote) -> dict[str, int]:
    """The tax of all lines by authority."""
    found: dict[str, int] = {}
    for part in (part for line in quote.lines for part in line.tax_parts):
        found[part.authority] = found.get(part.authority, 0) + part.tax.amount
    return found


def test_new_york_charges_8_875_per_cent() -> None:
    rates = (TaxRate(country="US", region="NY", postcodes="100* 112*", rate=888, rate_ppm=88_750, title="Sales tax"),)
    quote = quote_of(rates, (10_000, "standard"), country="US", region="NY", postcode="10001-2345")
    assert (quote.totals.tax.amount, quote.totals.total.amount) == (888, 10_888)  # 887.5, half up
    assert quote.lines[0].tax_parts[0].rate_ppm == 88_750
    assert any("Sales tax 8.875 %" in step.detail for step in quote.receipt)
    assert quote_of(rates, (10_000, "standard"), country="US", region="NY", postcode="14201").totals.tax.amount == 0


def test_quebec_charges_gst_and_qst_on_the_same_net() -> None:
    quote = quote_of(CANADA, (10_000, "standard"), country="CA", region="QC")
    assert taxes_of(quote) == {"GST": 500, "QST": 998}
    assert quote.totals.total.amount == 11_498
    assert {part.net.amount for part in quote.lines[0].tax_parts} == {10_000}
    assert taxes_of(quote_of(CANADA, (10_000, "standard"), country="CA", region="AB")) == {"GST": 500}
    both = quote_of(CANADA, (11_498, "standard"), included=True, country="CA", region="QC")
    assert taxes_of(both) == {"GST": 500, "QST": 998}
    assert (both.lines[0].tax_parts[0].net.amount, both.totals.total.amount) == (10_000, 11_498)


def test_a_regional_rate_replaces_only_that_of_its_authority() -> None:
    rates = (*CANADA, TaxRate(country="CA", region="ON", rate=1300, title="HST", authority="GST"))
    assert taxes_of(quote_of(rates, (10_000, "standard"), country="CA", region="ON")) == {"GST": 1300}


def test_france_has_four_rates() -> None:
    lines = ((12_000, "standard"), (11_000, "intermediate"), (10_550, "reduced"), (10_210, "press"))
    quote = quote_of(FRANCE, *lines, included=True, country="FR")
    assert [line.included_tax.amount for line in quote.lines] == [2000, 1000, 550, 210]
    assert [line.tax_parts[0].net.amount for line in quote.lines] == [10_000] * 4
    assert [line.tax_parts[0].rate_ppm for line in quote.lines] == [200_000, 100_000, 55_000, 21_000]


@pytest.mark.parametrize("postcode", ["35001", "38 001", "51001", "52006"])
@pytest.mark.parametrize("tax_class", ["standard", "reduced"])
def test_the_canary_islands_ceuta_and_melilla_are_outside_spanish_vat(postcode: str, tax_class: str) -> None:
    quote = quote_of(SPAIN, (12_100, tax_class), included=True, country="ES", postcode=postcode)
    assert quote.totals.included_tax.amount == 0
    (part,) = quote.lines[0].tax_parts
    assert (part.category, part.rate_ppm, part.gross.amount) == ("O", 0, 12_100)
    assert "Not in the VAT area" in part.reason
    mainland = quote_of(SPAIN, (12_100, "standard"), included=True, country="ES", postcode="28013")
    assert mainland.totals.included_tax.amount == 2100


def test_monaco_is_taxed_as_france_but_overseas_territories_are_not() -> None:
    rates = (*FRANCE, *SPAIN)
    found = {
        code: quote_of(
            rates, (12_000, "standard"), included=True, country="FR", postcode=code
        ).totals.included_tax.amount
        for code in ("98000", "75001", "97110", "98800")
    }
    assert found == {"98000": 2000, "75001": 2000, "97110": 0, "98800": 0}


def test_a_rate_changes_from_one_day_to_the_next() -> None:
    change = NOW + timedelta(days=1)
    rates = (
        TaxRate(country="DE", rate=1900, valid_to=change),
        TaxRate(country="DE", rate=1600, valid_from=change, valid_to=change + timedelta(days=184)),
    )
    amounts = [
        quote_of(rates, (11_900, "standard"), included=True, at=at).totals.included_tax.amount
        for at in (NOW, change - timedelta(microseconds=1), change, change + timedelta(days=184))
    ]
    assert amounts == [1900, 1900, 1641, 0]  # 11,900 × 16/116 = 1641.38


def test_the_most_specific_postcode_pattern_applies() -> None:
    assert closeness("35001", "35001") > closeness("3500*", "35001") > closeness("35*", "35001")
    assert closeness("35*", "35001") > closeness("35000...35999", "35001") > closeness("30000...39999", "35001") > 0
    assert not any(closeness(one, "35001") for one in ("36*", "3500", "35002", "36000...36999", "350...351"))


def test_a_rate_is_formatted_for_readers() -> None:
    assert [per_cent(ppm) for ppm in (88_750, 99_750, 190_000, 0, 1_000_000, 1, 55_000)] == [
        "8.875", "9.975", "19", "0", "100", "0.0001", "5.5",
    ]  # fmt: skip


regional_rates = st.builds(
    TaxRate,
    country=st.just("CA"),
    region=st.sampled_from(["", "QC", "ON"]),
    postcodes=st.sampled_from(["", "H*", "H2X*", "H2X1Y4"]),
    tax_class=st.sampled_from(["", "standard", "reduced"]),
    authority=st.sampled_from(["", "GST", "QST"]),
    rate=st.just(0),
    rate_ppm=st.just(None),
)


@given(
    st.lists(st.tuples(regional_rates, st.integers(0, 1_000_000)), max_size=8),
    st.lists(st.tuples(st.integers(0, 10**7), st.sampled_from(["standard", "reduced"])), min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from(["QC", "ON", "AB"]),
    st.sampled_from(["", "H2X 1Y4", "H2X 9Z9", "H9H 1A1", "M5V 2T6"]),
)
def test_of_each_authority_one_rate_applies_and_the_parts_add_up(found, lines, included, region, postcode) -> None:
    rates = tuple(
        TaxRate(
            country=one.country, region=one.region, postcodes=one.postcodes, tax_class=one.tax_class,
            authority=one.authority, rate=(ppm + 50) // 100, rate_ppm=ppm, id=f"{n}",
        )
        for n, (one, ppm) in enumerate(found)
    )  # fmt: skip
    quote = quote_of(rates, *lines, included=included, country="CA", region=region, postcode=postcode)
    totals = quote.totals
    for line in quote.lines:
        taxes = sum(part.tax.amount for part in line.tax_parts)
        assert len({part.authority for part in line.tax_parts}) == len(line.tax_parts)
        (net,) = {part.net.amount for part in line.tax_parts}
        assert net + taxes == line.total.amount + line.tax.amount
        assert taxes == line.tax.amount + line.included_tax.amount
        assert all(part.net + part.tax == part.gross for part in line.tax_parts)
        assert net >= 0
    assert sum(line.tax.amount for line in quote.lines) == totals.tax.amount
    assert sum(line.included_tax.amount for line in quote.lines) == totals.included_tax.amount
    assert totals.subtotal + totals.tax == totals.total


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


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"rate": 888, "rate_ppm": 89_750}, "/rate_ppm"),
        ({"rate_ppm": 1_000_001, "rate": 10_000}, "/rate_ppm"),
        ({"rate": 0, "category": "S"}, "/category"),
        ({"category": "E", "reason": "books"}, "/category"),
        ({"rate": 0, "category": "O"}, "/reason"),
        ({"postcodes": "*"}, "/postcodes"),
        ({"postcodes": "100...99"}, "/postcodes"),
        ({"postcodes": "20000...10000"}, "/postcodes"),
        ({"postcodes": "a...b"}, "/postcodes"),
        ({"postcodes": "1000"}, "/postcodes"),
        ({"postcodes": "1*0*"}, "/postcodes"),
        ({"country": "CA", "postcodes": "H2X"}, "/postcodes"),
        ({"country": "CA", "postcodes": "10000...19999"}, "/postcodes"),
        ({"title": "x" * 81}, "/title"),
        ({"country": "XX"}, "/country"),
        ({"country": "Germany"}, "/country"),
        ({"region": "Bavaria County"}, "/region"),
    ],
)
def test_an_impossible_rate_is_refused_at_its_field(more: dict, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        tax_checks.tax_rate(TaxRate(**({"country": "US", "rate": 1900} | more)), CLASSES)
    assert [one.pointer for one in refused.value.problems] == [pointer]


@pytest.mark.parametrize("written", ["us/ny", "New York", "NY", "new york", "US-NY"])
def test_a_region_is_the_same_however_it_is_written(written: str) -> None:
    one = tax_checks.tax_rate(
        TaxRate(country="us", region=written, rate=888, rate_ppm=88_750, postcodes="112*, 100*"), CLASSES
    )
    assert key_of(one) == ("US", "NY", "100* 112*", "standard", "")
    assert (one.rate, one.rate_ppm) == (888, 88_750)


@pytest.mark.parametrize(
    ("country", "written", "expected"),
    [
        ("CA", "h2x 1y4", "H2X1Y4"),
        ("CA", "H2X 1Y4, H2X*", "H2X* H2X1Y4"),
        ("GB", "BT*;SW1A 1AA", "BT* SW1A1AA"),
        ("NL", "1012ab 1013ab", "1012AB 1013AB"),
        ("DE", "D-27498", "27498"),
        ("ES", "38*,35*  35*", "35* 38*"),
        ("GR", "630 86", "63086"),
        ("US", "10001-1234 10002", "10001 10002"),
        ("LV", "1010", "LV1010"),
        ("AE", "x1", "X1"),
    ],
)
def test_postcodes_are_normalised_for_their_country(country: str, written: str, expected: str) -> None:
    assert tax_checks.tax_rate(TaxRate(country=country, rate=800, postcodes=written), CLASSES).postcodes == expected


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


async def test_the_postcode_of_a_cart_decides_its_tax(shop: Shop) -> None:
    await shop.pricing.add_tax_presets(["helgoland"])
    kettle = await sell(shop, price=11_900)
    cart = await shop.carts.create()
    await shop.carts.add(cart.id, kettle.variants[0].id, 1)
    for postcode, tax in (("27498", 0), ("10119", 1900)):
        place = msgspec.structs.replace(BERLIN, postal_code=postcode, city="There")
        cart = await shop.carts.change(cart.id, CartChange(shipping_address=place))
        assert cart.totals.included_tax.amount == tax


# --- shipping


GOODS = ((30_000, "standard"), (10_000, "reduced"))
GERMANY = (TaxRate(country="DE", rate=1900), TaxRate(country="DE", tax_class="reduced", rate=700))


def shipped(rates: tuple[TaxRate, ...], *lines: tuple[int, str], rules: tuple[TaxRule, ...] = (), **more) -> Quote:
    """The totals of these lines with shipping for 10.00."""
    basis = model.QuoteInputs(
        prices={f"v{n}": Price(f"v{n}", Money(price, "EUR")) for n, (price, _) in enumerate(lines)},
        coupons={},
        tax_rates=[clean_tax_rate(rate) for rate in rates],
        tax_rules=rules,
        shipping_rates=[ShippingRate(id="s", title="Post", price=Money(1000, "EUR"))],
        home_country="DE",
        prices_include_tax=more.pop("included", False),
        now=more.pop("at", NOW),
    )
    items = tuple(
        Item(line_id=f"l{n}", variant_id=f"v{n}", quantity=1, tax_class=kind) for n, (_, kind) in enumerate(lines)
    )
    place = {"country": "DE", **more}
    return model.quote(QuoteRequest(items=items, currency="EUR", shipping_rate_id="s", **place), basis)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("main", [("standard", 1000, 190)]),
        ("pro_rata", [("standard", 750, 143), ("reduced", 250, 18)]),  # 142.5 and 17.5; with the goods' no cent is lost
        ("class:reduced", [("reduced", 1000, 70)]),
        ("none", [("", 1000, 0)]),
    ],
)
def test_shipping_is_taxed_by_the_rule_of_the_country(value: str, parts: list[tuple[str, int, int]]) -> None:
    quote = shipped(GERMANY, *GOODS, rules=(TaxRule(country="DE", rule="shipping", value=value),))
    found = [(one.tax_class, one.net.amount, one.tax.amount) for one in quote.shipping_tax_parts]
    assert [one[:2] for one in found] == [one[:2] for one in parts]
    assert all(abs(one[2] - other[2]) <= 1 for one, other in zip(found, parts, strict=True))
    on_lines = sum(part.tax.amount for line in quote.lines for part in line.tax_parts)
    assert on_lines + sum(one[2] for one in found) == quote.totals.tax.amount


def test_without_a_rule_shipping_is_taxed_as_the_standard_class() -> None:
    quote = shipped(GERMANY, (10_000, "reduced"))
    assert [(one.tax_class, one.tax.amount) for one in quote.shipping_tax_parts] == [("standard", 190)]


def test_the_rule_of_a_country_replaces_the_general_one() -> None:
    rules = (TaxRule(rule="shipping", value="main"), TaxRule(country="AT", rule="shipping", value="none"))
    quote = shipped(GERMANY, (10_000, "reduced"), rules=rules)
    assert [one.tax_class for one in quote.shipping_tax_parts] == ["reduced"]


def test_shipping_of_untaxed_goods_is_untaxed_where_the_law_says_so() -> None:
    florida = (
        TaxRate(country="US", region="FL", rate=600),
        TaxRate(country="US", region="FL", tax_class="zero", rate=0),
    )
    rules = (TaxRule(country="US", rule="shipping_of_untaxed", value="untaxed"),)
    untaxed = shipped(florida, (10_000, "zero"), rules=rules, country="US", region="FL")
    assert (untaxed.totals.tax.amount, untaxed.shipping_tax_parts[0].reason) == (0, "Shipping is not taxed here.")
    mixed = shipped(florida, (10_000, "zero"), (100, "standard"), rules=rules, country="US", region="FL")
    assert mixed.totals.tax.amount == 66


def test_a_rule_changes_on_its_day() -> None:
    change = NOW + timedelta(days=1)
    rules = (
        TaxRule(country="DE", rule="shipping", value="none", valid_to=change),
        TaxRule(country="DE", rule="shipping", value="main", valid_from=change),
    )
    found = [shipped(GERMANY, *GOODS, rules=rules, at=at).shipping_tax_parts[0].tax.amount for at in (NOW, change)]
    assert found == [0, 190]


@given(
    st.lists(
        st.tuples(st.integers(0, 10**7), st.sampled_from(["standard", "reduced", "zero"])), min_size=1, max_size=5
    ),
    st.sampled_from(["main", "pro_rata", "none", "class:standard", "class:zero"]),
    st.sampled_from(["taxed", "untaxed"]),
    st.booleans(),
)
def test_the_parts_add_up_however_shipping_is_taxed(lines, value, of_untaxed, included) -> None:
    rules = (
        TaxRule(rule="shipping", value=value),
        TaxRule(country="DE", rule="shipping_of_untaxed", value=of_untaxed),
    )
    quote = shipped(GERMANY, *lines, rules=rules, included=included)
    totals = quote.totals
    every = [part for line in quote.lines for part in line.tax_parts] + list(quote.shipping_tax_parts)
    assert sum(part.gross.amount for part in every) == totals.total.amount
    assert sum(part.tax.amount for part in every) == totals.tax.amount + totals.included_tax.amount
    assert sum(part.gross.amount for part in quote.shipping_tax_parts) >= 1000
    assert totals.subtotal + totals.shipping + totals.tax == totals.total


def test_prices_of_a_market_include_its_tax_or_not() -> None:
    rates = (*GERMANY, TaxRate(country="US", region="NY", rate=888, rate_ppm=88_750))
    rules = (TaxRule(country="US", rule="prices", value="net"),)
    german = shipped(rates, (11_900, "standard"), rules=rules, included=True)
    american = shipped(rates, (11_900, "standard"), rules=rules, included=True, country="US", region="NY")
    assert (german.totals.tax.amount, german.totals.included_tax.amount, german.totals.total.amount) == (
        0,
        2060,
        12_900,
    )
    assert (american.totals.tax.amount, american.totals.included_tax.amount) == (1145, 0)  # 8.875 % of 129.00
    assert american.totals.total.amount == 14_045


async def test_rules_have_validity_periods_like_rates(shop: Shop, clock: HandClock) -> None:
    (first,) = await shop.pricing.add_tax_rules(
        [TaxRule(country="de", rule="shipping", value="main", why="§ 4")], "Ada"
    )
    clock.move(days=1)
    await shop.pricing.add_tax_rules([TaxRule(country="DE", rule="shipping", value="pro_rata")], "Grace")
    await shop.pricing.add_tax_rules([TaxRule(country="DE", rule="shipping", value="pro_rata")], "Grace")
    rows = await shop.pricing.tax_rules()
    assert [(one.value, one.who, one.state) for one in rows] == [
        ("main", "Ada", "ended"),
        ("pro_rata", "Grace", "current"),
    ]
    assert (rows[0].id, rows[0].valid_from, rows[0].why) == (first.id, first.valid_from, "§ 4")
    with pytest.raises(Refused):
        await shop.pricing.end_tax_rule(first.id)
    await shop.pricing.end_tax_rule(rows[1].id, "Ada", "as before")
    assert {one.state for one in await shop.pricing.tax_rules()} == {"ended"}


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"value": "always"}, "/value"),
        ({"value": "class:luxury"}, "/value"),
        ({"rule": "prices", "value": "main"}, "/value"),
        ({"country": "XX"}, "/country"),
        ({"why": "x" * 256}, "/why"),
    ],
)
def test_an_impossible_rule_is_refused_at_its_field(more: dict, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        tax_checks.tax_rule(TaxRule(**({"country": "DE", "rule": "shipping", "value": "main"} | more)), CLASSES)
    assert [one.pointer for one in refused.value.problems] == [pointer]


# --- classes


async def test_a_shop_has_as_many_classes_of_goods_as_its_country(shop: Shop) -> None:
    for name, rate in (("intermediate", 1000), ("press", 210)):
        with pytest.raises(Invalid) as refused:
            await shop.pricing.add_tax_rates([TaxRate(country="FR", tax_class=name, rate=rate)])
        assert "standard, reduced, zero" in refused.value.detail
        await shop.pricing.put_tax_class(TaxClass(name=name.upper(), title=f"Taux {name}", position=9))
        await shop.pricing.add_tax_rates([TaxRate(country="FR", tax_class=name, rate=rate)])
    await shop.pricing.put_tax_class(TaxClass(name="press", title="Presse", position=9))
    assert [(one.name, one.title) for one in await shop.pricing.tax_classes()] == [
        ("standard", "Standard rate"), ("reduced", "Reduced rate"), ("zero", "Zero rate"),
        ("intermediate", "Taux intermediate"), ("press", "Presse"), ("gift_card", "Gift card: not taxed when sold"),
    ]  # fmt: skip
    for name in ("", "a b", "-", "x" * 41, "class:press", "gift_card"):
        with pytest.raises(Invalid):
            await shop.pricing.put_tax_class(TaxClass(name=name))


async def test_a_product_is_taxed_by_its_class(shop: Shop) -> None:
    await shop.pricing.put_tax_class(TaxClass(name="press", title="Presse"))
    await shop.pricing.add_tax_rates([TaxRate(country="DE", tax_class="press", rate=210)])
    paper = await sell(shop, "Gazette", price=10_210, tax_class="Press")
    assert (paper.taxed_as, paper.tax_class) == ("press", "standard")  # the latter for version 0.1.0
    with pytest.raises(Invalid) as refused:
        await sell(shop, "Car", tax_class="luxury")
    assert [one.pointer for one in refused.value.problems] == ["/tax_class"]
    cart = await shop.carts.create()
    cart = await shop.carts.add(cart.id, paper.variants[0].id, 1)
    assert cart.totals.included_tax.amount == 210
    changed = await write.patch(shop.product_views, paper, write.ProductPatch(title="Gazette du matin"), None, "test")
    assert changed.taxed_as == "press"
    plain = await write.patch(shop.product_views, changed, write.ProductPatch(tax_class="reduced"), None, "test")
    assert (plain.taxed_as, plain.tax_class_name) == ("reduced", "")


# --- markets

LESS = TaxRule(rule="prices", value="less_home_tax")
ABROAD = (*GERMANY, TaxRate(country="US", region="NY", tax_class="", rate=888, rate_ppm=88_750))


async def market(shop: Shop, country: str, region: str, *lines: tuple[str, str, int]) -> Quote:
    items = tuple(
        Item(line_id=f"l{n}", variant_id=variant, tax_class=kind, quantity=count)
        for n, (variant, kind, count) in enumerate(lines)
    )
    request = QuoteRequest(items=items, currency="EUR", country=country, region=region, shipping_rate_id="shr_world")
    return await shop.pricing.quote(request)


async def test_an_american_pays_the_price_without_german_tax_plus_local_tax(shop: Shop) -> None:
    await shop.pricing.add_tax_rates([ABROAD[2], GERMANY[1]])
    await shop.pricing.set_prices([Price("v1", Money(11_900, "EUR")), Price("v2", Money(10_700, "EUR"))])
    lines = (("v1", "standard", 2), ("v2", "reduced", 1))
    before = await market(shop, "US", "NY", *lines)
    assert (before.totals.subtotal.amount, before.totals.included_tax.amount) == (
        34_500,
        2934,
    )  # 35,990 × 8.875/108.875
    await shop.pricing.add_tax_rules([LESS])
    american = await market(shop, "US", "NY", *lines)
    assert [line.unit_price.amount for line in american.lines] == [10_000, 10_000]
    assert [line.list_price.amount for line in american.lines if line.list_price] == [11_900, 10_700]
    assert american.totals.shipping.amount == 1252  # 14.90 less 19 %
    assert (american.totals.tax.amount, american.totals.included_tax.amount) == (2774, 0)  # 8.875 % of 312.52
    assert american.totals.total.amount == 30_000 + 1252 + 2774
    german = await market(shop, "DE", "", *lines)
    assert (german.totals.subtotal.amount, german.totals.tax.amount) == (34_500, 0)
    assert german.totals.included_tax.amount == 3800 + 700  # options only for abroad are not offered


async def test_a_market_changes_no_price_shown_to_a_shopper(shop: Shop) -> None:
    await shop.pricing.add_tax_rules([LESS])
    kettle = await sell(shop, price=11_900)
    cart = await shop.carts.create()
    await shop.carts.add(cart.id, kettle.variants[0].id, 1)
    abroad = msgspec.structs.replace(BERLIN, city="Zürich", postal_code="8001", country="CH")
    cart = await shop.carts.change(cart.id, CartChange(shipping_address=abroad))
    assert (cart.lines[0].unit_price.amount, cart.totals.total.amount, cart.problems) == (10_000, 10_000, ())
    assert [one.price.amount for one in await shop.carts.shipping_options(cart.id)] == [1252]
    cart = await shop.carts.accept_prices(cart.id)
    cart = await shop.carts.change(cart.id, CartChange(shipping_address=BERLIN))
    assert (cart.lines[0].unit_price.amount, cart.problems) == (11_900, ())
    await shop.pricing.set_prices([Price(kettle.variants[0].id, Money(12_900, "EUR"))])
    assert [one.code for one in (await shop.carts.get(cart.id)).problems] == ["price_changed"]


@given(
    st.lists(
        st.tuples(st.integers(0, 10**7), st.sampled_from(["standard", "reduced", "zero"])), min_size=1, max_size=5
    ),
    st.sampled_from(["main", "pro_rata", "none", "class:standard"]),
    st.sampled_from(["DE", "US", "CH"]),
)
def test_the_parts_add_up_in_every_market(lines, value, country) -> None:
    request = QuoteRequest(
        items=tuple(
            Item(line_id=f"l{n}", variant_id=f"v{n}", quantity=n + 1, tax_class=kind)
            for n, (_, kind) in enumerate(lines)
        ),
        currency="EUR",
        country=country,
        region="NY" if country == "US" else "",
        shipping_rate_id="s",
    )
    basis = model.QuoteInputs(
        prices={f"v{n}": Price(f"v{n}", Money(price, "EUR")) for n, (price, _) in enumerate(lines)},
        coupons={},
        tax_rates=[clean_tax_rate(rate) for rate in ABROAD],
        tax_rules=(LESS, TaxRule(rule="shipping", value=value)),
        shipping_rates=[ShippingRate(id="s", title="Post", price=Money(1000, "EUR"))],
        home_country="DE",
        prices_include_tax=True,
        now=NOW,
    )
    quote = model.quote(request, in_market(request, basis))
    totals = quote.totals
    every = [part for line in quote.lines for part in line.tax_parts] + list(quote.shipping_tax_parts)
    assert sum(part.gross.amount for part in every) == totals.total.amount
    assert totals.subtotal + totals.shipping + totals.tax == totals.total
    assert bool(totals.included_tax.amount) <= (country == "DE")
    assert all(line.total == line.unit_price * (n + 1) for n, line in enumerate(quote.lines))


# --- as the service stores them


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


@pytest.mark.slow
def test_forty_thousand_postcodes_block_no_other_request() -> None:
    many = [
        clean_tax_rate(TaxRate(country="US", region="NY", postcodes=f"{number:05}", rate=800, id=f"r{number}"))
        for number in range(10_000, 50_000)
    ]
    item = Item(line_id="l", variant_id="v", quantity=1)
    request = QuoteRequest(items=(item,), currency="EUR", country="US", region="NY", postcode="10001")
    basis = model.QuoteInputs(
        prices={"v": Price("v", Money(10_000, "EUR"))}, coupons={}, tax_rates=many, shipping_rates=[], home_country="DE",
        prices_include_tax=False, now=NOW,
        promotions=[
            Promotion(id=f"p{n}", title="Sale", kind="percentage", value=100, combinable=n > 5) for n in range(8)
        ],
    )  # fmt: skip
    began = time.perf_counter()
    assert model.quote(request, basis).totals.tax.amount == 784
    assert time.perf_counter() - began < 1  # once through all of them, whatever the number of discounts


@pytest.mark.slow
async def test_thousands_of_postcodes_are_added_in_a_few_calls(shop: Shop) -> None:
    def batch(first: int) -> list[TaxRate]:
        return [TaxRate(country="US", region="NY", postcodes=f"{n:05}", rate=888) for n in range(first, first + 1_000)]

    began = perf_counter()
    for first in (10_000, 11_000, 12_000):
        assert len(await shop.pricing.add_tax_rates(batch(first))) == 1_000
    assert perf_counter() - began < 20
    assert len([one for one in await shop.pricing.tax_rates() if one.country == "US"]) == 3_000
    [first, *_] = await shop.pricing.add_tax_rates([TaxRate(country="US", region="NY", postcodes="11500", rate=888)])
    with pytest.raises(Invalid, match="11500 has a rate already, with 11500"):
        await shop.pricing.add_tax_rates([TaxRate(country="US", region="NY", postcodes="11500 22500", rate=900)])
    await shop.pricing.end_tax_rate(first.id)
    await shop.pricing.add_tax_rates([TaxRate(country="US", region="NY", postcodes="11500 22500", rate=900)])


async def test_rates_of_one_call_are_the_same_as_those_of_several(shop: Shop, clock: HandClock) -> None:
    days = [clock.now() + timedelta(days=n) for n in (10, 20, 30)]
    made = await shop.pricing.add_tax_rates(
        [TaxRate(country="CH", rate=800 + n, valid_from=one) for n, one in enumerate(days)]
    )
    rows = {one.id: one for one in await shop.pricing.tax_rate_history()}
    assert [rows[one.id].valid_to for one in made] == [*days[1:], None]
    with pytest.raises(Invalid, match="35"):
        await shop.pricing.add_tax_rates(
            [TaxRate(country="US", postcodes="350*", rate=1), TaxRate(country="US", postcodes="350* 36*", rate=2)]
        )
    assert not [one for one in await shop.pricing.tax_rate_history() if one.country == "US"]
    rules = [
        TaxRule(country="DE", rule="shipping", value=value, valid_from=one)
        for value, one in zip(("main", "none"), days, strict=False)
    ]
    first, second = await shop.pricing.add_tax_rules(rules)
    assert {one.id: one for one in await shop.pricing.tax_rules()}[first.id].valid_to == second.valid_from


PIECES = st.integers(0, 999).map(lambda n: f"{n:03}")
RANGES = st.tuples(PIECES, PIECES).map(lambda ends: f"{min(ends)}...{max(ends)}")
PATTERNS = st.lists(st.one_of(PIECES, RANGES, PIECES.map(lambda one: one[:2] + "*")), min_size=1, max_size=4).map(
    " ".join
)


@given(PATTERNS, PATTERNS)
def test_two_lists_of_patterns_overlap_where_both_match_a_code_equally(one: str, other: str) -> None:
    known = Patterns()
    known.add(other)
    codes = [f"{n:03}" for n in range(1_000)]
    near = [
        (mine, its)
        for mine in set(one.split())
        for its in set(other.split())
        if (mine == its or ("..." in mine and "..." in its))
        and any((found := closeness(mine, code)) and found == closeness(its, code) for code in codes)
    ]
    found = known.overlap(one)
    assert (found is not None) == (one != other and bool(near))
    assert found is None or found[0] in {mine for mine, _ in near}
