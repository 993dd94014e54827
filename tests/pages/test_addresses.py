"""Address forms of the checkout and the address book: choices of regions, and corrections of stored addresses."""

import re

import pytest

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from tests.builders.goods import sell
from tests.builders.pages import ADDRESS, Browser, Forms
from tests.builders.shops import OWNER

FORMS = ("/checkout", "/account/addresses/new")


async def at_form(browser: Browser, shop: Shop, path: str, country: str) -> str:
    """The page with the form of `path`, for a country."""
    await browser.go(f"/p/{(await sell(shop)).slug}")
    await browser.send("/cart/lines")
    if path.startswith("/account"):
        await sign_in(browser, shop)
    return await browser.go(f"{path}?country={country}")


async def sign_in(browser: Browser, shop: Shop) -> str:
    user = await shop.users.register("ada@example.com", "harbour at seven", "Ada")
    await browser.go("/sign-in")
    await browser.send("/sign-in", email="ada@example.com", password="harbour at seven")
    return user.id


def choices(page: str) -> list[tuple[str, str]]:
    found = re.search(r'<select id="f-region".*?</select>', page, re.DOTALL)
    return re.findall(r'<option value="([^"]+)"[^>]*>([^<]+)<', found[0]) if found else []


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    ("country", "some", "region", "code"),
    [
        ("JP", ("東京都", "Tokyo"), True, True), ("IE", ("Co. Dublin", "Co. Dublin"), False, False),
        ("HK", ("Kowloon", "Kowloon"), True, None), ("AE", ("إمارة دبيّ", "Dubai"), True, None),
        ("US", ("NY", "New York"), True, True), ("CA", ("QC", "Quebec"), True, True),
    ],
)  # fmt: skip
async def test_regions_are_a_choice_in_the_language_of_the_page_and_optional_where_they_are(
    browser: Browser, shop: Shop, path: str, country: str, some: tuple[str, str], region: bool, code: bool | None
) -> None:
    page = await at_form(browser, shop, path, country)
    found = choices(page)
    assert some in found
    assert [one for one, _ in found].count(some[0]) == 1
    label = re.search(r'<label for="f-region">.*?</label>', page)[0]
    assert ("(optional)" in label) is not region
    assert bool(re.search(r'<select id="f-region"[^>]* required', page)) is region
    field = re.search(r'<input id="f-postal_code"[^>]*>', page)
    assert (None if field is None else " required" in field[0]) is code


@pytest.mark.parametrize("path", FORMS)
async def test_an_address_typed_without_script_is_stored_and_shown_normalised(
    browser: Browser, shop: Shop, path: str
) -> None:
    await at_form(browser, shop, path, "JP")
    typed = {"line1": "神南１－２", "region": "Tokyo", "postal_code": "1500001", "country": "JP", "name": "Ａｄａ"}
    more = {} if path.startswith("/account") else {"email": "ada@example.com"}
    page = await browser.send(path, **typed, **more)
    assert browser.path in {"/account/addresses", "/checkout/delivery"}, page
    lines = ("Ada", "神南1-2, Tokyo", "150-0001")
    assert ("<br>" if "account" in path else ", ").join(lines) in page


async def test_an_impossible_code_is_refused_beside_its_field_with_script_and_without(
    browser: Browser, shop: Shop
) -> None:
    await at_form(browser, shop, "/checkout", "NL")
    typed = {**ADDRESS, "country": "NL", "postal_code": "1012 A8"}
    page = await browser.send("/checkout", **typed)
    assert browser.page.status_code == 422
    assert re.search(r'id="e-f-postal_code">[^<]*1234 AB', page)
    assert 'value="1012 A8"' in page
    forms = Forms()
    forms.feed(page)
    typed = {**forms.forms["/checkout"], **typed}
    answer = await browser.client.post("/addresses/check", data=typed)
    assert list(answer.json()) == ["postal_code"]
    answer = await browser.client.post("/addresses/check", data={**typed, "postal_code": "nl 1012ab"})
    assert answer.json() == {}


async def test_a_region_typed_or_kept_in_another_form_is_the_one_chosen(browser: Browser, shop: Shop) -> None:
    await at_form(browser, shop, "/checkout", "JP")
    typed = {**ADDRESS, "country": "JP", "region": "Tōkyō", "postal_code": "wrong"}
    page = await browser.send("/checkout", **typed)
    assert re.search(r'<option value="東京都" selected>Tokyo<', page)
    page = await browser.send("/checkout", **{**typed, "region": "Atlantis"})
    assert "“Atlantis”; example" in page


@pytest.mark.parametrize("path", FORMS)
async def test_a_region_of_one_country_is_not_kept_for_the_next(browser: Browser, shop: Shop, path: str) -> None:
    await at_form(browser, shop, path, "US")
    page = await browser.send(path, country="US", region="CA", change_country="1")
    assert re.search(r'<option value="CA" selected>California<', page)
    page = await browser.send(path, country="IT", region="CA", change_country="1")
    assert '<option value="CA">Cagliari<' in page
    page = await browser.send(path, country="IT", region="MI", line1="", change_country="1")
    assert '<option value="MI" selected>Milano<' in page


async def test_an_invalid_stored_address_is_shown_for_correction(browser: Browser, shop: Shop) -> None:
    await sell(shop)
    user_id = await sign_in(browser, shop)
    odd = Address(name="Ada", line1="Torstraße 1", city="Berlin", postal_code="1", country="DE", company="ACME")
    saved = await shop.users.save_address(user_id, odd, as_written=True)
    assert saved.address == odd
    assert "The postal code is not valid" in await browser.go("/account/addresses")
    page = await browser.go(f"/account/addresses/{saved.id}")
    assert re.search(r'id="f-postal_code"[^>]* value="1"[^>]* aria-invalid="true"', page)
    await browser.go("/p/harbour-kettle")
    await browser.send("/cart/lines")
    page = await browser.go("/checkout")
    assert re.search(r'id="f-postal_code"[^>]* value="1"[^>]* aria-invalid="true"', page)
    page = await browser.send("/checkout", country="DE")
    assert (browser.page.status_code, 'value="1"' in page) == (422, True)
    page = await browser.send("/checkout", country="DE", postal_code="D-10119")
    assert browser.path == "/checkout/delivery"
    assert "ACME" in page
    assert "10119 Berlin" in page


async def test_a_tax_rate_of_the_office_applies_to_the_region_however_it_is_typed(browser: Browser, shop: Shop) -> None:
    await browser.go("/sign-in")
    await browser.send("/sign-in", email=OWNER[0], password=OWNER[1])
    await browser.go("/office/pricing")
    page = await browser.send("/office/pricing/taxes", country="jp", region="tokyo", rate="10", title="Tax")
    assert "<td>Tokyo</td>" in page
    assert any((one.country, one.region) == ("JP", "東京都") for one in await shop.pricing.tax_rates())
