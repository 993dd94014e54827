"""Connecting a payment provider in the back office, and paying with it in the checkout."""

import html
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.money import Money
from shopwright.web.application import build
from tests.builders.health import healthy
from tests.builders.pages import Browser, to_payment
from tests.builders.shops import OWNER, Post, running_shop
from tests.builders.stripe_double import KEYS, StripeDouble

PAGE = "/office/payments"


@pytest.fixture
async def shop(
    data: tuple[Path, str], clock: HandClock, post: Post, stripe_double: StripeDouble
) -> AsyncIterator[Shop]:
    """A shop that names Stripe and has no keys yet."""
    async with running_shop(data, clock, post, payments=f"stripe://?api={stripe_double.url}") as made:
        yield made


@pytest.fixture
async def api(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


@pytest.fixture
async def office(shop: Shop, api: httpx.AsyncClient) -> Browser:
    """The owner's browser on the page."""
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    found = Browser(api)
    await found.go(PAGE)
    return found


async def test_an_owner_connects_stripe_tests_the_keys_and_disconnects(
    office: Browser, shop: Shop, stripe_double: StripeDouble
) -> None:
    assert "Not connected" in await office.go(PAGE)
    page = await office.send(f"{PAGE}/stripe", **{f"key.{name}": value for name, value in KEYS.items()})
    assert "The keys of Stripe are stored." in page
    assert not any(KEYS[name] in page for name in ("secret_key", "webhook_secret"))
    assert "•••• 2345" in page
    assert "no real money moves" in await office.send(f"{PAGE}/stripe/examine")
    stripe_double.refuse(401, times=2)
    assert "does not answer as it should" in await office.send(f"{PAGE}/stripe/examine")
    assert (await shop.payments.setup()).providers == ("stripe",)
    await office.send(f"{PAGE}/stripe/disconnect", sure="yes")
    assert (await shop.payments.setup()).providers == ()


async def test_a_wrong_key_is_refused_beside_its_field_and_not_repeated(office: Browser) -> None:
    page = await office.send(f"{PAGE}/stripe", **{"key.secret_key": "pk_test_swapped", "key.publishable_key": ""})
    assert "This key begins with sk_ or rk_." in page
    assert "This key is needed." in page
    assert "pk_test_swapped" not in page


async def test_a_shopper_pays_on_the_page_of_stripe_and_returns(
    shop: Shop, api: httpx.AsyncClient, stripe_double: StripeDouble
) -> None:
    await shop.payments.connect("stripe", KEYS, "usr_owner")
    browser = Browser(api)
    await to_payment(browser, shop)
    assert "Card, wallet or bank" in browser.page.text
    assert "pretend" not in browser.page.text
    policy = browser.page.headers["content-security-policy"]
    assert "form-action 'self' https://checkout.stripe.com;" in policy
    sent = await browser.press("/checkout/payment", method="stripe")
    assert sent.headers["location"].startswith("https://checkout.stripe.com/")
    [row] = await shop.databases["payments"].fetch("SELECT reference, return_url FROM payments")
    stripe_double.pay_session(row["reference"])
    assert "Thank you, Ada" in await browser.go(row["return_url"].removeprefix("http://shop.test"))
    await shop.bus.settle()
    await healthy(shop)


async def test_a_challenge_runs_the_script_of_stripe_on_a_page_that_allows_it(
    shop: Shop, api: httpx.AsyncClient, stripe_double: StripeDouble
) -> None:
    await shop.payments.connect("stripe", KEYS, "usr_owner")
    opened = await shop.payments.open(
        key="k", order_id="ord_1", amount=Money(6890, "EUR"), provider="stripe", token=stripe_double.token("3ds"),
        return_url="http://shop.test/back",
    )  # fmt: skip
    page = await api.get(f"/payments/{opened.id}/confirm")
    assert page.status_code == 200
    assert f"script-src 'self' {stripe_double.url};" in page.headers["content-security-policy"]
    assert 'data-return="http://shop.test/back"' in html.unescape(page.text)
    [row] = await shop.databases["payments"].fetch("SELECT reference FROM payments")
    stripe_double.authenticate(row["reference"], success=True)
    after = await api.get(f"/payments/{opened.id}/confirm")
    assert (after.status_code, after.headers["location"]) == (303, "http://shop.test/back")
