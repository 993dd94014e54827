"""Tax rates through the API and the office: with validity period, author and reason."""

import re
from datetime import timedelta

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from tests.builders.goods import sell
from tests.builders.shops import OWNER

NEW_YORK = {"country": "US", "region": "New York", "postcodes": "100*", "rate_ppm": 88_750, "title": "Sales tax"}


async def listed(api: httpx.AsyncClient, staff: dict[str, str], country: str, **query: object) -> list[dict]:
    found = (await api.get("/v1/tax-rates", params=query, headers=staff)).json()["items"]
    return [one for one in found if one["country"] == country]


async def test_a_rate_finer_than_basis_points_is_kept(api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    made = await api.post("/v1/tax-rates", json=NEW_YORK, headers=staff)
    assert made.status_code == 201, made.text
    one = made.json()
    assert (one["rate"], one["rate_ppm"], one["region"], one["category"]) == (888, 88_750, "NY", "S")
    assert (one["id"][:4], one["who"], one["valid_to"]) == ("txr_", "Shop owner", None)
    wrong = await api.post("/v1/tax-rates", json={**NEW_YORK, "rate": 900}, headers=staff)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/rate_ppm")
    assert (await api.post("/v1/tax-rates", json={"country": "US"}, headers=staff)).json()["errors"][0][
        "pointer"
    ] == "/rate"


async def test_an_answer_may_be_changed_and_sent_back(
    api: httpx.AsyncClient, staff: dict[str, str], clock: HandClock
) -> None:
    clock.move(minutes=5)
    (one,) = await listed(api, staff, "DE")
    changed = await api.post("/v1/tax-rates", json={**one, "rate": 1600, "rate_ppm": 160_000}, headers=staff)
    assert changed.status_code == 201, changed.text
    assert changed.json()["id"] != one["id"]
    assert [row["rate"] for row in await listed(api, staff, "DE")] == [1600]


async def test_past_and_future_rates_are_listed_by_day(
    api: httpx.AsyncClient, staff: dict[str, str], clock: HandClock
) -> None:
    clock.move(minutes=5)
    later = clock.now().date() + timedelta(days=30)
    coming = {"country": "DE", "rate": 1600, "valid_from": str(later), "why": "half a year of relief"}
    made = await api.post("/v1/tax-rates", json=coming, headers=staff)
    assert made.status_code == 201, made.text
    assert [one["rate"] for one in await listed(api, staff, "DE")] == [1900]
    assert [one["rate"] for one in await listed(api, staff, "DE", at=str(later))] == [1600]
    assert [one["rate"] for one in await listed(api, staff, "DE", at=clock.now().isoformat())] == [1900]
    rows = await listed(api, staff, "DE", all=True)
    assert [(one["rate"], one["state"], one["why"]) for one in rows if not one["postcodes"] and one["tax_class"] == "standard"] == [
        (1900, "current", "the demo shop"),
        (1600, "coming", "half a year of relief"),
    ]  # fmt: skip
    gone = await api.delete(f"/v1/tax-rates/{made.json()['id']}", params={"why": "not passed"}, headers=staff)
    assert gone.status_code == 204, gone.text
    assert [one["rate"] for one in await listed(api, staff, "DE", at=str(later))] == [1900]
    row = next(one for one in await listed(api, staff, "DE", all=True) if one["id"] == made.json()["id"])
    assert (row["state"], row["ended_by"], row["ended_why"]) == ("ended", "Shop owner", "not passed")
    again = await api.delete(f"/v1/tax-rates/{made.json()['id']}", headers=staff)
    assert again.status_code == 409, again.text
    assert (await api.get("/v1/tax-rates", params={"at": "soon"}, headers=staff)).status_code == 422


@pytest.mark.parametrize("country", ["XX", "ZZ", "Germany", "", "EU"])
async def test_an_unknown_country_is_refused(api: httpx.AsyncClient, staff: dict[str, str], country: str) -> None:
    answer = await api.post("/v1/tax-rates", json={"country": country, "rate": 1900}, headers=staff)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/country")


async def test_places_outside_vat_are_added_by_name(api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    known = (await api.get("/v1/tax-presets", headers=staff)).json()["items"]
    assert {one["name"]: one["added"] for one in known}["mount-athos"] is False
    made = await api.post("/v1/tax-presets", json={"names": ["mount-athos"]}, headers=staff)
    assert [(one["country"], one["postcodes"], one["category"]) for one in made.json()["items"]] == [
        ("GR", "63086", "O")
    ]
    assert (await api.post("/v1/tax-presets", json={"names": ["atlantis"]}, headers=staff)).status_code == 404


async def test_the_office_shows_current_future_and_ended_rates(
    api: httpx.AsyncClient, shop: Shop, clock: HandClock
) -> None:
    page = await api.get("/sign-in")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    form = {"_csrf_token": token[1], "email": OWNER[0], "password": OWNER[1]}
    await api.post("/sign-in", data=form)
    page = await api.get("/office/pricing")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    csrf = {"_csrf_token": token[1]}
    later = (clock.now() + timedelta(days=40)).date()
    taxes = "/office/pricing/taxes"
    typed = {"country": "ch", "rate": "8,875", "title": "MWST", "why": "AHV 21"}
    assert (await api.post(taxes, data=csrf | typed)).status_code == 303
    clock.move(minutes=5)
    typed = {"country": "ch", "rate": "8.9", "title": "MWST", "valid_from": str(later), "why": "next step"}
    assert (await api.post(taxes, data=csrf | typed)).status_code == 303
    typed = {"country": "no", "rate": "25", "valid_to": "2026-12-31"}
    assert (await api.post(taxes, data=csrf | typed)).status_code == 303
    assert "31 December 2026" in (await api.get("/office/pricing")).text
    late = await api.post(taxes, data=csrf | {"country": "no", "rate": "26", "valid_to": "2027-01-31"})
    assert (late.status_code, "Another one applies from 1 January 2027" in late.text) == (422, True)
    ended = await api.post(taxes, data=csrf | {"country": "no", "rate": "26", "valid_to": "2026-02-28"})
    assert (ended.status_code, "It ends after it begins" in ended.text, 'value="2026-02-28"' in ended.text) == (
        422,
        True,
        True,
    )
    typed = {"country": "gr", "rate": "0", "postcodes": "63086", "tax_class": "", "category": "O", "reason": "Athos"}
    assert (await api.post(taxes, data=csrf | typed)).status_code == 303
    shown = (await api.get("/office/pricing")).text
    for words in ("8.875 %", "Coming rates", "8.9 %", "next step", "Not subject to tax: Athos", "adviser"):
        assert words in shown
    assert "Ended rates" not in shown
    coming = next(one for one in await shop.pricing.tax_rate_history() if one.state == "coming")
    assert (await api.post(taxes, data=csrf | {"remove": coming.id})).status_code == 303
    shown = (await api.get("/office/pricing")).text
    assert "Ended rates" in shown
    assert "Never applied" in shown
    assert (await api.post(taxes, data=csrf | {"preset": "mount-athos"})).status_code in {303, 422}


async def test_classes_and_rules_are_created_through_the_api(api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    made = await api.post("/v1/tax-classes", json={"name": "Books", "title": "Bücher"}, headers=staff)
    assert (made.status_code, made.json()) == (201, {"name": "books", "title": "Bücher", "position": 0})
    names = [one["name"] for one in (await api.get("/v1/tax-classes", headers=staff)).json()["items"]]
    assert names == ["books", "standard", "reduced", "zero", "gift_card"]
    rule = {"country": "DE", "rule": "shipping", "value": "class:books", "valid_from": "2030-01-01", "why": "test"}
    made = await api.post("/v1/tax-rules", json=rule, headers=staff)
    assert (made.status_code, made.json()["who"]) == (201, "Shop owner")
    assert (await api.get("/v1/tax-rules", headers=staff)).json()["items"] == []
    (row,) = (await api.get("/v1/tax-rules", params={"all": True}, headers=staff)).json()["items"]
    assert row["state"] == "coming"
    assert (await api.delete(f"/v1/tax-rules/{row['id']}", headers=staff)).status_code == 204
    wrong = await api.post("/v1/tax-rules", json={**rule, "value": "class:cars"}, headers=staff)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/value")


async def test_the_office_creates_classes_and_rules_and_shows_the_tax_class_of_a_product(
    api: httpx.AsyncClient, shop: Shop
) -> None:
    page = await api.get("/sign-in")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    await api.post("/sign-in", data={"_csrf_token": token[1], "email": OWNER[0], "password": OWNER[1]})
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await api.get("/office/pricing")).text)
    assert token is not None
    csrf = {"_csrf_token": token[1]}
    new = {"name": "Books", "title": "Books and maps", "position": "7"}
    assert (await api.post("/office/pricing/tax-classes", data=csrf | new)).status_code == 303
    refused = await api.post("/office/pricing/tax-classes", data=csrf | {"name": "a b"})
    assert (refused.status_code, "letters, digits and dashes" in refused.text) == (422, True)
    rule = {"country": "us", "setting": "shipping=class:books", "why": "adviser, 3 March", "valid_to": "2026-12-31"}
    assert (await api.post("/office/pricing/tax-rules", data=csrf | rule)).status_code == 303
    shown = (await api.get("/office/pricing")).text
    for words in (
        "Books and maps",
        "31 December 2026",
        "Shipping is taxed as goods of: Books and maps",
        "adviser, 3 March",
        "United States",
    ):
        assert words in shown
    (row,) = await shop.pricing.tax_rules()
    assert (await api.post("/office/pricing/tax-rules", data=csrf | {"remove": row.id})).status_code == 303
    assert {one.state for one in await shop.pricing.tax_rules()} == {"ended"}
    atlas = await sell(shop, "Atlas")
    here = f"/office/products/{atlas.id}"
    assert "Books and maps" in (await api.get(here)).text
    assert (await api.post(here, data=csrf | {"tax_class": "books"})).status_code == 303
    assert (await shop.catalog.get(atlas.id)).taxed_as == "books"
    refused = await api.post(here, data=csrf | {"tax_class": "cars"})
    assert (refused.status_code, "A tax class is one of" in refused.text) == (422, True)


@pytest.mark.parametrize(("path", "body"), [
    ("tax-rates", {"country": "CH", "rate": 770}),
    ("tax-rules", {"country": "CH", "rule": "shipping", "value": "main"}),
])  # fmt: skip
async def test_a_day_as_its_end_is_the_last_one_it_applies(
    api: httpx.AsyncClient, staff: dict[str, str], path: str, body: dict[str, object]
) -> None:
    made = await api.post(f"/v1/{path}", json={**body, "valid_to": "2026-12-31"}, headers=staff)
    assert made.status_code == 201, made.text
    assert made.json()["valid_to"] == "2026-12-31T23:00:00Z"  # Berlin
    sent = {**made.json(), "why": "sent back"}
    assert (await api.post(f"/v1/{path}", json=sent, headers=staff)).status_code == 201
    for moment in ("2026-12-31T00:00", "2026-12-30T23:00:00Z"):
        other = await api.post(f"/v1/{path}", json={**body, "country": "NO", "valid_to": moment}, headers=staff)
        assert (other.status_code, other.json()["valid_to"]) == (201, "2026-12-30T23:00:00Z")
    for far in ("9999-12-31", "0001-01-01"):
        answer = await api.post(f"/v1/{path}", json={**body, "valid_to": far}, headers=staff)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/valid_to"), answer.text
