"""The checkout refuses nobody wrongly: codes, errors, problems of the cart, ways to ship; by request, without JavaScript."""

import re
from datetime import timedelta

import httpx
import pytest

from shopwright.app import Shop
from shopwright.services.pricing.contract import Coupon
from tests.conftest import sell
from tests.pages.test_pages import Browser, to_payment


@pytest.fixture
def browser(api: httpx.AsyncClient) -> Browser:
    return Browser(api)


async def ten_per_cent(shop: Shop, **more) -> None:
    await shop.pricing.put_coupon(Coupon(code="TEN", kind="percentage", value=1000, **more))


async def test_a_code_that_does_not_hold_is_said_and_not_kept(browser: Browser, shop: Shop) -> None:
    await to_payment(browser, shop)
    await ten_per_cent(shop)
    await browser.go("/cart")
    assert "Code TEN" in await browser.send("/cart/coupons", code=" ten ")
    page = await browser.send("/cart/coupons", code="TYPO")
    assert "TYPO: There is no such code." in page
    assert 'value="TYPO"' in page
    page = await browser.go("/cart")
    assert "TYPO" not in page
    assert "Code TEN" in page
    await browser.go("/checkout/payment")
    assert "Thank you, Ada" in await browser.send("/checkout/payment", card="pretend_ok")


async def test_a_program_hears_why_a_code_does_not_hold_and_the_cart_stays_without_it(
    api: httpx.AsyncClient, shop: Shop
) -> None:
    kettle = await sell(shop)
    await ten_per_cent(shop)
    cart = (await api.post("/v1/carts")).json()["id"]
    await api.post(f"/v1/carts/{cart}/lines", json={"variant_id": kettle.variants[0].id, "quantity": 1})
    answer = (await api.put(f"/v1/carts/{cart}/coupons", json={"codes": ["TEN", "NONE"]})).json()
    told = {"code": "coupon_refused", "detail": "NONE: There is no such code.", "coupon": "NONE"}
    assert (answer["coupons"], answer["problems"]) == (["TEN"], [told])
    later = (await api.get(f"/v1/carts/{cart}")).json()
    assert (later["coupons"], later["problems"]) == (["TEN"], [])


@pytest.mark.parametrize("step", ["/cart", "/checkout", "/checkout/delivery", "/checkout/payment"])
async def test_a_code_that_holds_no_longer_is_taken_off_and_said_at_the_step_one_is_at(
    browser: Browser, shop: Shop, step: str
) -> None:
    await ten_per_cent(shop, ends_at=shop.clock.now() + timedelta(hours=1))
    await to_payment(browser, shop)
    await browser.go("/cart")
    await browser.send("/cart/coupons", code="TEN")
    assert "€115.20" in await browser.go(step)
    shop.clock.move(hours=2)
    page = await browser.go(step)
    assert "TEN: This code was valid until" in page
    assert "It was taken off: the total is €128.00 now." in page
    assert "TEN" not in await browser.go(step)
    await browser.go("/checkout/payment")
    assert "Thank you, Ada" in await browser.send("/checkout/payment", card="pretend_ok")


async def test_a_code_that_ends_while_one_pays_does_not_change_the_total_without_a_word(
    browser: Browser, shop: Shop
) -> None:
    await ten_per_cent(shop, ends_at=shop.clock.now() + timedelta(hours=1))
    await to_payment(browser, shop)
    await browser.go("/cart")
    await browser.send("/cart/coupons", code="TEN")
    assert "Pay €115.20" in await browser.go("/checkout/payment")
    shop.clock.move(hours=2)
    page = await browser.send("/checkout/payment", card="pretend_ok")
    assert (browser.page.status_code, "Pay €128.00" in page) == (409, True)
    assert "TEN: This code was valid until" in page
    assert re.search(r"The total has changed since you saw it", page)
    assert "Thank you, Ada" in await browser.send("/checkout/payment", card="pretend_ok")
