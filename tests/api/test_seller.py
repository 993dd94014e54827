"""Sellers, tax ids of businesses and exchange rates through the API, the office and the checkout."""

import re
from datetime import timedelta

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from tests.builders.goods import sell
from tests.builders.messages import email_text
from tests.builders.pages import ADDRESS, Browser, Forms
from tests.builders.sellers import SELLER
from tests.builders.shops import OWNER

FORM = {
    "legal_name": "Northlight Handels GmbH",
    "register": "HRB 1234, Amtsgericht Köln",
    "address.line1": "Torstraße 140",
    "address.postal_code": "10119",
    "address.city": "Berlin",
    "address.country": "DE",
    "tax_ids.0.country": "DE",
    "tax_ids.0.id": "DE136695976",
    "tax_ids.2.country": "AT",
    "tax_ids.2.id": "ATU13585627",
    "filing_currency": "EUR",
    "oss": "on",
    "bank": "DE89 3704 0044 0532 0130 00",
    "why": "first",
}


async def test_a_seller_is_set_and_read_by_day(api: httpx.AsyncClient, staff: dict[str, str], clock: HandClock) -> None:
    unset = await api.get("/v1/seller", headers=staff)
    assert (unset.status_code, "POST /v1/seller" in unset.json()["detail"]) == (404, True)
    made = await api.post("/v1/seller", json=SELLER, headers=staff)
    assert made.status_code == 201, made.text
    one = made.json()
    assert (one["id"][:4], one["who"], one["tax_ids"]) == (
        "sel_",
        "Shop owner",
        [{"country": "DE", "id": "DE136695976"}],
    )
    clock.move(minutes=5)
    day = str(clock.now().date() + timedelta(days=30))
    later = await api.post("/v1/seller", json={**one, "legal_name": "Northlight SE", "valid_from": day}, headers=staff)
    assert later.status_code == 201, later.text
    assert (await api.get("/v1/seller", headers=staff)).json()["legal_name"] == "Northlight Handels GmbH"
    assert (await api.get("/v1/seller", params={"at": day}, headers=staff)).json()["legal_name"] == "Northlight SE"
    assert len((await api.get("/v1/sellers", headers=staff)).json()["items"]) == 2
    wrong = await api.post("/v1/seller", json={**SELLER, "valid_from": "2020-01-01"}, headers=staff)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/valid_from")
    wrong = await api.post("/v1/seller", json={**SELLER, "tax_ids": [{"country": "DE", "id": "DE1"}]}, headers=staff)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/tax_ids/0/id")
    for address in ("/v1/seller", "/v1/sellers", "/v1/exchange-rates"):
        assert (await api.get(address)).status_code == 401


async def test_an_exchange_rate_is_added_and_listed(
    api: httpx.AsyncClient, staff: dict[str, str], clock: HandClock
) -> None:
    today = str(clock.now().date())
    rate = {"from": "JPY", "to": "EUR", "rate": "0.0061", "day": today, "source": "ECB"}
    made = await api.post("/v1/exchange-rates", json=rate, headers=staff)
    assert (made.status_code, made.json()) == (201, {**rate, "who": "Shop owner"})
    listed = (await api.get("/v1/exchange-rates", params={"currency": "jpy"}, headers=staff)).json()["items"]
    assert [one["rate"] for one in listed] == ["0.0061"]
    assert (await api.get("/v1/exchange-rates", params={"currency": "USD"}, headers=staff)).json()["items"] == []
    wrong = await api.post("/v1/exchange-rates", json={**rate, "rate": "0,0061"}, headers=staff)
    assert wrong.status_code == 422


@pytest.fixture
async def office(shop: Shop, api: httpx.AsyncClient) -> Browser:
    """The owner's browser."""
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    return Browser(api)


async def test_the_office_saves_the_seller_and_keeps_the_typed_values(office: Browser, shop: Shop) -> None:
    assert "The seller is not set up yet" in await office.go("/office/seller")
    page = await office.send("/office/seller", **FORM | {"tax_ids.2.id": "ATU13585626"})
    assert office.page.status_code == 422
    assert "“ATU13585626” is not a valid tax id of Austria" in page
    assert 'value="Northlight Handels GmbH"' in page
    assert re.search(r'name="tax_ids\.2\.id" value="ATU13585626"[^>]*aria-invalid="true"', page)
    page = await office.send("/office/seller", **FORM)
    assert "Saved." in page
    assert "ATU13585627" in page
    seller = await shop.pricing.seller()
    assert seller is not None
    assert (seller.address.name, seller.oss, seller.bank) == ("Northlight Handels GmbH", True, "DE89370400440532013000")
    assert [one.id for one in seller.tax_ids] == ["DE136695976", "ATU13585627"]


async def test_the_second_editor_of_a_seller_sees_the_other_changes(office: Browser, shop: Shop) -> None:
    await office.go("/office/seller")
    await office.send("/office/seller", **FORM)
    stale, again = office.page, FORM | {"tax_ids.1.country": "AT", "tax_ids.2.id": ""}
    await office.send("/office/seller", **again | {"legal_name": "Northlight SE"})
    office.page = stale
    page = await office.send("/office/seller", **again | {"legal_name": "Southlight AG"})
    assert office.page.status_code == 409
    assert "Someone else saved this" in page
    assert len(await shop.pricing.sellers()) == 2


async def test_the_office_adds_an_exchange_rate(office: Browser, clock: HandClock) -> None:
    await office.go("/office/seller")
    rate = {"from": "JPY", "to": "EUR", "rate": "0.0061", "day": str(clock.now().date()), "source": "ECB"}
    assert "example: 0.0061" in await office.send("/office/exchange-rates", **rate | {"rate": "cheap"})
    assert "0.0061 EUR" in await office.send("/office/exchange-rates", **rate)


HISTORY = b"Date,USD,JPY,GBP,\n2026-02-27,1.05,163.11,0.85,\n2026-02-26,1.04,162.5,N/A,\n"
DAY = b"Date, USD, JPY, GBP, \n27 February 2026, 1.05, 163.11, 0.85, \n"


@pytest.mark.parametrize(("file", "days"), [(HISTORY, 2), (DAY, 1)])
async def test_the_office_imports_a_file_of_the_european_central_bank(
    office: Browser, shop: Shop, file: bytes, days: int
) -> None:
    await office.go("/office/seller")
    await office.send("/office/seller", **FORM | {"filing_currency": "JPY"})
    forms = Forms()
    forms.feed(office.page.text)
    token = {"_csrf_token": forms.forms["/office/exchange-rates/file"]["_csrf_token"]}
    for data, status in (
        (b"\xff\xfe", 422),
        (b"a,b\n", 422),
        (b"Date,USD\n2026-02-27,1\n", 422),
        (b"Date,JPY\nx,1\n", 422),
        (file, 303),
    ):
        answer = await office.client.post("/office/exchange-rates/file", data=token, files={"file": ("x.csv", data)})
        assert answer.status_code == status, answer.text
    found = await shop.pricing.exchange_rates()
    assert [(one.from_, one.to, one.rate) for one in found][:1] == [("EUR", "JPY", "163.11")]
    assert len(found) == days


async def test_a_company_buys_at_the_checkout(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str], readable_messages: None
) -> None:
    """The seller is a small business, so the page and the e-mail state the reason."""
    small = {**SELLER, "tax_ids": [], "small_business": "No VAT is charged, § 19 UStG"}
    await api.post("/v1/seller", json=small, headers=staff)
    browser = Browser(api)
    kettle = await sell(shop)
    await browser.go(f"/p/{kettle.slug}")
    await browser.send("/cart/lines", quantity="1")
    page = await browser.go("/checkout")
    assert "I buy for a company" in page
    page = await browser.send("/checkout", **ADDRESS, company="Analytical Engines", tax_id="DE136695977")
    assert browser.page.status_code == 422
    assert re.search(r'<details class="company" open>.*value="DE136695977"[^>]*aria-invalid="true"', page, re.DOTALL)
    page = await browser.send("/checkout", **ADDRESS, company="Analytical Engines", tax_id="de 136 695 976")
    assert "Tax id DE136695976" in page
    page = await browser.go("/checkout")
    assert 'value="DE136695976"' in page
    assert page.count('name="company"') == 1
    await browser.send("/checkout", **ADDRESS, company="Analytical Engines")
    await browser.send("/checkout/delivery")
    page = await browser.send("/checkout/payment", method="pretend_ok")
    assert "Thank you, Ada" in page
    assert "No VAT is charged, § 19 UStG" in page
    number = re.search(r"order <strong>(\d+)", page)[1]
    text = await email_text(shop, f"We have your order {number}")
    assert "No tax is charged: No VAT is charged, § 19 UStG." in text
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    page = await browser.go(f"/office/orders/{number}")
    assert "Small business, without tax" in page
    assert "business, DE136695976" in page
    assert "Northlight Handels GmbH" in page


@pytest.mark.parametrize(
    ("tax_id", "country", "expected"),
    [
        ("ATU13585626", "AT", "is not a valid tax id of Austria"),
        ("980780685", "GB", "is not a valid tax id of United Kingdom"),
        ("12", "US", "is not a valid tax id of United States"),
        ("", "AT", ""),
        ("u13585627", "AT", ""),
    ],
)
async def test_an_invalid_tax_id_is_reported_as_its_field_is_left(
    api: httpx.AsyncClient, tax_id: str, country: str, expected: str
) -> None:
    forms = Forms()
    forms.feed(await Browser(api).go("/sign-in"))
    token = {"_csrf_token": forms.forms["/sign-in"]["_csrf_token"]}
    typed = {**token, **ADDRESS, "country": country, "tax_id": tax_id}
    found = (await api.post("/addresses/check", data=typed)).json()
    assert expected in found.get("tax_id", "")
    assert ("tax_id" in found) == bool(expected)
