"""Totals: the sum of the parts is the whole, to the cent, in every currency; and the receipt says why."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shopwright.kit.money import Money
from shopwright.services.pricing import model
from shopwright.services.pricing.contract import Coupon, Item, Price, QuoteRequest, ShippingRate, TaxRate

NOW = datetime(2026, 3, 2, tzinfo=UTC)
currencies = st.sampled_from(["EUR", "JPY", "KWD"])
coupons = st.one_of(
    st.builds(Coupon, code=st.sampled_from(["A", "B", "C"]), kind=st.just("percentage"), value=st.integers(1, 10_000)),
    st.builds(Coupon, code=st.sampled_from(["A", "B", "C"]), kind=st.just("fixed"), value=st.integers(1, 10**7)),
)


@st.composite
def worlds(draw):
    currency = draw(currencies)
    lines = draw(
        st.lists(
            st.tuples(st.integers(0, 10**7), st.integers(1, 99), st.sampled_from(["standard", "reduced", "zero"])),
            min_size=1,
            max_size=8,
        )
    )
    found = draw(st.lists(coupons, max_size=3))
    rates = [TaxRate(country="DE", tax_class=name, rate=draw(st.integers(0, 3000))) for name in ("standard", "reduced")]
    basis = model.Basis(
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
    )
    request = QuoteRequest(
        items=tuple(
            Item(line_id=f"l{n}", variant_id=f"v{n}", quantity=quantity, tax_class=kind)
            for n, (_, quantity, kind) in enumerate(lines)
        ),
        currency=currency,
        country=draw(st.sampled_from(["DE", "FR", ""])),
        codes=tuple(one.code for one in found),
        shipping_rate_id=draw(st.sampled_from([None, "s"])),
    )
    return request, basis


@given(worlds())
def test_the_parts_are_the_whole(world) -> None:
    request, basis = world
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


@given(worlds())
def test_the_receipt_adds_up_to_the_total(world) -> None:
    request, basis = world
    quote = model.quote(request, basis)
    counted = [
        step.amount.amount
        for step in quote.receipt
        if step.step in {"list", "promotion", "shipping"} or (step.step == "tax" and not basis.prices_include_tax)
    ]
    assert sum(counted) == quote.totals.total.amount
    assert quote.receipt[-1].step == "total"


def basis_with(coupon: Coupon | None = None, **more) -> model.Basis:
    given_ = {
        "prices": {"v0": Price("v0", Money(1450, "EUR"))},
        "coupons": {coupon.code: (coupon, 0)} if coupon else {},
        "tax_rates": [TaxRate(country="DE", rate=1900)],
        "shipping_rates": [ShippingRate(id="s", title="Standard", price=Money(490, "EUR"))],
        "home_country": "DE",
        "prices_include_tax": True,
        "now": NOW,
    }
    return model.Basis(**(given_ | more))


def mugs(quantity: int = 2, **more) -> QuoteRequest:
    return QuoteRequest(
        items=(Item(line_id="l0", variant_id="v0", quantity=quantity),), currency="EUR", country="DE", **more
    )


def test_the_worked_example_of_the_model_is_true() -> None:
    coupon = Coupon(code="SPRING10", kind="percentage", value=1000)
    totals = model.quote(mugs(codes=("SPRING10",), shipping_rate_id="s"), basis_with(coupon)).totals
    assert [
        one.amount for one in (totals.subtotal, totals.discount, totals.shipping, totals.total, totals.included_tax)
    ] == [2900, 290, 490, 3100, 495]


def test_a_coupon_that_does_not_apply_says_why() -> None:
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
    found = model.options(rates, "FR", Money(4999, "EUR"), 500)
    assert [(one.id, one.price.amount) for one in found] == [("post", 490)]
    assert [(one.id, one.price.amount) for one in model.options(rates, "DE", Money(5000, "EUR"), 50)] == [
        ("post", 0),
        ("letter", 190),
        ("heavy", 2900),
    ]


def test_tax_on_top_is_added_and_a_region_goes_before_its_country() -> None:
    rates = [TaxRate(country="US", rate=0), TaxRate(country="US", region="CA", rate=725)]
    quote = model.quote(
        QuoteRequest(
            items=(Item(line_id="l0", variant_id="v0", quantity=1),), currency="EUR", country="US", region="CA"
        ),
        basis_with(tax_rates=rates, prices_include_tax=False),
    )
    assert (quote.totals.tax.amount, quote.totals.total.amount) == (105, 1555)
