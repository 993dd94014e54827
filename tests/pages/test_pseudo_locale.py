"""In the pseudo-locale every text for shoppers is in brackets, unless it is data of the shop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.translation import PSEUDO
from shopwright.web.application import build
from tests.builders.customers import ADA, WORDS
from tests.builders.pages import ADDRESS, Browser
from tests.builders.pseudo_locale import answers, pseudo_shop, texts_of, untranslated, walk
from tests.builders.shops import QUICK, make_settings

PAGES = (
    "/search?q=XYZ", "/search?q=Kettle&sort=newest", "/checkout", "/checkout/delivery", "/checkout/payment",
    "/sign-in", "/forgot-password", "/new-password?token=x", "/confirm-email?token=x", "/track", "/gift-card", "/status",
    "/recently-viewed", "/nowhere", "/p/nowhere", "/account/orders/nothing", "/office", "/orders/ord_1", "/queue",
    "/unsubscribe", "/confirm-alert?token=x", "/wishlist", "/account/privacy", "/account/addresses", "/account/security",
)  # fmt: skip
# Forms that end the session or the account, and the search, which is sent as a link.
ENDING = ("/sign-out", "/account/erase")


@asynccontextmanager
async def visitor(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


async def fill_cart(client: httpx.AsyncClient) -> None:
    """Put the product into the cart of a browser."""
    browser = Browser(client)
    await browser.go("/p/harbour-kettle")
    await browser.send("/cart/lines", quantity="2")


async def buy(client: httpx.AsyncClient) -> dict[str, str]:
    """The pages of a checkout: a declined card, then one that works."""
    browser, shown = Browser(client), {}
    await fill_cart(client)
    await browser.go("/checkout")
    shown["delivery"] = await browser.send("/checkout", **ADDRESS)
    shown["payment"] = await browser.send("/checkout/delivery")
    shown["declined"] = await browser.send("/checkout/payment", method="pretend_declined")
    shown["paid"] = await browser.send("/checkout/payment", method="pretend_ok")
    return shown


async def waiting(shop: Shop) -> str:
    """The page that a shopper sees in the waiting room."""
    await shop.carts.open_waiting_room(1)
    async with visitor(shop) as first, visitor(shop) as second:
        await fill_cart(first)
        await fill_cart(second)
        return (await second.get("/queue")).text


@pytest.mark.slow
async def test_every_text_of_the_storefront_is_in_the_catalogue(data: tuple[Path, str], clock: HandClock) -> None:
    shown: dict[str, str] = {}
    async with pseudo_shop(data, clock) as shop:
        for name in ("stranger", "customer"):
            async with visitor(shop) as client:

                async def sign_in(client: httpx.AsyncClient = client, name: str = name) -> None:
                    if name == "customer":
                        client.cookies.set("session", await shop.users.open_session(ADA, WORDS))

                await sign_in()
                shown |= {f"{name}, {step}": page for step, page in (await buy(client)).items()}
                await fill_cart(client)
                pages = await walk(client, "/", *PAGES, without=("/office/", "/docs"))
                answered = await answers(client, pages, sign_in, without=ENDING)
                shown |= {f"{name} at {address}": page for address, page in {**pages, **answered}.items()}
        shown["waiting"] = await waiting(shop)
    assert sum(address.endswith(": 422") for address in shown) > 20
    found = {name: words for name, page in shown.items() if (words := untranslated(page))}
    assert found == {}


def test_texts_outside_the_catalogue_are_found() -> None:
    assert untranslated("<p>[Çàrt·] and <b title='x'>plain texts</b></p>") == ["and", "plain texts"]


@pytest.mark.slow
async def test_every_message_is_in_the_catalogue(data: tuple[Path, str], clock: HandClock) -> None:
    async with pseudo_shop(data, clock) as shop:
        found = {name: words for name, text in (await texts_of(shop)).items() if (words := untranslated(text))}
    assert found == {}


async def test_messages_are_written_in_the_language_of_the_shop_by_its_own_process(
    data: tuple[Path, str], clock: HandClock
) -> None:
    shop = Shop(make_settings(*data, language=PSEUDO), clock=clock, hasher=QUICK)
    async with shop.running():
        await shop.users.register("ada@example.com", "harbour at seven", "Ada")
        async with asyncio.timeout(20):
            while not (messages := await shop.notifications.messages(text="ada@example.com")):
                await asyncio.sleep(0.05)
    assert messages[0].subject.startswith("[")
