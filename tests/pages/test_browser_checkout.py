"""What only a browser can tell of the checkout and of narrow screens: focus, Enter, what moves, what is too wide."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.pages.test_browser import CHROMIUM, FLAGS, fill_address, url

__all__ = ["url"]
pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@asynccontextmanager
async def a_page(*, script: bool = True, size: dict[str, int] | None = None) -> AsyncIterator[Any]:
    """A page of a browser; `script`: whether that of the shop is there."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(viewport=size or PHONE, has_touch=True)
        if not script:
            await context.route("**/*.js", lambda route: route.abort())
        yield await context.new_page()
        await browser.close()


async def to_details(page: Any, url: str) -> None:
    await page.goto(f"{url}/p/harbour-kettle")
    await page.click(".add button")
    await page.click("text=Go to checkout")
    await page.wait_for_url("**/checkout")


IN_VIEW = "(one) => { const r = one.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight }"


async def test_enter_sends_the_address_and_errors_are_in_view_where_the_focus_is(url: str) -> None:
    for script in (True, False):
        await errors_of_the_address(url, script=script)


async def errors_of_the_address(url: str, *, script: bool) -> None:
    async with a_page(script=script) as page:
        await to_details(page, url)
        await page.fill("[name=name]", "Ada Lovelace")
        await page.press("[name=name]", "Enter")
        summary = page.locator("[data-wrong]")
        await summary.wait_for()
        assert [await one.get_attribute("href") for one in await summary.locator("a").all()] == [
            "#f-email", "#f-line1", "#f-postal_code", "#f-city",
        ]  # fmt: skip
        assert await summary.evaluate("(one) => one === document.activeElement")
        assert await summary.evaluate(IN_VIEW)
        assert await page.input_value("[name=name]") == "Ada Lovelace"
        border = "(one) => getComputedStyle(one).borderTopColor"
        assert await page.eval_on_selector("#f-city", border) == await page.eval_on_selector(".error", "(one) => getComputedStyle(one).color")  # fmt: skip
        assert await page.eval_on_selector("#f-city", border) != await page.eval_on_selector("#f-name", border)
        if script:
            await page.fill("[name=postal_code]", "1")
            await page.press("[name=postal_code]", "Tab")
            await page.wait_for_selector("#e-f-postal_code:has-text('is not right')")
            await page.fill("[name=postal_code]", "10119")
            await page.press("[name=postal_code]", "Tab")
            await page.wait_for_selector("#e-f-postal_code", state="detached")
        await fill_address(page, "ada@example.com")
        await page.press("[name=city]", "Enter")
        await page.wait_for_url("**/checkout/delivery")
