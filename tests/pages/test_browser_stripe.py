"""3-D Secure in a browser: the script of localstripe stands in for Stripe.js, under the policy of the page."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.settings import read
from shopwright.settings import Settings, complete
from tests.builders.api import order, ready_cart
from tests.builders.chromium import CHROMIUM, FLAGS, filled
from tests.builders.customers import sign_in
from tests.builders.environment import need
from tests.builders.server import Server
from tests.builders.shops import OWNER
from tests.builders.stripe_double import KEYS, StripeDouble

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture
async def stripe_url(data: tuple[Path, str], stripe_double: StripeDouble) -> AsyncIterator[str]:
    """A shop that is served and paid by Stripe."""
    need(bool(CHROMIUM), "Chromium")
    await filled(data)
    server = Server(*data, payments=f"stripe://?api={stripe_double.url}")
    shop = Shop(complete(read(Settings, server.environment)[0]))
    await shop.payments.connect("stripe", KEYS, "usr_owner")
    await shop.close()
    await asyncio.to_thread(server.start)
    yield server.url
    assert server.stop() == 0


async def test_a_shopper_confirms_with_the_bank_and_comes_back_to_a_paid_order(
    stripe_url: str, stripe_double: StripeDouble
) -> None:
    from playwright.async_api import async_playwright

    async with httpx.AsyncClient(base_url=stripe_url, timeout=30) as api, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await (await browser.new_context(viewport=PHONE)).new_page()
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
        staff = await sign_in(api, *OWNER)
        product = (await api.get("/v1/products/harbour-kettle")).json()
        for button, status in (("Complete", "captured"), ("Fail", "failed")):
            cart = await ready_cart(api, product["variants"][0]["sku"])
            placed = (await order(api, cart, stripe_double.token("3ds"), button, provider="stripe")).json()
            confirm = placed["payment"]["next_action"]["url"]
            await page.goto(confirm)
            await page.click(f"text={button} authentication")
            await page.wait_for_url(f"{stripe_url}/")
            async with asyncio.timeout(20):  # the shop looks it up by itself, as no webhook is sent
                while (await seen(api, placed["id"], staff))["payment"]["status"] != status:
                    await asyncio.sleep(0.2)
        assert refused == []
        await browser.close()


async def seen(api: httpx.AsyncClient, order_id: str, staff: dict[str, str]) -> dict[str, Any]:
    """The order as staff see it."""
    found: dict[str, Any] = (await api.get(f"/v1/orders/{order_id}", headers=staff)).json()
    return found
