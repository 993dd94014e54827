"""Every way to enter an address stores it in the form of its country, and rates are found by that form."""

from typing import Any

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.money import Money
from shopwright.services.pricing.contract import ShippingRate, TaxRate
from tests.builders.customers import sign_in
from tests.builders.goods import sell

TYPED: dict[str, dict[str, str]] = {
    "NL": {"line1": "Damrak 1", "city": "Amsterdam", "postal_code": "nl-1012ab"},
    "IE": {"line1": "1 Pearse Street", "city": "Dublin", "region": "dublin"},
    "JP": {"line1": "神南１－２", "region": "tokyo", "postal_code": "〒１５００００１"},
    "GB": {"line1": "1 Pall Mall", "city": "London", "postal_code": "sw1a1aa"},
    "US": {"line1": "1 Broadway", "city": "New York", "region": "us-ny", "postal_code": "100041234"},
    "CA": {"line1": "1 rue Sherbrooke", "city": "Montréal", "region": "quebec", "postal_code": "h3z2y7"},
    "HK": {"line1": "1 Nathan Road", "region": "九龍"},
}
REQUIRED: dict[str, dict[str, str]] = {
    "NL": {"postal_code": "1012 AB"},
    "IE": {"region": "Co. Dublin"},
    "JP": {"region": "東京都", "postal_code": "150-0001", "line1": "神南1-2"},
    "GB": {"postal_code": "SW1A 1AA"},
    "US": {"region": "NY", "postal_code": "10004-1234"},
    "CA": {"region": "QC", "postal_code": "H3Z 2Y7"},
    "HK": {"region": "Kowloon"},
}


def typed(country: str) -> dict[str, Any]:
    return {"name": " Ada　Ｌovelace\u200b", "country": country.lower(), **TYPED[country]}


@pytest.mark.parametrize("country", TYPED)
async def test_carts_orders_and_the_address_book_keep_one_form_of_an_address(
    shop: Shop, api: httpx.AsyncClient, country: str
) -> None:
    rate = ShippingRate(id="shr_any", title="Any", price=Money(490, "EUR"), countries=(country,))
    await shop.pricing.put_shipping_rate(rate)
    kettle = await sell(shop)
    cart = (await api.post("/v1/carts", json={})).json()
    await api.post(f"/v1/carts/{cart['id']}/lines", json={"variant_id": kettle.variants[0].id, "quantity": 1})
    change = {"email": "ada@example.com", "shipping_address": typed(country), "billing_address": typed(country)}
    changed = await api.patch(f"/v1/carts/{cart['id']}", json=change)
    assert changed.status_code == 200, changed.text
    wanted = {"name": "Ada Lovelace", "country": country, **REQUIRED[country]}
    for name in ("shipping_address", "billing_address"):
        assert changed.json()[name] == changed.json()[name] | wanted

    cart = (await api.patch(f"/v1/carts/{cart['id']}", json={"shipping_option_id": "shr_any"})).json()
    body = {
        "cart_id": cart["id"],
        "expected_total": cart["totals"]["total"]["amount"],
        "payment": {"provider": "pretend", "token": "pretend_ok"},
    }
    placed = await api.post("/v1/orders", json=body, headers={"Idempotency-Key": "k"})
    assert placed.status_code == 201, placed.text
    assert placed.json()["shipping_address"] == placed.json()["shipping_address"] | wanted

    await shop.users.register("ada@example.com", "correct horse", "Ada")
    me = await sign_in(api, "ada@example.com", "correct horse")
    saved = (await api.post("/v1/me/addresses", json=typed(country), headers=me)).json()
    assert saved["address"] == saved["address"] | wanted
    again = await api.patch(f"/v1/me/addresses/{saved['id']}", json=typed(country), headers=me)
    assert again.json()["address"] == saved["address"]


async def test_an_impossible_postal_code_is_refused_everywhere_with_a_valid_example(
    shop: Shop, api: httpx.AsyncClient
) -> None:
    await shop.users.register("ada@example.com", "correct horse", "Ada")
    me = await sign_in(api, "ada@example.com", "correct horse")
    cart = (await api.post("/v1/carts", json={})).json()
    wrong = {**typed("NL"), "postal_code": "1012 A8"}
    at_cart = await api.patch(f"/v1/carts/{cart['id']}", json={"shipping_address": wrong})
    in_book = await api.post("/v1/me/addresses", json=wrong, headers=me)
    for answer, pointer in ((at_cart, "/shipping_address/postal_code"), (in_book, "/postal_code")):
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
        assert "1234 AB" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("written", ["Tokyo", "東京都", "jp-13", "東京"])
async def test_a_tax_rate_applies_to_a_region_however_both_are_written(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], written: str
) -> None:
    for rate in ({"rate": 0}, {"region": written, "rate": 1000}):
        body = {"country": "jp", "tax_class": "standard", "title": "Tax", **rate}
        assert (await api.post("/v1/tax-rates", json=body, headers=staff)).status_code == 201
    kettle = await sell(shop)
    cart = (await api.post("/v1/carts", json={})).json()
    await api.post(f"/v1/carts/{cart['id']}/lines", json={"variant_id": kettle.variants[0].id, "quantity": 1})
    changed = await api.patch(f"/v1/carts/{cart['id']}", json={"shipping_address": typed("JP")})
    assert changed.json()["totals"]["included_tax"]["amount"] == 582
    gone = await api.delete("/v1/tax-rates/JP/standard", params={"region": "TOKYO"}, headers=staff)
    assert gone.status_code == 204
    assert [one.region for one in await shop.pricing.tax_rates() if one.country == "JP"] == [""]


async def test_a_tax_rate_of_an_unknown_region_is_refused_with_a_similar_one(
    api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    body = {"country": "US", "region": "New Yrok", "rate": 800}
    answer = await api.post("/v1/tax-rates", json=body, headers=staff)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/region")
    assert "New York" in answer.json()["detail"]


async def test_an_earlier_rate_of_the_same_region_is_replaced_and_deleted(shop: Shop) -> None:
    for region in ("Baja California", "B.C.", "MX-BCN"):
        await shop.pricing.put_tax_rate(TaxRate(country="MX", region=region, rate=800))
    assert [(one.region, one.rate) for one in await shop.pricing.tax_rates() if one.country == "MX"] == [("B.C.", 800)]
    await shop.pricing.delete_tax_rate("mx", "baja california", "standard")
    assert not [one for one in await shop.pricing.tax_rates() if one.country == "MX"]


async def test_rates_written_by_an_earlier_version_are_read_and_can_be_deleted(shop: Shop) -> None:
    await shop.pricing.put_shipping_rate(
        ShippingRate(id="shr_it", title="Sicily", price=Money(990, "EUR"), countries=("IT",), regions=("PA",))
    )
    await shop.pricing.put_tax_rate(TaxRate(country="JP", rate=1000))
    async with shop.databases["pricing"].begin() as tx:
        await tx.run("UPDATE shipping_rates SET regions = 'PA CT' WHERE id = 'shr_it'")
        await tx.run("UPDATE dated_tax_rates SET region = 'TOKYO' WHERE country = 'JP'")
    shop.clock.move(minutes=5)
    await shop.pricing.put_tax_rate(TaxRate(country="SE", rate=2500))
    await shop.pricing.put_shipping_rate(ShippingRate(id="shr_two", title="Two", price=Money(990, "EUR")))
    rate = next(one for one in await shop.pricing.shipping_rates() if one.id == "shr_it")
    assert rate.regions == ("PA", "CT")
    assert [one.region for one in await shop.pricing.tax_rates() if one.country == "JP"] == ["東京都"]
    await shop.pricing.delete_tax_rate("JP", "Tokyo", "standard")
    assert not [one for one in await shop.pricing.tax_rates() if one.country == "JP"]


async def test_a_shipping_zone_holds_regions_however_they_are_written(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    body = {
        "id": "shr_some", "title": "Some", "price": {"amount": 990, "currency": "EUR"},
        "countries": ["jp", "ie", "US"], "regions": ["Tokyo", "county cork", "Dublin", "New York"],
    }  # fmt: skip
    made = await api.post("/v1/shipping-rates", json=body, headers=staff)
    assert made.json()["regions"] == ["東京都", "Co. Cork", "Co. Dublin", "NY"]
    rates = (await api.get("/v1/shipping-rates", headers=staff)).json()["items"]
    assert next(one for one in rates if one["id"] == "shr_some")["regions"] == made.json()["regions"]
    kettle = await sell(shop)
    cart = (await api.post("/v1/carts", json={})).json()
    await api.post(f"/v1/carts/{cart['id']}/lines", json={"variant_id": kettle.variants[0].id, "quantity": 1})
    for country, region in (("JP", "東京"), ("IE", "Co Dublin"), ("US", "US-NY")):
        address = {**typed(country), "region": region}
        await api.patch(f"/v1/carts/{cart['id']}", json={"shipping_address": address})
        offered = (await api.get(f"/v1/carts/{cart['id']}/shipping-options")).json()["items"]
        assert [one["id"] for one in offered] == ["shr_some"], country
    address = {**typed("US"), "region": "CA", "postal_code": "90210"}
    await api.patch(f"/v1/carts/{cart['id']}", json={"shipping_address": address})
    offered = (await api.get(f"/v1/carts/{cart['id']}/shipping-options")).json()["items"]
    assert "shr_some" not in [one["id"] for one in offered]
    for wrong, right in (("\u200b", "example:"), ("Califronia", "California")):
        body |= {"countries": ["US"], "regions": ["NY", wrong]}
        answer = await api.post("/v1/shipping-rates", json=body, headers=staff)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/regions/1")
        assert right in answer.json()["errors"][0]["detail"]


async def test_a_phone_number_may_be_copied_with_invisible_marks_around_it(shop: Shop, api: httpx.AsyncClient) -> None:
    await shop.users.register("ada@example.com", "correct horse", "Ada")
    me = await sign_in(api, "ada@example.com", "correct horse")
    copied = "\u202a+31 20 555 1111\u202c"
    saved = await api.post("/v1/me/addresses", json={**typed("NL"), "phone": copied}, headers=me)
    assert saved.json()["address"]["phone"] == "+31205551111"
    assert (await api.patch("/v1/me", json={"phone": copied}, headers=me)).json()["phone"] == "+31205551111"
    for wrong in ({"line1": copied}, {"phone": "+31 20\u202e 555 1111"}):
        answer = await api.post("/v1/me/addresses", json={**typed("NL"), **wrong}, headers=me)
        assert answer.status_code == 422
        assert "control characters" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("zone", "pointer"),
    [
        ({"countries": ["XX"]}, "/countries/0"),
        ({"countries": ["DE", "Germany"]}, "/countries/1"),
        ({"countries": ["US"], "regions": ["New Yrok"]}, "/regions/0"),
        ({"countries": [], "regions": ["Bavaria"]}, "/regions/0"),
    ],
)
async def test_a_shipping_zone_consists_of_places_that_addresses_have(
    api: httpx.AsyncClient, staff: dict[str, str], zone: dict[str, list[str]], pointer: str
) -> None:
    body = {"title": "Post", "price": {"amount": 100, "currency": "EUR"}, **zone}
    answer = await api.post("/v1/shipping-rates", json=body, headers=staff)
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert any(word in answer.json()["detail"] for word in ("example:", "write", "use"))
