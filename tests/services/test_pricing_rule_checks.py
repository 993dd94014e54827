"""Impossible rates, discounts and prices are refused everywhere with a valid example, and stored in one form."""

from typing import Any

import httpx
import pytest

from shopwright.app import Shop
from tests.builders.customers import sign_in
from tests.builders.goods import sell
from tests.builders.shops import OWNER

pytestmark = pytest.mark.slow
SHIPPING = {"title": "Bike", "price": {"amount": 390, "currency": "EUR"}, "days_min": 1, "days_max": 2}
COUPON = {"code": "SPRING", "kind": "percentage", "value": 1000}


@pytest.fixture
async def staff(api: httpx.AsyncClient) -> httpx.AsyncClient:
    api.headers.update(await sign_in(api, *OWNER))
    return api


@pytest.mark.parametrize(
    ("door", "body", "pointer", "expected"),
    [
        ("tax-rates", {"country": "XX", "rate": 1900}, "/country", "two letters of ISO 3166-1"),
        ("tax-rates", {"country": "ZZ", "rate": 1900}, "/country", "two letters of ISO 3166-1"),
        ("tax-rates", {"country": "", "rate": 1900}, "/country", "two letters of ISO 3166-1"),
        ("tax-rates", {"country": "EU", "rate": 1900}, "/country", "two letters of ISO 3166-1"),
        ("tax-rates", {"country": "France", "rate": 1900}, "/country", "write FR"),
        ("tax-rates", {"country": "UK", "rate": 1900}, "/country", "write GB"),
        ("tax-rates", {"country": "DE", "rate": -1}, "/rate", "basis points"),
        ("tax-rates", {"country": "DE", "rate": 1900, "tax_class": "luxury"}, "/tax_class", "standard, reduced, zero"),
        ("shipping-rates", {**SHIPPING, "countries": ["DE", "GERMANY"]}, "/countries/1", "write DE"),
        ("shipping-rates", {**SHIPPING, "price": {"amount": 390, "currency": "USD"}}, "/price/currency", "in EUR, not in USD"),
        ("shipping-rates", {**SHIPPING, "price": {"amount": -1, "currency": "EUR"}}, "/price/amount", "from 0"),
        ("shipping-rates", {**SHIPPING, "days_min": 7, "days_max": 3}, "/days_max", "write 3 to 7"),
        ("shipping-rates", {**SHIPPING, "days_min": 2, "days_max": 0}, "/days_max", "write 0 to 2"),
        ("shipping-rates", {**SHIPPING, "days_min": -1}, "/days_min", "from 0"),
        ("shipping-rates", {**SHIPPING, "days_max": 3_000_000}, "/days_max", "from 0 to 365"),
        ("shipping-rates", {**SHIPPING, "min_subtotal": 500, "max_subtotal": 400}, "/max_subtotal", "400 to 500"),
        ("shipping-rates", {**SHIPPING, "min_weight": 500, "max_weight": 400}, "/max_weight", "400 to 500"),
        ("shipping-rates", {**SHIPPING, "max_weight": 10**18}, "/max_weight", "from 0"),
        ("shipping-rates", {**SHIPPING, "title": " "}, "/title", "Enter the name shoppers see"),
        ("coupons", {**COUPON, "kind": "fixed", "currency": "USD"}, "/currency", "in EUR, not in USD"),
        ("coupons", {**COUPON, "currency": "USD"}, "/currency", "in EUR, not in USD"),
        ("coupons", {**COUPON, "value": 10_001}, "/value", "at most 10000"),
        ("coupons", {**COUPON, "limit_total": -1}, "/limit_total", "from 0"),
        ("coupons", {**COUPON, "limit_per_customer": 10**18}, "/limit_per_customer", "from 0"),
        ("coupons", {**COUPON, "minimum": -1}, "/minimum", "from 0"),
        ("coupons", {**COUPON, "starts_at": "2026-03-02T00:00:00Z", "ends_at": "2026-03-01T00:00:00Z"}, "/ends_at", "after it starts"),
        ("promotions", {"title": "Sale", "kind": "fixed", "value": 5, "currency": "USD"}, "/currency", "in EUR, not in USD"),
        ("promotions", {"title": "Sale", "kind": "percentage", "value": 5, "ends_at": "2026-03-01T00:00:00Z", "starts_at": "2026-03-01T00:00:00Z"}, "/ends_at", "after it starts"),
    ],
)  # fmt: skip
async def test_an_impossible_rule_is_refused_by_the_contract(
    shop: Shop, staff: httpx.AsyncClient, door: str, body: dict[str, Any], pointer: str, expected: str
) -> None:
    before = (await staff.get(f"/v1/{door}")).json()
    answer = await staff.post(f"/v1/{door}", json=body)
    assert answer.status_code == 422, answer.text
    [problem] = answer.json()["errors"]
    assert problem["pointer"] == pointer
    assert expected in problem["detail"]
    assert (await staff.get(f"/v1/{door}")).json() == before


async def test_countries_are_stored_in_capitals(staff: httpx.AsyncClient) -> None:
    made = await staff.post("/v1/tax-rates", json={"country": " fr", "rate": 2000, "tax_class": "Standard"})
    assert (made.json()["country"], made.json()["tax_class"]) == ("FR", "standard")
    rate = await staff.post("/v1/shipping-rates", json={**SHIPPING, "countries": ["fr", "FR"]})
    assert rate.json()["countries"] == ["FR"]


async def test_all_errors_are_reported_at_once(staff: httpx.AsyncClient) -> None:
    wrong = {**SHIPPING, "title": "", "countries": ["XX", "GERMANY"], "days_min": 7, "days_max": 3}
    answer = await staff.post("/v1/shipping-rates", json=wrong)
    assert [one["pointer"] for one in answer.json()["errors"]] == [
        "/title",
        "/countries/0",
        "/countries/1",
        "/days_max",
    ]


async def test_a_price_is_below_its_compare_at_price(shop: Shop, staff: httpx.AsyncClient) -> None:
    kettle = await sell(shop, price=2000)
    one = kettle.variants[0]

    def money(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": "EUR"}

    here = f"/v1/products/{kettle.id}/variants/{one.id}"
    wrong = await staff.patch(here, json={"price": money(2000), "compare_at": money(1500)})
    assert wrong.status_code == 422
    assert "above its price" in wrong.text
    reduced = await staff.patch(here, json={"price": money(1000), "compare_at": money(1500)})
    assert reduced.status_code == 200, reduced.text
    # A price that rises beyond it ends the reduction.
    assert (await staff.patch(here, json={"price": money(1800)})).status_code == 200
    price = (await shop.pricing.prices([one.id], "EUR"))[one.id]
    assert (price.amount.amount, price.compare_at) == (1800, None)
    offers = await staff.post(
        "/v1/offers", json={"items": [{"variant_id": one.id, "price": money(5), "compare_at": money(4)}]}
    )
    assert "above its price" in offers.text


async def test_a_patch_changes_only_the_fields_it_names(shop: Shop, staff: httpx.AsyncClient) -> None:
    coupon = {
        "code": "MAY5", "kind": "fixed", "value": 500, "currency": "EUR", "limit_total": 3, "position": 2,
        "ends_at": "2030-01-01T00:00:00Z", "combinable": False,
    }  # fmt: skip
    made = (await staff.post("/v1/coupons", json=coupon)).json()
    changed = await staff.patch("/v1/coupons/may5", json={"limit_total": 9, "ends_at": None})
    assert changed.status_code == 200, changed.text
    assert changed.json() == made | {"limit_total": 9, "ends_at": None}
    assert (await staff.patch("/v1/coupons/MAY5", json={"value": -1})).status_code == 422
    assert (await staff.patch("/v1/coupons/NONE", json={"value": 1})).status_code == 404
    sale = (await staff.post("/v1/promotions", json={"title": "Sale", "kind": "percentage", "value": 1000})).json()
    paused = await staff.patch(f"/v1/promotions/{sale['id']}", json={"active": False})
    assert paused.json() == sale | {"active": False}
    rate = (await staff.post("/v1/shipping-rates", json={**SHIPPING, "countries": ["DE"]})).json()
    later = await staff.patch(f"/v1/shipping-rates/{rate['id']}", json={"days_max": 9})
    assert later.json() == rate | {"days_max": 9}
    assert (await staff.patch(f"/v1/shipping-rates/{rate['id']}", json={"days_max": 0})).status_code == 422
