"""A total depends on the contents of the cart and the codes, never on the order of either."""

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.auth import GUEST
from shopwright.kit.money import Money
from shopwright.services.orders.contract import PaymentChoice, PlaceOrder
from shopwright.services.pricing import model
from shopwright.services.pricing.contract import Coupon, Item, Price, Promotion, QuoteRequest, ShippingRate, TaxRate
from tests.builders.goods import sell
from tests.builders.orders import fill_cart
from tests.builders.quotes import NOW, basis_with, mugs

KINDS = st.sampled_from(["percentage", "fixed", "free_shipping"])


@st.composite
def sales(draw):
    """A cart with codes and promotions, and the same in another order."""
    lines = draw(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 9)), min_size=1, max_size=6))
    classes = ["standard", "reduced", "zero"]
    items = [
        Item(line_id=f"l{n}", variant_id=f"v{n}", quantity=quantity, product_id=f"g{n % 3}", tax_class=classes[n % 3])
        for n, (_, quantity) in enumerate(lines)
    ]

    def discount(n: int) -> dict[str, object]:
        kind = draw(KINDS)
        value = draw(st.integers(1, 10_000)) if kind == "percentage" else draw(st.integers(1, 10**5))
        more = {"combinable": draw(st.booleans()), "position": draw(st.integers(0, 1))}
        return {"kind": kind, "value": value, "currency": "EUR", "minimum": draw(st.sampled_from([0, 5000])), **more}

    coupons = [Coupon(code=f"C{n}", **discount(n)) for n in range(draw(st.integers(0, 4)))]
    products = st.sets(st.sampled_from(["g0", "g1", "g2"]))
    promotions = [
        Promotion(id=f"p{n}", title=f"Sale {n}", product_ids=tuple(sorted(draw(products))), **discount(n))
        for n in range(draw(st.integers(0, 3)))
    ]

    def basis(promotions: list[Promotion], include_tax: bool) -> model.QuoteInputs:
        return model.QuoteInputs(
            prices={f"v{n}": Price(f"v{n}", Money(price, "EUR")) for n, (price, _) in enumerate(lines)},
            coupons={one.code: (one, 0) for one in coupons},
            tax_rates=[TaxRate(country="DE", rate=1900), TaxRate(country="DE", tax_class="reduced", rate=700)],
            shipping_rates=[ShippingRate(id="s", title="Post", price=Money(490, "EUR"), free_over=7500)],
            home_country="DE",
            prices_include_tax=include_tax,
            now=NOW,
            promotions=promotions,
        )

    tax = draw(st.booleans())
    shipping = draw(st.sampled_from([None, "s"]))
    request = QuoteRequest(
        items=tuple(items),
        currency="EUR",
        country="DE",
        codes=tuple(one.code for one in coupons),
        shipping_rate_id=shipping,
    )
    again = msgspec.structs.replace(
        request, items=tuple(draw(st.permutations(items))), codes=tuple(draw(st.permutations(request.codes)))
    )
    return (request, basis(promotions, tax)), (again, basis(list(draw(st.permutations(promotions))), tax))


@given(sales())
def test_any_order_of_codes_promotions_and_lines_gives_the_same(worlds) -> None:
    (request, basis), (again, other) = worlds
    one, two = model.quote(request, basis), model.quote(again, other)
    assert one.totals == two.totals
    assert {line.line_id: line for line in one.lines} == {line.line_id: line for line in two.lines}
    assert set(one.unused) == set(two.unused)
    assert set(one.refused) == set(two.refused)
    assert [step for step in one.receipt if step.step != "list"] == [
        step for step in two.receipt if step.step != "list"
    ]


@given(sales())
def test_the_shopper_pays_no_more_than_with_any_of_the_discounts_that_exclude_each_other(worlds) -> None:
    (request, basis), _ = worlds
    best = model.quote(request, basis).totals.total
    every = [one for one, _ in basis.coupons.values()] + list(basis.promotions)
    sets = [[one for one in every if one.combinable], *[[one] for one in every if not one.combinable]]
    for chosen in sets:
        names = {one.code for one in chosen if isinstance(one, Coupon)}
        alone = msgspec.structs.replace(request, codes=tuple(code for code in request.codes if code in names))
        other = model.QuoteInputs(**{**vars(basis), "promotions": [one for one in basis.promotions if one in chosen]})
        assert best <= model.quote(alone, other).totals.total


def test_a_percentage_applies_before_a_fixed_amount_whichever_was_typed_first() -> None:
    percent = Coupon(code="TEN", kind="percentage", value=1000)
    fixed = Coupon(code="FIVE", kind="fixed", value=500, currency="EUR")
    basis = basis_with(coupons={"TEN": (percent, 0), "FIVE": (fixed, 0)})
    for codes in (("TEN", "FIVE"), ("FIVE", "TEN")):
        quote = model.quote(mugs(codes=codes), basis)
        assert [(one.detail, one.amount.amount) for one in quote.receipt if one.step == "promotion"] == [
            ("Code TEN", -290),
            ("Code FIVE", -500),
        ]


def test_a_product_discount_applies_before_an_order_discount_and_a_lower_position_first() -> None:
    def sale(name: str, position: int, products: tuple[str, ...] = ()) -> Promotion:
        return Promotion(
            id=name, title=name, kind="fixed", value=100, currency="EUR", position=position, product_ids=products
        )

    promotions = [sale("order", -5), sale("b", 2, ("g",)), sale("a", 1, ("g",))]
    item = Item(line_id="l0", variant_id="v0", quantity=2, product_id="g")
    quote = model.quote(QuoteRequest(items=(item,), currency="EUR"), basis_with(promotions=promotions))
    assert [one.detail for one in quote.receipt if one.step == "promotion"] == ["a", "b", "order"]


@pytest.mark.parametrize(("alone", "used"), [(900, "ALONE"), (700, "ONE")])
def test_of_exclusive_discounts_the_best_applies_and_the_receipt_names_the_reason(alone: int, used: str) -> None:
    def coupon(code: str, value: int, *, combinable: bool = True) -> tuple[Coupon, int]:
        return Coupon(code=code, kind="fixed", value=value, currency="EUR", combinable=combinable), 0

    basis = basis_with(
        coupons={
            "ONE": coupon("ONE", 500),
            "TWO": coupon("TWO", 300),
            "ALONE": coupon("ALONE", alone, combinable=False),
        }
    )
    quote = model.quote(mugs(codes=("ONE", "ALONE", "TWO")), basis)
    assert quote.totals.discount.amount == max(alone, 800)
    details = [one.detail for one in quote.receipt if one.step == "not combined"]
    if used == "ALONE":
        assert details == [f"Code {one} cannot be combined with Code ALONE, which saves more" for one in ("ONE", "TWO")]
    else:
        assert details == ["Code ALONE cannot be combined with Code ONE and Code TWO, which saves more"]
    assert sorted(one.code for one in quote.unused) == (["ONE", "TWO"] if used == "ALONE" else ["ALONE"])
    assert quote.refused == ()


async def test_codes_typed_in_any_order_cost_the_same_and_only_used_ones_are_counted(
    shop: Shop, api: httpx.AsyncClient
) -> None:
    kettle = await sell(shop, on_hand=20)
    for code, value, combinable in (("ALONE", 1000, False), ("SEVEN", 700, True), ("FIVE", 500, True)):
        one = Coupon(code=code, kind="fixed", value=value, currency="EUR", combinable=combinable, limit_per_customer=1)
        await shop.pricing.put_coupon(one)
    totals = set()
    for order in (("ALONE", "SEVEN", "FIVE"), ("FIVE", "SEVEN", "ALONE"), ("SEVEN", "ALONE", "FIVE")):
        cart = await fill_cart(shop, (kettle, 1))
        for code in order:
            cart = await shop.carts.set_coupons(cart.id, (*cart.coupons, code))
        totals.add(cart.totals.total.amount)
        assert (set(cart.coupons), cart.used_coupons) == (set(order), tuple(one for one in order if one != "ALONE"))
    assert len(totals) == 1
    choice = PaymentChoice(provider="pretend", token="pretend_ok", return_url="http://shop.test/back/{order_id}")
    order_request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
    order = await shop.orders.place(order_request, "once", GUEST)
    assert set(order.coupons) == {"SEVEN", "FIVE"}
    assert {one.code: one.used for one in await shop.pricing.coupons() if one.used} == {"SEVEN": 1, "FIVE": 1}
    seen = (await api.get(f"/v1/carts/{(await fill_cart(shop, (kettle, 1))).id}")).json()
    assert seen["unused_coupons"] == []
