"""A business enters its tax id in the cart, and its order stores the scheme of tax: across several services."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.web.application import build
from tests.builders.customers import sign_in
from tests.builders.environment import APART
from tests.builders.goods import sell
from tests.builders.pages import ADDRESS, Browser
from tests.builders.sellers import SELLER, VIENNA_ID, Register, shop_with
from tests.builders.shops import OWNER, QUICK


async def test_a_program_gives_a_tax_id_and_reads_the_sale(
    api: httpx.AsyncClient, staff: dict[str, str], shop: Shop
) -> None:
    await api.post("/v1/seller", json=SELLER, headers=staff)
    kettle = await sell(shop, price=2900)
    cart = (await api.post("/v1/carts")).json()["id"]
    await api.post(f"/v1/carts/{cart}/lines", json={"variant_id": kettle.variants[0].id, "quantity": 1})
    place = {name: ADDRESS[name] for name in ("name", "line1", "city", "postal_code", "country")}
    details = {"email": "ada@example.com", "shipping_address": place, "shipping_option_id": "shr_standard"}
    wrong = await api.patch(f"/v1/carts/{cart}", json={**details, "tax_id": "DE136695977"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/tax_id")
    assert "check digits" in wrong.json()["detail"]
    body = (await api.patch(f"/v1/carts/{cart}", json={**details, "tax_id": "136695976"})).json()
    assert (body["tax_id"], body["tax_id_check"]["by"], body["sale"]["scheme"]) == ("DE136695976", "format", "domestic")
    placed = await api.post(
        "/v1/orders",
        json={"cart_id": cart, "expected_total": body["totals"]["total"], "payment": {"provider": "pretend", "token": "pretend_ok"}},
        headers={"Idempotency-Key": "one"},
    )  # fmt: skip
    assert placed.status_code == 201, placed.text
    sale = (await api.get(f"/v1/orders/{placed.json()['id']}", headers=staff)).json()["sale"]
    assert (sale["scheme"], sale["buyer"], sale["tax_id"]) == ("domestic", "business", "DE136695976")
    assert sale["seller"]["legal_name"] == "Northlight Handels GmbH"
    assert (await api.patch(f"/v1/carts/{cart}", json={"tax_id": ""})).status_code in {200, 409}


@pytest.fixture
async def with_vies(
    migrated: tuple[Path, str], tmp_path: Path, clock: HandClock, vies: Register
) -> AsyncIterator[tuple[Shop, httpx.AsyncClient]]:
    """A shop that uses VIES, and a client of its API."""
    async with shop_with(migrated, tmp_path / "vies", clock, vies=vies.url) as local_shop:
        if not APART:
            transport = httpx.ASGITransport(app=build(local_shop, deliver=False))
            async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
                yield local_shop, client
            return
        from tests.builders.split_shop import apart, over_rpc

        async with apart(local_shop, hasher=QUICK, send_webhook=local_shop.send_webhook) as gateway:
            transport = httpx.ASGITransport(app=gateway)
            async with (
                over_rpc(local_shop, gateway) as statements,
                httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client,
            ):
                yield statements, client


async def test_a_business_elsewhere_in_the_eu_buys_at_the_checkout_without_tax(
    with_vies: tuple[Shop, httpx.AsyncClient], vies: Register
) -> None:
    """On paper: 72.00 including 20 % Austrian tax is 60.00; shipping at 4.90 is 4.08: 64.08 in all."""
    shop, client = with_vies
    vies.valid.add(VIENNA_ID)
    browser = Browser(client)
    kettle = await sell(shop, price=7200)
    await browser.go(f"/p/{kettle.slug}")
    await browser.send("/cart/lines", quantity="1")
    vienna = {
        "email": "emil@example.com",
        "name": "Emil Ziegler",
        "line1": "Ring 1",
        "city": "Wien",
        "postal_code": "1010",
    }
    await browser.go("/checkout?country=AT")
    page = await browser.send("/checkout", **vienna, country="AT", company="Ziegler KG", tax_id="u13585627")
    assert browser.path == "/checkout/delivery"
    assert f"Tax id {VIENNA_ID}: no VAT is charged" in page
    await browser.send("/checkout/delivery")
    assert "Pay €64.08" in browser.page.text
    page = await browser.send("/checkout/payment", method="pretend_ok")
    assert f"article 138), VAT id {VIENNA_ID}" in page
    number = re.search(r"order <strong>(\d+)", page)[1]
    client.cookies.clear()
    staff = await sign_in(client, *OWNER)
    order = (await client.get(f"/v1/orders/{number}", headers=staff)).json()
    assert order["totals"]["total"] == {"amount": 6408, "currency": "EUR"}
    assert [(one["category"], one["gross"]["amount"]) for one in order["tax_parts"]] == [("K", 6408)]
    sale = order["sale"]
    assert (sale["scheme"], sale["buyer"], sale["tax_id"], sale["prices"]) == (
        "intra_community",
        "business",
        VIENNA_ID,
        "net",
    )
    assert (sale["tax_id_check"]["valid"], sale["tax_id_check"]["reference"]) == (True, "WAPIAAAA1")
    client.cookies.set("session", await shop.users.open_session(*OWNER))
    page = await browser.go(f"/office/orders/{number}")
    assert "To a business elsewhere in the EU" in page
    assert "VIES: valid" in page
    assert "WAPIAAAA1" in page
