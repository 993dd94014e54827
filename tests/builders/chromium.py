"""Shoppers and staff in a real browser."""

import os
import re
import shutil
from pathlib import Path

from shopwright.app import Shop
from shopwright.demo.load import load
from tests.builders.shops import QUICK, make_settings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
SIZES = {"phone": (390, 844), "desk": (1440, 900)}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


async def filled(data: tuple[Path, str]) -> None:
    """Wait until the demo catalogue is in the shop and its search index."""
    shop = Shop(make_settings(*data), hasher=QUICK)
    await load(shop)
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    await shop.close()


class Eyes:
    """Check a page: no error in the console, nothing wider than the screen; keep a screenshot."""

    def __init__(self, page, name: str) -> None:
        self.page = page
        self.name = name
        self.count = 0
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def look(self, what: str) -> None:
        await self.page.wait_for_load_state("load")
        wide = await self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"{what} is {wide} px wider than the screen"
        self.count += 1
        if folder := os.environ.get("SCREENSHOTS"):
            await self.page.wait_for_timeout(300)
            await self.page.screenshot(path=Path(folder) / f"{self.name}_{self.count:02}_{what}.png", full_page=True)


async def fill_address(page, email: str) -> None:
    """Fill in the address form of the checkout."""
    for name, value in {
        "email": email,
        "name": "Ada Lovelace",
        "line1": "Torstraße 1",
        "city": "Berlin",
        "postal_code": "10119",
    }.items():
        await page.fill(f"[name={name}]", value)


async def find_products(page, eyes: Eyes, url: str, *, script: bool) -> None:
    """Find a product by category, filter and search, and go to the checkout with it."""
    await page.goto(url)
    await eyes.look("home")
    await page.click(".tile >> text=Kitchen")
    await eyes.look("category")
    if await page.is_visible("summary:has-text('Filter')"):
        await page.click("summary:has-text('Filter')")
    await page.check("input[name=brand][value='Ostra']")
    if not (script and await page.evaluate("innerWidth > 819")):
        await page.click(".facets button:has-text('Show')")
    await page.wait_for_url("**brand=Ostra**")
    assert await page.locator("article.card").count() == 3
    await eyes.look("filtered")
    await page.fill("#q", "ketle")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/search**")
    assert "kettle" in await page.inner_text(".corrected")
    await eyes.look("search")
    await page.click("article.card h3 >> text=Harbour Kettle")
    await page.click(".option .value >> text=Navy")
    await page.wait_for_url("**variant=**")
    await eyes.look("product")
    await page.click(".add button")
    if script:
        await page.wait_for_selector(".sheet-right")
        await eyes.look("drawer")
        await page.click(".sheet-right >> text=Go to checkout")
    else:
        await page.wait_for_url("**/cart")
        await eyes.look("cart")
        await page.click("text=Go to checkout")


async def pay(page, card: str) -> None:
    """Choose a test card and pay."""
    await page.check(f"input[name=method][value={card}]")
    await page.click("button:has-text('Pay')")


async def guest_buys(url: str, size: str, email: str, *, script: bool) -> None:
    """Buy as a guest and look at account, tracking page and back office."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(
            viewport=dict(zip(("width", "height"), SIZES[size], strict=True)), java_script_enabled=True
        )
        if not script:
            await context.route("**/*.js", lambda route: route.abort())
        page = await context.new_page()
        eyes = Eyes(page, f"{size}_{'script' if script else 'plain'}")
        await find_products(page, eyes, url, script=script)
        await page.wait_for_url("**/checkout")
        await eyes.look("details")
        await fill_address(page, email)
        await page.click("text=Continue to delivery")
        await page.wait_for_url("**/checkout/delivery")  # the shop is asked first whether anything is wrong
        await eyes.look("delivery")
        await page.click("text=Continue to payment")
        await eyes.look("payment")
        await pay(page, "pretend_declined")
        await page.wait_for_selector("text=Nothing was charged")
        await eyes.look("declined")
        await pay(page, "pretend_3ds")
        await page.wait_for_selector("text=Pretend Bank")
        await eyes.look("bank")
        await page.click("text=Confirm payment")
        await page.wait_for_url("**/checkout/done/**")
        await eyes.look("done")
        number = re.search(r"\d+", await page.inner_text(".lead strong")).group()
        await page.fill("#f-password", "correct horse")
        await page.click("text=Make account")
        await page.wait_for_selector("#s-password")
        await eyes.look("registered")
        await page.fill("#s-password", "correct horse")
        await page.click("button:has-text('Sign in')")
        await page.wait_for_url(f"{url}/account")
        await eyes.look("account")
        await page.click(f"a[href^='/orders/']:has-text('{number}')")
        await page.wait_for_selector(".timeline")
        assert "Payment received" in await page.inner_text(".timeline")
        await eyes.look("tracking")
        await use_back_office(page, eyes, url, number)
        allowed = ("net::ERR_FAILED", "404")
        assert [one for one in eyes.complaints if script and not any(word in one for word in allowed)] == []
        await browser.close()


async def use_back_office(page, eyes: Eyes, url: str, number: str) -> None:
    """Look at an order, the messages and a product as staff."""
    await page.context.clear_cookies()
    await page.goto(f"{url}/office")
    await page.fill("#s-email", "owner@example.com")
    await page.fill("#s-password", "owner-password")
    await page.click("button:has-text('Sign in')")
    await page.wait_for_url(f"{url}/office")  # "**/office" would be met by "/sign-in?next=/office", too
    await eyes.look("office")
    await page.goto(f"{url}/office/orders")
    await eyes.look("orders")
    await page.click(f"td >> text={number}")
    await page.wait_for_selector("text=Mark as shipped")
    await page.fill("[name=tracking_number]", "00340434161094")
    await page.click("text=Mark as shipped")
    await page.wait_for_selector("text=Mark as delivered")
    await eyes.look("order")
    subject = f"Order {number} has shipped"
    for _ in range(40):
        await page.goto(f"{url}/office/messages")
        if await page.get_by_text(subject).count():
            break
        await page.wait_for_timeout(250)
    await eyes.look("messages")
    await page.click(f"text={subject}")
    await eyes.look("message")
    await page.click("text=the order it is about")
    await page.wait_for_selector("text=Event log")
    assert await page.locator(".steps li", has_text=subject).count() == 1
    await page.click("summary:has-text('Find it in the logs')")
    await eyes.look("order-trail")
    await page.goto(f"{url}/office/products")
    await eyes.look("products")
    await page.click("td >> text=Harbour Kettle")
    await eyes.look("product-edit")
