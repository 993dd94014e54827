"""Gift cards in a browser: staff issue one, a buyer checks its balance and pays with it."""

import re
from typing import Any

import pytest

from tests.builders.chromium import CHROMIUM, FLAGS, Eyes, fill_address

pytestmark = pytest.mark.browser
SIZES = {"phone": (390, 844), "desk": (1440, 900)}


async def issued(page: Any, eyes: Eyes, url: str) -> str:
    """A code, as staff see it."""
    await page.goto(f"{url}/office/gift-cards")
    await page.fill("#s-email", "owner@example.com")
    await page.fill("#s-password", "owner-password")
    await page.click("button:has-text('Sign in')")
    await page.wait_for_selector("h1:has-text('Gift cards')")
    await page.fill("[name=amount]", "20.00")
    await page.select_option("[name=why]", "sold")
    await page.fill("[name=email]", "grace@example.com")
    await page.click("button:has-text('Issue')")
    code = await page.inner_text(".gift-code")
    await eyes.look("office-issued")
    await page.goto(f"{url}/office/gift-cards")
    await eyes.look("office-list")
    assert code not in await page.content()
    await page.click("td >> text=••••")
    await eyes.look("office-card")
    return str(code)


async def paid_with(page: Any, eyes: Eyes, url: str, code: str) -> None:
    await page.goto(f"{url}/p/harbour-kettle")
    await page.click(".add button")
    await page.wait_for_selector(".sheet-right, .cart-lines")
    await page.goto(f"{url}/cart")
    await page.click("summary:has-text('Use a gift card')")
    await page.fill("#gift-code", "0000-0000-0000-0000")
    await page.click(".coupon[open] button:has-text('Apply')")
    await page.wait_for_selector("#e-gift-code")
    await eyes.look("cart-wrong-code")
    await page.fill("#gift-code", code)
    await page.click(".coupon[open] button:has-text('Apply')")
    await page.wait_for_selector(".gift-cards")
    await eyes.look("cart")
    await page.click("text=Go to checkout")
    await fill_address(page, "ada@example.com")
    await page.click("text=Continue to delivery")
    await page.wait_for_url("**/checkout/delivery")
    await page.click("text=Continue to payment")
    await page.wait_for_selector("button:has-text('Pay')")
    await eyes.look("payment")
    await page.click("button:has-text('Pay')")
    await page.wait_for_url("**/checkout/done/**")
    assert "Paid by gift card" in await page.content()
    await eyes.look("done")
    await page.click("text=Follow your order")
    await page.wait_for_selector(".timeline")
    await eyes.look("order")


@pytest.mark.parametrize("size", list(SIZES))
async def test_a_card_is_issued_looked_up_and_spent(url: str, size: str) -> None:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        viewport = dict(zip(("width", "height"), SIZES[size], strict=True))
        page = await (await browser.new_context(viewport=viewport)).new_page()
        eyes = Eyes(page, f"gift_{size}")
        code = await issued(page, eyes, url)
        order = await the_order(page, eyes, url, code)
        await page.goto(f"{url}/office/orders/{order}")
        await eyes.look("office-order")
        assert [one for one in eyes.complaints if "409" not in one] == []
        await browser.close()


async def the_order(page: Any, eyes: Eyes, url: str, code: str) -> str:
    """Pay with the card; returns the id of the order. Staff stay signed in, as a shopper may be."""
    await page.goto(f"{url}/gift-card")
    await page.fill("#f-code", code.lower().replace("-", " "))
    await page.click("button:has-text('Show balance')")
    await page.wait_for_selector("[role=status] .lead")
    assert "20.00" in await page.inner_text("[role=status] .lead")
    await eyes.look("balance")
    await paid_with(page, eyes, url, code)
    found = re.search(r"/orders/(ord_\w+)", page.url)
    assert found is not None
    return found.group(1)


async def made(page: Any, eyes: Eyes, url: str) -> None:
    """A gift card product, made by staff in the back office."""
    await page.goto(f"{url}/office/new-product")
    await page.fill("#s-email", "owner@example.com")
    await page.fill("#s-password", "owner-password")
    await page.click("button:has-text('Sign in')")
    await page.wait_for_selector("h1:has-text('New product')")
    await page.fill("[name=title]", "Gift card")
    await page.fill("[name=price]", "25.00")
    await page.fill("[name=options]", "Amount: 25, 50")
    await page.click("button:has-text('Make draft')")
    await page.wait_for_selector("[name=tax_class]")
    await page.select_option("[name=tax_class]", "gift_card")
    await page.select_option("[name=status]", "published")
    await page.click("button:has-text('Save')")
    await page.wait_for_selector("[role=status]")
    await eyes.look("office-gift-product")


async def bought_for_grace(page: Any, eyes: Eyes, url: str) -> str:
    """Buy the card; returns the id of the order."""
    await page.goto(f"{url}/p/gift-card")
    await eyes.look("product")
    await page.click(".add button")
    await page.wait_for_selector(".sheet-right, .cart-lines")
    await page.goto(f"{url}/checkout")
    await fill_address(page, "ada@example.com")
    await page.fill("[name=recipient]", "grace@example.com")
    await page.fill("[name=message]", "Happy birthday!\nAda")
    await eyes.look("checkout")
    await page.click("text=Continue to delivery")
    await page.wait_for_url("**/checkout/delivery")
    await eyes.look("by-e-mail")
    await page.click("text=Continue to payment")
    await page.wait_for_selector("button:has-text('Pay')")
    await page.click("button:has-text('Pay')")
    await page.wait_for_url("**/checkout/done/**")
    await eyes.look("bought")
    await page.click("text=Follow your order")
    await page.wait_for_selector("button:has-text('Send again')")
    await eyes.look("bought-order")
    await page.click("button:has-text('Send again')")
    await page.wait_for_selector(".timeline >> text=sent again")
    found = re.search(r"/orders/(ord_\w+)", page.url)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("size", list(SIZES))
async def test_a_card_is_made_a_product_and_bought_for_someone(url: str, size: str) -> None:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        viewport = dict(zip(("width", "height"), SIZES[size], strict=True))
        page = await (await browser.new_context(viewport=viewport)).new_page()
        eyes = Eyes(page, f"bought_{size}")
        await made(page, eyes, url)
        order = await bought_for_grace(page, eyes, url)
        await page.goto(f"{url}/office/orders/{order}")
        await page.wait_for_selector("h2:has-text('Gift cards sold')")
        await eyes.look("office-order-bought")
        assert eyes.complaints == []
        await browser.close()
