"""In the pseudo-locale every text for shoppers is in brackets, unless it is data of the shop."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from lxml import html

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.translation import PSEUDO
from shopwright.web.application import build
from tests.builders.goods import sell
from tests.builders.shops import QUICK, make_settings

PAGES = (
    "/", "/search?q=Kettle", "/search?q=Kettlesomething", "/c/kitchen", "/p/harbour-kettle", "/cart", "/checkout",
    "/sign-in", "/forgot", "/track", "/gift-card", "/status", "/recently-viewed", "/nowhere",
)  # fmt: skip
WORD = re.compile(r"[a-z]{3}")
# What the shop's own data says, and its name.
DATA = ("Northlight", "Kitchen", "Harbour", "Kettle", "Steel", "Sage", "Colour", "example", "Germany")


@pytest.fixture
async def pseudo_api(data: tuple[Path, str], clock: HandClock) -> AsyncIterator[httpx.AsyncClient]:
    """A shop in the pseudo-locale with a product."""
    shop = Shop(make_settings(*data, language=PSEUDO), clock=clock, hasher=QUICK)
    async with shop.running(deliver=False):
        await sell(shop)
        await shop.bus.settle()
        transport = httpx.ASGITransport(app=build(shop, deliver=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test", follow_redirects=True) as client:
            yield client


def untranslated(page: str) -> list[str]:
    """The words of a page that are neither in brackets nor data."""
    document = html.document_fromstring(page)
    for hidden in document.xpath("//script | //style | //svg | //code | //option[@value]"):
        hidden.drop_tree()
    texts = [*document.xpath("//text()"), *document.xpath("//@aria-label | //@placeholder | //@alt")]
    found = {" ".join(re.sub(r"\[.*?·*\]", "", " ".join(text.split())).split()) for text in texts}
    return sorted(text for text in found if WORD.search(text) and not any(name in text for name in DATA))


async def test_every_text_of_the_storefront_is_in_the_catalogue(pseudo_api: httpx.AsyncClient) -> None:
    found = {path: untranslated((await pseudo_api.get(path)).text) for path in PAGES}
    assert {path: words for path, words in found.items() if words} == {}


def test_text_outside_the_catalogue_is_found() -> None:
    assert untranslated("<p>[Çàrt·] and <b title='x'>plain words</b></p>") == ["and", "plain words"]


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
