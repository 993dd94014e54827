"""Tax rules: the tax of shipping, tax classes of goods, and prices of a market."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Invalid, Refused
from shopwright.kit.money import Money
from shopwright.services.carts.contract import CartChange
from shopwright.services.pricing import model, tax_checks
from shopwright.services.pricing.contract import (
    Item,
    Price,
    Quote,
    QuoteRequest,
    ShippingRate,
    TaxClass,
    TaxRate,
    TaxRule,
)
from shopwright.services.pricing.market import in_market
from shopwright.services.pricing.taxes import clean_tax_rate
from shopwright.web.product_view import write
from tests.builders.customers import BERLIN
from tests.builders.goods import sell

NOW = datetime(2026, 3, 2, tzinfo=UTC)
CLASSES = ("standard", "reduced", "zero")
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
