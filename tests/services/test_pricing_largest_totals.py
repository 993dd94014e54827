"""Totals are bounded: a line beyond the limit is refused, and nothing is calculated beyond."""

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.errors import Invalid
from shopwright.kit.money import LARGEST, LIMIT, Money
from shopwright.services.carts.model import check_sum
from shopwright.services.pricing import model
from shopwright.services.pricing.contract import Item, Price, QuoteRequest, ShippingRate, TaxRate
from tests.builders.customers import BERLIN
from tests.builders.goods import sell
from tests.builders.quotes import basis_with

pytestmark = pytest.mark.slow

prices = st.one_of(st.integers(0, LARGEST), st.sampled_from([LARGEST, LARGEST - 1, LARGEST // 999, LARGEST // 999 + 1]))


@given(st.lists(st.tuples(prices, st.integers(1, 999)), min_size=1, max_size=100), st.booleans())
def test_no_cart_exceeds_the_largest_sum(lines: list[tuple[int, int]], included: bool) -> None:
    basis = basis_with(
        prices={f"v{n}": Price(f"v{n}", Money(price, "EUR")) for n, (price, _) in enumerate(lines)},
        tax_rates=[TaxRate(country="DE", rate=10_000)],
        shipping_rates=[ShippingRate(id="s", title="Post", price=Money(LARGEST, "EUR"))],
        prices_include_tax=included,
    )
    items = tuple(Item(line_id=f"l{n}", variant_id=f"v{n}", quantity=count) for n, (_, count) in enumerate(lines))
    quote = model.quote(QuoteRequest(items=items, currency="EUR", country="DE", shipping_rate_id="s"), basis)
    assert quote.totals.subtotal.amount <= LARGEST
    assert all(abs(amount.amount) < 2**53 for amount in msgspec.structs.asdict(quote.totals).values())
    assert {line.line_id for line in quote.lines} | set(quote.beyond) == {item.line_id for item in items}
    total = sum(price * count for price, count in lines)
    assert bool(quote.beyond) == (total > LARGEST)
    last = f"v{len(lines) - 1}"
    try:
        check_sum({item.variant_id: item.quantity for item in items}, basis.prices, last)
    except Invalid:
        assert total > LARGEST
    else:
        assert total <= LARGEST


async def test_a_line_that_makes_a_cart_too_large_is_refused_with_a_valid_quantity(
    shop: Shop, api: httpx.AsyncClient
) -> None:
    gold = await sell(shop, "Gold", 9 * 10**14, on_hand=9999)
    expensive = await sell(shop, "Ring", 3 * 10**11, on_hand=9999)
    cart = (await api.post("/v1/carts")).json()["id"]
    lines = f"/v1/carts/{cart}/lines"
    too_much = await api.post(lines, json={"variant_id": gold.variants[0].id, "quantity": 999})
    assert too_much.status_code == 422, too_much.text
    assert too_much.json()["errors"][0]["pointer"] == "/quantity"
    assert "9,223,372,036,854.77 of goods" in too_much.json()["detail"]
    assert (await api.get(f"/v1/carts/{cart}")).json()["lines"] == []
    one = await api.post(lines, json={"variant_id": gold.variants[0].id})
    assert one.status_code == 201, one.text
    assert (await api.post(lines, json={"variant_id": expensive.variants[0].id, "quantity": 99})).status_code == 422
    few = await api.post(lines, json={"variant_id": expensive.variants[0].id, "quantity": 50})
    assert few.status_code == 201
    line = few.json()["lines"][1]["id"]
    assert (await api.patch(f"{lines}/{line}", json={"quantity": 99})).status_code == 422
    assert (await api.patch(f"{lines}/{line}", json={"saved": True})).status_code == 200
    saved = (await api.get(f"/v1/carts/{cart}")).json()["saved"]
    assert (await api.patch(f"{lines}/{line}", json={"saved": False})).status_code == 200, saved


async def test_a_raised_price_makes_a_cart_too_large_and_it_is_reported(shop: Shop, api: httpx.AsyncClient) -> None:
    gold = await sell(shop, "Gold", 1000, on_hand=9999)
    cart = (await api.post("/v1/carts")).json()["id"]
    await api.post(f"/v1/carts/{cart}/lines", json={"variant_id": gold.variants[0].id, "quantity": 999})
    await shop.pricing.set_prices([Price(gold.variants[0].id, Money(LARGEST, "EUR"))])
    seen = (await api.get(f"/v1/carts/{cart}")).json()
    assert [one["code"] for one in seen["problems"]] == ["invalid"]
    assert "Gold" in seen["problems"][0]["detail"]
    details = {"email": "ada@example.com", "shipping_address": msgspec.to_builtins(BERLIN)}
    assert (await api.patch(f"/v1/carts/{cart}", json=details)).status_code == 200
    placed = await api.post(
        "/v1/orders",
        json={"cart_id": cart, "expected_total": {"amount": 0, "currency": "EUR"}, "payment": {"provider": "pretend"}},
        headers={"Idempotency-Key": "k"},
    )
    assert placed.status_code in {409, 422}, placed.text


@pytest.mark.parametrize("amount", [LARGEST + 1, LIMIT])
async def test_a_price_beyond_the_largest_is_not_saved(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], amount: int
) -> None:
    price = {"amount": amount, "currency": "EUR"}
    for name in ("price", "compare_at"):
        body = {"title": "Gold", "variants": [{"price": {"amount": 1, "currency": "EUR"}, name: price}]}
        answer = await api.post("/v1/products", json=body, headers=staff)
        assert answer.status_code == 422, answer.text
    assert await shop.catalog.list_products() == []
