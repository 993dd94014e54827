"""Totals: the parts add up to the total, to the cent, in every currency; and the receipt gives the reasons."""

from datetime import timedelta

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.money import Money, zero
from shopwright.services.pricing import model
from shopwright.services.pricing.contract import (
    Coupon,
    Item,
    Price,
    Promotion,
    QuoteRequest,
    ShippingOption,
    ShippingRate,
    TaxRate,
    free_from,
    nothing,
)
from tests.builders.goods import sell
from tests.builders.orders import fill_cart
from tests.builders.quotes import NOW, basis_with, mugs

currencies = st.sampled_from(["EUR", "JPY", "KWD"])
coupons = st.one_of(
    st.builds(Coupon, code=st.sampled_from(["A", "B", "C"]), kind=st.just("percentage"), value=st.integers(1, 10_000)),
    st.builds(Coupon, code=st.sampled_from(["A", "B", "C"]), kind=st.just("fixed"), value=st.integers(1, 10**7)),
)


@st.composite
def cases(draw):
    currency = draw(currencies)
    lines = draw(
        st.lists(
            st.tuples(st.integers(0, 10**7), st.integers(1, 99), st.sampled_from(["standard", "reduced", "zero"])),
            min_size=1,
            max_size=8,
        )
    )
    found = draw(st.lists(coupons, max_size=3))
    promotions = [
        Promotion(
            id=f"p{n}",
            title="Sale",
            kind=draw(st.sampled_from(["percentage", "fixed"])),
            value=draw(st.integers(1, 10_000)),
            product_ids=tuple(draw(st.sets(st.sampled_from(["g0", "g1", "g2"])))),
        )
        for n in range(draw(st.integers(0, 2)))
    ]
    rates = [TaxRate(country="DE", tax_class=name, rate=draw(st.integers(0, 3000))) for name in ("standard", "reduced")]
    basis = model.QuoteInputs(
        prices={f"v{n}": Price(f"v{n}", Money(price, currency)) for n, (price, _, _) in enumerate(lines)},
        coupons={one.code: (one, 0) for one in found},
        tax_rates=rates,
        shipping_rates=[
            ShippingRate(
                id="s",
                title="Post",
                price=Money(draw(st.integers(0, 5000)), currency),
                free_over=draw(st.sampled_from([0, 5000])),
            )
        ],
        home_country="DE",
        prices_include_tax=draw(st.booleans()),
        now=NOW,
        promotions=promotions,
    )
    request = QuoteRequest(
        items=tuple(
            Item(line_id=f"l{n}", variant_id=f"v{n}", quantity=quantity, tax_class=kind, product_id=f"g{n % 3}")
            for n, (_, quantity, kind) in enumerate(lines)
        ),
        currency=currency,
        country=draw(st.sampled_from(["DE", "FR", ""])),
        codes=tuple(one.code for one in found),
        shipping_rate_id=draw(st.sampled_from([None, "s"])),
    )
    return request, basis


@given(cases())
def test_the_parts_add_up_to_the_total(case) -> None:
    request, basis = case
    quote = model.quote(request, basis)
    totals = quote.totals
    assert totals.subtotal - totals.discount + totals.shipping + totals.tax == totals.total
    assert sum(line.total.amount for line in quote.lines) == totals.subtotal.amount
    assert sum(line.discount.amount for line in quote.lines) == totals.discount.amount
    assert all(0 <= line.discount.amount <= line.total.amount for line in quote.lines)
    assert totals.total.amount >= 0
    assert (totals.tax.amount == 0) if basis.prices_include_tax else (totals.included_tax.amount == 0)
    assert totals.included_tax.amount <= totals.total.amount
    on_lines = sum(line.tax.amount for line in quote.lines)
    assert 0 <= totals.tax.amount - on_lines <= totals.tax.amount


@given(cases())
def test_the_tax_parts_add_up_to_lines_and_shipping(case) -> None:
    request, basis = case
    quote = model.quote(request, basis)
    totals = quote.totals
    for line in quote.lines:
        (part,) = line.tax_parts
        assert part.net + part.tax == part.gross == line.total - line.discount + line.tax
        assert part.tax == line.tax + line.included_tax
        assert (part.category == "S") == bool(part.rate_ppm)
    shipped = sum(part.gross.amount for part in quote.shipping_tax_parts)
    on_lines = sum(part.gross.amount for line in quote.lines for part in line.tax_parts)
    assert on_lines + shipped == totals.total.amount
    every = [part for line in quote.lines for part in line.tax_parts] + list(quote.shipping_tax_parts)
    assert sum(part.tax.amount for part in every) == totals.tax.amount + totals.included_tax.amount


@given(cases())
def test_each_line_lists_its_discounts(case) -> None:
    request, basis = case
    quote = model.quote(request, basis)
    discounts_by_title: dict[str, int] = {}
    for line in quote.lines:
        assert sum(one.amount.amount for one in line.discounts) == line.discount.amount
        assert all(one.amount.amount and bool(one.code) != bool(one.promotion_id) for one in line.discounts)
        for one in line.discounts:
            discounts_by_title[one.title] = discounts_by_title.get(one.title, 0) + one.amount.amount
    by_line: dict[str, int] = {}
    for step in quote.receipt:
        if step.step == "promotion" and step.amount.amount:
            by_line[step.detail] = by_line.get(step.detail, 0) - step.amount.amount
    assert discounts_by_title == by_line


@given(cases())
def test_the_receipt_adds_up_to_the_total(case) -> None:
    request, basis = case
    quote = model.quote(request, basis)
    counted = [
        step.amount.amount
        for step in quote.receipt
        if step.step in {"list", "promotion", "shipping"} or (step.step == "tax" and not basis.prices_include_tax)
    ]
    assert sum(counted) == quote.totals.total.amount
    assert quote.receipt[-1].step == "total"


@given(cases())
def test_a_chosen_shipping_option_is_quoted_with_its_price(case) -> None:
    request, basis = case
    quote = model.quote(request, basis)
    assert isinstance(quote.shipping_option, ShippingOption | None)
    assert (quote.shipping_option.id if quote.shipping_option else None) == request.shipping_rate_id
    assert quote.totals.shipping == (quote.shipping_option.price if quote.shipping_option else zero(request.currency))


@given(cases())
def test_an_empty_cart_costs_nothing(case) -> None:
    request, basis = case
    empty = msgspec.structs.replace(request, items=(), codes=())
    assert model.quote(empty, basis) == nothing(request.currency)


def test_the_worked_example_of_the_model_is_true() -> None:
    coupon = Coupon(code="SPRING10", kind="percentage", value=1000)
    totals = model.quote(mugs(codes=("SPRING10",), shipping_rate_id="s"), basis_with(coupon)).totals
    assert [
        one.amount for one in (totals.subtotal, totals.discount, totals.shipping, totals.total, totals.included_tax)
    ] == [2900, 290, 490, 3100, 495]


def test_a_coupon_that_does_not_apply_names_the_reason() -> None:
    reasons = {
        "used up": Coupon(code="X", kind="fixed", value=100, currency="EUR", limit_total=3, used=3),
        "orders from €50.00": Coupon(code="X", kind="fixed", value=100, currency="EUR", minimum=5000),
        "valid from 3 ": Coupon(code="X", kind="percentage", value=100, starts_at=NOW + timedelta(days=1)),
        "valid until": Coupon(code="X", kind="percentage", value=100, ends_at=NOW),
        "orders in USD": Coupon(code="X", kind="fixed", value=100, currency="USD"),
    }
    for words, coupon in reasons.items():
        quote = model.quote(mugs(codes=("X",)), basis_with(coupon))
        assert words.replace("3 ", "") in quote.refused[0].detail
        assert quote.totals.discount.amount == 0
    assert model.quote(mugs(codes=("NONE",)), basis_with()).refused[0].detail == "There is no such code."


def test_shipping_is_free_over_its_threshold_and_within_its_bands() -> None:
    rates = [
        ShippingRate(id="post", title="Post", price=Money(490, "EUR"), free_over=5000),
        ShippingRate(id="heavy", title="Freight", price=Money(2900, "EUR"), countries=("DE",)),
        ShippingRate(id="letter", title="Letter", price=Money(190, "EUR"), max_weight=100),
    ]
    found = model.options(rates, "FR", "", Money(4999, "EUR"), 500)
    assert [(one.id, one.price.amount) for one in found] == [("post", 490)]
    found = model.options(rates, "FR", "", Money(5000, "EUR"), 50)
    assert [(one.id, one.price.amount) for one in found] == [("post", 0), ("letter", 190)]


def test_the_most_specific_zone_wins_and_free_shipping_is_promised_only_where_it_applies() -> None:
    def rate(name: str, price: int = 490, **more) -> ShippingRate:
        return ShippingRate(id=name, title=name, price=Money(price, "EUR"), **more)

    rates = [
        rate("home", countries=("DE", "AT"), free_over=7500),
        rate("express", 1190, countries=("DE", "AT"), days_min=1, days_max=1),
        rate("island", 2900, countries=("IT",), regions=("PA",)),
        rate("world", 1490, days_min=5, days_max=12),
        rate("freight", 9900, countries=("DE",), min_weight=30_001),
    ]

    def offered(country: str, region: str = "", weight: int = 500) -> list[str]:
        return [one.id for one in model.options(rates, country, region, Money(5000, "EUR"), weight)]

    assert offered("DE") == ["home", "express"]
    assert offered("IT", "RM") == ["world"]
    assert offered("IT", "PA") == ["island"]
    assert [free_from(rates, one) for one in ("DE", "AT", "IT", "US")] == [Money(7500, "EUR")] * 2 + [None] * 2
    assert free_from([rate("gift", 0, countries=("DE",))], "DE") == Money(0, "EUR")
    assert free_from([rate("light", free_over=100, max_weight=500)], "DE") is None
    assert free_from([rate("small", free_over=100, max_subtotal=5000)], "DE") is None


def test_tax_on_top_is_added_and_a_region_overrides_its_country() -> None:
    rates = [TaxRate(country="US", rate=0), TaxRate(country="US", region="CA", rate=725)]
    quote = model.quote(
        QuoteRequest(
            items=(Item(line_id="l0", variant_id="v0", quantity=1),), currency="EUR", country="US", region="CA"
        ),
        basis_with(tax_rates=rates, prices_include_tax=False),
    )
    assert (quote.totals.tax.amount, quote.totals.total.amount) == (105, 1555)


def basis(**more) -> model.QuoteInputs:
    values = {"coupons": {}, "tax_rates": [], "shipping_rates": [], "home_country": "DE", "prices_include_tax": True}
    prices = {"v1": Price("v1", Money(1000, "EUR")), "v2": Price("v2", Money(3000, "EUR"))}
    return model.QuoteInputs(**{**values, "prices": prices, "now": NOW, **more})


LINES = (
    Item(line_id="l1", variant_id="v1", quantity=2, product_id="lamp", category_ids=("light",)),
    Item(line_id="l2", variant_id="v2", quantity=1, product_id="bowl"),
)


def test_a_promotion_applies_to_its_products_and_codes_apply_after_it() -> None:
    sale = Promotion(id="a", title="Light week", kind="percentage", value=5000, category_ids=("light",))
    code = Coupon(code="TEN", kind="percentage", value=1000)
    quote = model.quote(
        QuoteRequest(items=LINES, currency="EUR", codes=("TEN",)),
        basis(promotions=[sale], coupons={"TEN": (code, 0)}),
    )
    assert [line.discount.amount for line in quote.lines] == [1000 + 100, 300]
    assert [(step.step, step.detail, step.amount.amount) for step in quote.receipt[2:4]] == [
        ("promotion", "Light week", -1000),
        ("promotion", "Code TEN", -400),
    ]


@pytest.mark.parametrize(
    "off",
    [
        {"active": False},
        {"ends_at": NOW},
        {"starts_at": NOW + timedelta(seconds=1)},
        {"minimum": 5001},
        {"product_ids": ("vase",)},
        {"currency": "USD"},
    ],
)
def test_an_inactive_promotion_discounts_nothing(off) -> None:
    sale = Promotion(id="a", title="Sale", kind="percentage", value=5000, **off)
    quote = model.quote(QuoteRequest(items=LINES, currency="EUR"), basis(promotions=[sale]))
    assert quote.totals.discount.amount == 0


def test_a_promotion_can_make_shipping_free() -> None:
    rate = ShippingRate(id="s", title="Post", price=Money(490, "EUR"))
    free = Promotion(id="a", title="Free week", kind="free_shipping", minimum=5000)
    request = QuoteRequest(items=LINES, currency="EUR", country="DE", shipping_rate_id="s")
    assert model.quote(request, basis(shipping_rates=[rate])).totals.shipping.amount == 490
    quote = model.quote(request, basis(shipping_rates=[rate], promotions=[free]))
    assert (quote.totals.shipping.amount, quote.free_shipping) == (0, True)


def test_shipping_rates_have_bands_and_regions() -> None:
    def rate(name: str, **bands) -> ShippingRate:
        return ShippingRate(id=name, title=name, price=Money(100, "EUR"), **bands)

    rates = [
        rate("light", max_weight=1000),
        rate("heavy", min_weight=1001),
        rate("small", max_subtotal=2000),
        rate("large", min_subtotal=2001),
        rate("sicily", countries=("IT",), regions=("PA", "CT")),
    ]

    def fitting(subtotal: int, weight: int, country: str = "DE", region: str = "") -> set[str]:
        return {one.id for one in model.options(rates, country, region, Money(subtotal, "EUR"), weight)}

    assert fitting(2000, 1000) == {"light", "small"}
    assert fitting(2001, 1001) == {"heavy", "large"}
    assert fitting(2000, 1000, "IT", "PA") == {"sicily"}
    assert fitting(2000, 1000, "IT", "RM") == {"light", "small"}


async def lowest(shop: Shop) -> int | None:
    price = (await shop.pricing.prices(["v1"], "EUR"))["v1"]
    return price.lowest_30_days.amount if price.lowest_30_days else None


async def set_price(shop: Shop, amount: int, compare_at: int | None = None) -> None:
    old = Money(compare_at, "EUR") if compare_at else None
    await shop.pricing.set_prices([Price("v1", Money(amount, "EUR"), old)])


async def test_a_reduced_price_shows_the_lowest_price_of_the_30_days_before(shop: Shop, clock: HandClock) -> None:
    await set_price(shop, 5000)
    assert await lowest(shop) is None
    clock.move(days=100)
    await set_price(shop, 3000)
    clock.move(days=35)
    await set_price(shop, 6000)
    clock.move(days=10)
    await set_price(shop, 4500, 6000)
    assert await lowest(shop) == 3000  # it still cost that 10 days before, though it was set long ago
    clock.move(days=40)
    await set_price(shop, 4000, 6000)
    assert await lowest(shop) == 4500
    clock.move(days=3)
    assert await lowest(shop) == 4500
    await set_price(shop, 4000, 6000)  # nothing changed: nothing is written
    assert await lowest(shop) == 4500
    await set_price(shop, 6000)
    assert await lowest(shop) is None


async def test_staff_create_change_and_end_promotions_coupons_and_rates(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    kettle = await sell(shop, price=10_000)
    new = {"title": "Opening week", "kind": "percentage", "value": 1000}
    made = (await api.post("/v1/promotions", json=new, headers=staff)).json()
    cart = await fill_cart(shop, (kettle, 1))
    assert cart.totals.discount.amount == 1000
    await api.post("/v1/promotions", json={**made, "value": 2000}, headers=staff)
    assert (await shop.carts.get(cart.id)).totals.discount.amount == 2000
    assert [one["id"] for one in (await api.get("/v1/promotions", headers=staff)).json()["items"]] == [made["id"]]
    assert (await api.delete(f"/v1/promotions/{made['id']}", headers=staff)).status_code == 204
    assert (await shop.carts.get(cart.id)).totals.discount.amount == 0
    await api.post("/v1/coupons", json={"code": "gone", "kind": "percentage", "value": 500}, headers=staff)
    assert (await api.delete("/v1/coupons/GONE", headers=staff)).status_code == 204
    refused = (await shop.carts.set_coupons(cart.id, ("GONE",))).problems
    assert [one.code for one in refused] == ["coupon_refused"]
    rate = {"country": "SE", "region": "", "tax_class": "reduced", "rate": 600}
    await api.post("/v1/tax-rates", json=rate, headers=staff)
    assert (await api.delete("/v1/tax-rates/SE/reduced", headers=staff)).status_code == 204
    post = (
        await api.post(
            "/v1/shipping-rates", json={"title": "Bike", "price": {"amount": 100, "currency": "EUR"}}, headers=staff
        )
    ).json()
    assert (await api.delete(f"/v1/shipping-rates/{post['id']}", headers=staff)).status_code == 204
    for path in ("/v1/promotions/x", "/v1/coupons/x", "/v1/tax-rates/SE/reduced", "/v1/shipping-rates/x"):
        assert (await api.delete(path, headers=staff)).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": "", "kind": "percentage", "value": 1}, "/title"),
        ({"title": "X", "kind": "percentage", "value": 10_001}, "/value"),
        ({"title": "X", "kind": "fixed", "value": 100}, "/value"),
        ({"title": "X", "kind": "fixed", "value": -1, "currency": "EUR"}, "/value"),
        ({"title": "X", "kind": "free_shipping", "minimum": -1}, "/minimum"),
        (
            {
                "title": "X",
                "kind": "free_shipping",
                "starts_at": "2026-03-02T00:00:00Z",
                "ends_at": "2026-03-01T00:00:00Z",
            },
            "/ends_at",
        ),
    ],
)
async def test_an_impossible_promotion_is_refused(api: httpx.AsyncClient, staff, body: dict, pointer: str) -> None:
    answer = await api.post("/v1/promotions", json=body, headers=staff)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
