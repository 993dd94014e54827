"""Tax rates: worked examples on paper, which rate applies where, and the postal codes it covers."""

import time
from datetime import UTC, datetime, timedelta
from time import perf_counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money
from shopwright.kit.postcode_patterns import Patterns, closeness
from shopwright.kit.typed import per_cent
from shopwright.services.carts.contract import CartChange
from shopwright.services.pricing import model, presets, tax_checks
from shopwright.services.pricing.contract import (
    Item,
    Price,
    Promotion,
    Quote,
    QuoteRequest,
    TaxRate,
    TaxRule,
)
from shopwright.services.pricing.taxes import clean_tax_rate, key_of
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


async def test_the_postcode_of_a_cart_decides_its_tax(shop: Shop) -> None:
    await shop.pricing.add_tax_presets(["helgoland"])
    kettle = await sell(shop, price=11_900)
    cart = await shop.carts.create()
    await shop.carts.add(cart.id, kettle.variants[0].id, 1)
    for postcode, tax in (("27498", 0), ("10119", 1900)):
        place = msgspec.structs.replace(BERLIN, postal_code=postcode, city="There")
        cart = await shop.carts.change(cart.id, CartChange(shipping_address=place))
        assert cart.totals.included_tax.amount == tax


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
