"""Invalid input to the books and tax settings is refused with a sentence, and changes nothing."""

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.money import LARGEST, Money
from shopwright.kit.postcode_patterns import check_patterns
from shopwright.services.books.contract import Payout
from shopwright.services.pricing.contract import Seller
from shopwright.services.pricing.presets import TERRITORIES
from shopwright.services.pricing.seller_http import SellerInput
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.sellers import NORTHLIGHT, SELLER

MONTHS = "from=2026-03&to=2026-03"


def by_hand(amount: int = 100, **more: object) -> dict[str, object]:
    lines = [("bank", amount), ("fees", -amount)]
    postings = [{"account": name, "amount": {"amount": each, "currency": "EUR"}} for name, each in lines]
    return {"text": "why", "lines": postings, **more}


async def refused(api: httpx.AsyncClient, staff: dict[str, str], method: str, path: str, body: object = None) -> str:
    answer = await api.request(method, path, json=body, headers=staff)
    assert answer.status_code == 422, (path, answer.status_code, answer.text)
    return str(answer.json()["errors"][0]["pointer"])


async def test_a_seller_has_the_contact_and_phone_that_xrechnung_requires(
    api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    seller = {**SELLER, "contact": "Eva Lind", "phone": "+49 40 123456"}
    made = await api.post("/v1/seller", json=seller, headers=staff)
    assert made.status_code == 201, made.text
    assert (made.json()["contact"], made.json()["phone"]) == ("Eva Lind", "+4940123456")


def test_each_field_of_a_seller_can_be_sent() -> None:
    assert set(SellerInput.__struct_fields__) == set(Seller.__struct_fields__)


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/v1/seller?at=0001-01-01", "/at"),
        ("/v1/search?price_min=999999999999999999999", "/price_min"),
        ("/v1/search?price_max=999999999999999999999", "/price_max"),
        (f"/v1/tax-statement?{MONTHS}&country=Germany", "/country"),
        (f"/v1/tax-statement?{MONTHS}&country=XX", "/country"),
        ("/v1/exchange-rates?currency=QQQ", "/currency"),
        ("/v1/ledger?from=2026-03-02&to=2026-03-01", "/to"),
    ],
)
async def test_an_empty_query_is_refused(
    api: httpx.AsyncClient, staff: dict[str, str], path: str, pointer: str
) -> None:
    assert await refused(api, staff, "GET", path) == pointer


async def test_a_time_before_the_first_year_is_refused_everywhere(
    api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    first = "0001-01-01T00:00:00+14:00"
    sale = {"title": "Sale", "kind": "percentage", "value": 10, "starts_at": first}
    assert await refused(api, staff, "POST", "/v1/promotions", sale) == "/starts_at"
    rate = {"country": "DE", "rate": 1900, "valid_from": "0001-01-01"}
    assert await refused(api, staff, "POST", "/v1/tax-rates", rate) == "/valid_from"


async def test_a_manual_entry_needs_a_real_day_amount_and_provider(
    api: httpx.AsyncClient, staff: dict[str, str], shop: Shop
) -> None:
    """A mistyped year would open all months since; unbounded amounts overflow."""
    for body, pointer in (
        (by_hand(day="0202-03-01"), "/day"),
        (by_hand(LARGEST + 1), "/"),
    ):
        assert await refused(api, staff, "POST", "/v1/ledger", body) == pointer
    money = {"amount": 100, "currency": "EUR"}
    for body, pointer in (
        ({"provider": "nope", "amount": money}, "/provider"),
        ({"provider": "pretend", "amount": {"amount": LARGEST + 1, "currency": "EUR"}}, "/"),
        ({"provider": "pretend", "amount": money, "day": "0202-03-01"}, "/day"),
    ):
        assert await refused(api, staff, "POST", "/v1/payouts", body) == pointer
    lines = [
        {"account": "clearing", "amount": {"amount": 100, "currency": "EUR"}, "provider": "pretent"},
        {"account": "bank", "amount": {"amount": -100, "currency": "EUR"}},
    ]
    assert await refused(api, staff, "POST", "/v1/ledger", {"text": "x", "lines": lines}) == "/lines/0/provider"
    assert await shop.books.ledger() == []
    await shop.books.add_payout(Payout(provider="pretend", amount=Money(5000, "EUR")), SYSTEM)


async def test_a_corrected_invoice_needs_a_reason(api: httpx.AsyncClient, staff: dict[str, str], shop: Shop) -> None:
    await shop.pricing.set_seller(NORTHLIGHT, "test")
    order = await place(shop, await sell(shop))
    await shop.bus.settle()
    [invoice] = await shop.books.documents(order_id=order.id)
    buyer = {"name": "Ada King", "line1": "Hauptstr. 2", "city": "Berlin", "postal_code": "10115", "country": "DE"}
    path = f"/v1/documents/{invoice.id}/corrections"
    assert await refused(api, staff, "POST", path, {"buyer": buyer, "reason": " "}) == "/reason"


async def test_a_file_declares_one_encoding(api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    for form, encoding in (("csv", "utf-8"), ("datev", "windows-1252"), ("fec", "utf-8")):
        answer = await api.get(f"/v1/ledger-export?{MONTHS}&form={form}", headers=staff)
        assert answer.headers["content-type"].partition("; ")[2] == f"charset={encoding}"


async def test_a_postcode_prefix_is_one_of_the_country(api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    rate = {"country": "DE", "rate": 0, "category": "O", "reason": "outside"}
    for wrong in ("274981*", "XX*", "*"):
        assert await refused(api, staff, "POST", "/v1/tax-rates", {**rate, "postcodes": wrong}) == "/postcodes"


def test_used_postcode_prefixes_are_accepted() -> None:
    used = {
        "GB": "BT* W1A* JE",
        "CA": "H* H2X* K1A0",
        "ES": "35* 38* 51*",
        "NL": "10* 1012*",
        "IE": "D6W*",
        "JP": "90*",
    }
    used |= {"US": "00* 995*", "BR": "69*", "PT": "90* 9000*", "PL": "00*", "SE": "1* 11*", "AE": "1*", "IN": "79*"}
    for country, patterns in used.items():
        for one in patterns.split():
            check_patterns(country, one if one.endswith("*") else f"{one}*", "/postcodes")
    for _name, _title, country, patterns in TERRITORIES:
        check_patterns(country, patterns, "/postcodes")
