"""Texts a third longer than English fit on a phone and at a desk: no page is wider than the screen, no button cuts its text."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from shopwright.kit.clock import HandClock
from shopwright.kit.translation import PSEUDO
from tests.builders.chromium import CHROMIUM, FLAGS, SIZES
from tests.builders.environment import need
from tests.builders.pseudo_locale import pseudo_shop
from tests.builders.server import Server
from tests.builders.shops import OWNER

pytestmark = pytest.mark.browser
STOREFRONT = (
    "/",
    "/search?q=Kettle",
    "/p/harbour-kettle",
    "/cart",
    "/sign-in",
    "/track",
    "/gift-card",
    "/status",
    "/nowhere",
)
OFFICE = (
    "", "/orders", "/products", "/collections", "/collections/new", "/attributes", "/stock", "/locations", "/pricing", "/seller",
    "/gift-cards", "/books", "/books/entries", "/reviews", "/messages", "/staff", "/audit", "/personal-data", "/system",
)  # fmt: skip
# Of the whole page, and of each text in a button, label or link that its box does not scroll.
TOO_WIDE = """() => {
  const page = document.documentElement, found = [];
  if (page.scrollWidth > page.clientWidth + 1) found.push(`the page by ${page.scrollWidth - page.clientWidth} px`);
  for (const one of document.querySelectorAll("button, .button, label, summary, th")) {
    const style = getComputedStyle(one);
    if (one.offsetWidth > 1 && style.overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1)
      found.push(`${one.tagName.toLowerCase()} “${one.textContent.trim().slice(0, 40)}”`);
  }
  return found;
}"""


async def too_wide(page: Any, url: str) -> dict[str, list[str]]:
    """The texts that overflow, by URL."""
    found = {}
    await page.goto(f"{url}/sign-in?next=/office")
    await page.fill("#s-email", OWNER[0])
    await page.fill("#s-password", OWNER[1])
    await page.click("main form button")
    await page.wait_for_url(f"{url}/office")
    for address in (*STOREFRONT, *(f"/office{one}" for one in OFFICE)):
        await page.goto(url + address)
        if wide := await page.evaluate(TOO_WIDE):
            found[address] = wide
    return found


@pytest.mark.parametrize("size", SIZES)
async def test_longer_texts_fit(data: tuple[Path, str], clock: HandClock, size: str) -> None:
    from playwright.async_api import async_playwright

    need(bool(CHROMIUM), "Chromium")
    async with pseudo_shop(data, clock):
        pass
    server = await asyncio.to_thread(Server(*data, language=PSEUDO).start)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport=dict(zip(("width", "height"), SIZES[size], strict=True)))
        found = await too_wide(page, server.url)
        await browser.close()
    assert server.stop() == 0
    assert found == {}
