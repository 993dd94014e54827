"""Properties of the checkout and of narrow screens that only a browser shows: focus, Enter, layout shifts, overflow."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.builders.chromium import CHROMIUM, FLAGS, fill_address

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@asynccontextmanager
async def a_page(*, script: bool = True, size: dict[str, int] | None = None) -> AsyncIterator[Any]:
    """A page of a browser; `script`: whether JavaScript runs."""
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
            await page.wait_for_selector("#e-f-postal_code:has-text('is not valid')")
            await page.fill("[name=postal_code]", "10119")
            await page.press("[name=postal_code]", "Tab")
            await page.wait_for_selector("#e-f-postal_code", state="detached")
        await fill_address(page, "ada@example.com")
        await page.press("[name=city]", "Enter")
        await page.wait_for_url("**/checkout/delivery")
        assert "€68.90" in await page.inner_text(".fold summary")
        await page.check("[value=shr_express]")
        if not script:
            await page.click("text=Update the total")
        await page.wait_for_selector(".fold summary:has-text('€75.90')")
        assert page.url.endswith("/checkout/delivery")
        assert await page.is_checked("[value=shr_express]")


SHIFTED = """new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((one) => { sum += one.hadRecentInput ? 0 : one.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 400);
})"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LARGE = "document.addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '200%' })"
LISTINGS = ("/c/kitchen", "/search?q=lamp", "/c/kitchen?brand=Ostra")
PAGES = (
    "/", *LISTINGS, "/search?q=zzzz", "/p/harbour-kettle", "/cart", "/checkout", "/checkout/delivery", "/checkout/payment",
    "/sign-in", "/forgot-password", "/track", "/remember", "/status", "/nowhere", "/new-password?token=x",
    "/account", "/account/wishlist", "/account/addresses", "/account/addresses/new", "/account/security",
    "/account/messages", "/account/privacy", "/account/second-factor",
)  # fmt: skip


async def test_listings_do_not_move_and_no_page_is_too_wide(url: str) -> None:
    async with a_page() as page:
        for path in LISTINGS:
            await page.goto(url + path)
            assert await page.evaluate(SHIFTED) < 0.01, path
        await page.goto(f"{url}/sign-in")
        await page.fill("#s-email", "owner@example.com")
        await page.fill("#s-password", "owner-password")
        await page.press("#s-password", "Enter")
        await page.wait_for_url(f"{url}/account")
        await to_details(page, url)
        await fill_address(page, "ada@example.com")
        await page.press("[name=city]", "Enter")
        await page.wait_for_url("**/checkout/delivery")
        await page.set_viewport_size({"width": 320, "height": 640})
        wide = [path for path in PAGES if await too_wide(page, url + path)]
        assert wide == []
        await page.set_viewport_size(PHONE)
        await page.add_init_script(LARGE)
        assert [path for path in PAGES if await too_wide(page, url + path)] == []


async def too_wide(page: Any, address: str) -> bool:
    await page.goto(address)
    return await page.evaluate(TOO_WIDE) > 1


async def test_a_phone_has_what_it_needs_on_the_first_screen_and_in_place(url: str) -> None:
    for script in (True, False):
        async with a_page(script=script) as page:
            await the_menu(page, url)
            await the_product(page, url, script=script)


async def the_menu(page: Any, url: str) -> None:
    """It covers the search field, and closes by Escape and by a tap beside it."""
    await page.goto(url)
    menu = page.locator("#menu")
    for leave in (lambda: page.keyboard.press("Escape"), lambda: page.touchscreen.tap(380, 500)):
        await page.click("[aria-label=Menu]")
        kitchen = menu.locator("text=Kitchen")
        await kitchen.wait_for()
        assert await kitchen.evaluate(
            "(one) => { const r = one.getBoundingClientRect(); return document.elementFromPoint(r.x + 20, r.y + 20) === one }"
        )
        await leave()
        await menu.wait_for(state="hidden")


async def the_product(page: Any, url: str, *, script: bool) -> None:
    await page.goto(f"{url}/p/harbour-kettle")
    for what in (".buy h1", ".product-price strong", ".add button"):
        assert await page.eval_on_selector(what, IN_VIEW), what
    await page.click("#picture-1")
    assert await page.eval_on_selector("#zoom-1 img", IN_VIEW)
    assert page.url.endswith("/p/harbour-kettle")
    await page.keyboard.press("Escape")
    await page.evaluate("scrollTo(0, 300); window.stays = true")
    await page.click(".option .value >> text=Navy")
    await page.wait_for_selector(".option .selected:has-text('Navy')")
    assert "variant=" in page.url
    assert await page.evaluate("window.stays === true") == script
    assert await page.evaluate("scrollY") == 300 or not script
    assert await page.eval_on_selector(".option .selected", IN_VIEW)
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert await page.eval_on_selector(".add button", IN_VIEW)
