"""Forms store typed values exactly, or name a valid one; an emptied required field is an error."""

import re

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.money import Money
from tests.builders.goods import sell
from tests.builders.shops import OWNER

pytestmark = pytest.mark.slow


async def token(shop: Shop, api: httpx.AsyncClient) -> dict[str, str]:
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    page = await api.get("/office/pricing")
    return {"_csrf_token": re.search(r'name="_csrf_token" value="([^"]+)"', page.text)[1]}


@pytest.mark.parametrize(
    ("field", "typed", "expected"),
    [
        ("price", "", "Enter the price"),
        ("price", "19.999", "finer than EUR"),
        ("price", "19 99", "is not an amount"),
        ("price", "1e3", "is not an amount"),
        ("price", "$5", "is not an amount"),
        ("compare", "5.001", "finer than EUR"),
        ("stock", "", "whole number"),
        ("stock", "²", "whole number"),
        ("stock", "1.5", "whole number"),
    ],
)
async def test_a_product_stores_the_typed_value_or_names_a_valid_one(
    shop: Shop, api: httpx.AsyncClient, field: str, typed: str, expected: str
) -> None:
    lamp = await sell(shop, price=6400)
    variant = lamp.variants[0].id
    form = await token(shop, api) | {f"price-{variant}": "64.00", f"compare-{variant}": "", f"stock-{variant}": "5"}
    answer = await api.post(f"/office/products/{lamp.id}", data=form | {f"{field}-{variant}": typed})
    assert answer.status_code == 422, answer.text
    assert expected in answer.text
    price = (await shop.pricing.prices([variant], "EUR"))[variant]
    assert (price.amount, price.compare_at) == (Money(6400, "EUR"), None)


@pytest.mark.parametrize("typed", ["1,299.00", "1.299,00", "1 299,00", "1299", "€1299.00", "1299 EUR", "1'299.00"])
async def test_a_price_is_stored_exactly_in_any_notation(shop: Shop, api: httpx.AsyncClient, typed: str) -> None:
    lamp = await sell(shop, price=6400)
    variant = lamp.variants[0].id
    form = await token(shop, api) | {f"price-{variant}": typed, f"stock-{variant}": "5"}
    assert (await api.post(f"/office/products/{lamp.id}", data=form)).status_code == 303
    assert (await shop.pricing.prices([variant], "EUR"))[variant].amount == Money(129900, "EUR")


@pytest.mark.parametrize(
    ("kind", "form", "expected"),
    [
        ("coupons", {"code": "A", "kind": "percentage", "value": "7.555"}, "finer than 2 decimal"),
        ("coupons", {"code": "A", "kind": "percentage", "value": "NaN"}, "is a number such as"),
        ("coupons", {"code": "A", "kind": "percentage", "value": ""}, "is a number such as"),
        ("coupons", {"code": "A", "kind": "fixed", "value": "5.001"}, "finer than EUR"),
        ("coupons", {"code": "A", "kind": "percentage", "value": "5", "limit_total": "²"}, "whole number"),
        ("promotions", {"title": "A", "kind": "percentage", "value": "101"}, "from 0 to 100"),
        ("shipping", {"title": "A", "price": "", "days_min": "1", "days_max": "2"}, "Enter the price"),
        ("shipping", {"title": "A", "price": "4.999", "days_min": "1", "days_max": "2"}, "finer than EUR"),
        ("shipping", {"title": "A", "price": "5", "days_min": "1.5", "days_max": "2"}, "whole number"),
        ("taxes", {"country": "DE", "rate": "19.00005"}, "finer than 4 decimal"),
        ("taxes", {"country": "DE", "rate": "-1"}, "from 0 to 100"),
    ],
)
async def test_a_rule_stores_the_typed_value_or_names_a_valid_one(
    shop: Shop, api: httpx.AsyncClient, kind: str, form: dict[str, str], expected: str
) -> None:
    before = (
        await shop.pricing.coupons(),
        await shop.pricing.promotions(),
        await shop.pricing.shipping_rates(),
        await shop.pricing.tax_rates(),
    )
    answer = await api.post(f"/office/pricing/{kind}", data=await token(shop, api) | form)
    assert answer.status_code == 422, answer.text
    assert expected in answer.text
    after = (
        await shop.pricing.coupons(),
        await shop.pricing.promotions(),
        await shop.pricing.shipping_rates(),
        await shop.pricing.tax_rates(),
    )
    assert before == after


@pytest.mark.parametrize(("typed", "points"), [("7.5", 750), ("7,25 %", 725), ("100", 10_000), ("0.01", 1)])
async def test_a_percentage_is_stored_to_a_hundredth(
    shop: Shop, api: httpx.AsyncClient, typed: str, points: int
) -> None:
    form = {"code": "A", "kind": "percentage", "value": typed}
    assert (await api.post("/office/pricing/coupons", data=await token(shop, api) | form)).status_code == 303
    assert {one.code: one.value for one in await shop.pricing.coupons()}["A"] == points


@pytest.mark.parametrize(
    "body", [{"weight": 1.5}, {"weight": "900"}, {"weight": -1}, {"price": {"amount": 19.99, "currency": "EUR"}}]
)
async def test_the_api_refuses_values_it_would_have_to_round(
    api: httpx.AsyncClient, staff: dict[str, str], body: dict[str, object]
) -> None:
    answer = await api.post("/v1/products", json={"title": "Lamp", "variants": [body]}, headers=staff)
    assert answer.status_code in {400, 422}, answer.text


@pytest.mark.parametrize("typed", ["1.5", "abc", "²", "0", "1000"])
async def test_an_invalid_quantity_is_not_taken_as_one(shop: Shop, api: httpx.AsyncClient, typed: str) -> None:
    lamp = await sell(shop)
    page = await api.get(f"/p/{lamp.slug}")
    form = {"_csrf_token": re.search(r'name="_csrf_token" value="([^"]+)"', page.text)[1]}
    answer = await api.post("/cart/lines", data=form | {"variant": lamp.variants[0].id, "quantity": typed})
    assert "whole number from 1 to 999" in answer.text


@pytest.mark.parametrize("made_up", ["²", "٣", "9" * 200, "-1", "1.5", ""])
async def test_an_invented_number_in_an_address_is_a_client_error(
    shop: Shop, api: httpx.AsyncClient, made_up: str
) -> None:
    lamp = await sell(shop)
    for path in ("/search", f"/p/{lamp.slug}"):
        assert (await api.get(path, params={"page": made_up})).status_code == 200, path


async def test_an_invented_number_in_a_form_is_a_client_error(shop: Shop, api: httpx.AsyncClient) -> None:
    lamp = await sell(shop)
    form = await token(shop, api)
    cart = await shop.carts.create((await shop.users.by_email(OWNER[0])).id)
    cart = await shop.carts.add(cart.id, lamp.variants[0].id, 1)
    api.cookies.set("cart", cart.id)
    line = await api.post(f"/cart/lines/{cart.lines[0].id}", data=form | {"quantity": "²"})
    assert line.status_code == 409
    paid = await api.post("/checkout/payment", data=form | {"expected": "²", "method": "pretend_ok"})
    assert paid.status_code == 409
    stale = await api.post(f"/office/products/{lamp.id}", data=form | {"version": "²", "title": "Lamp"})
    assert stale.status_code < 500
