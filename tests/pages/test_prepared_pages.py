"""Cached pages: the same for all except for the slots of each visitor, and never stale."""

import re

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.money import Money
from shopwright.services.catalog.contract import Product, ProductInput
from shopwright.services.inventory.contract import Adjustment
from shopwright.services.pricing.contract import Price
from tests.builders.goods import sell
from tests.builders.shops import OWNER, QUICK, make_settings

TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')
PATHS = ("/", "/p/harbour-kettle", "/search?q=kettle")


def renamed(product: Product, title: str) -> ProductInput:
    fields = {
        name: value for name, value in msgspec.structs.asdict(product).items() if name in ProductInput.__struct_fields__
    }
    return msgspec.convert(fields | {"title": title}, ProductInput, from_attributes=True)


def other_browser(client: httpx.AsyncClient) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=client._transport, base_url="http://shop.test")


@pytest.mark.parametrize("path", PATHS)
async def test_each_visitor_has_their_own_form_token(api: httpx.AsyncClient, shop: Shop, path: str) -> None:
    await sell(shop)
    await shop.search.bring_up_to_date()
    tokens = []
    for _ in range(3):
        async with other_browser(api) as other:
            first = await other.get(path)
            assert TOKEN.search(first.text)[1] == other.cookies["form"]
            again = await other.get(path)
            assert set(TOKEN.findall(again.text)) == {other.cookies["form"]}
            assert "set-cookie" not in again.headers
            assert again.headers["cache-control"] == "private, no-store"
            assert again.headers["content-length"] == str(len(again.content))
            tokens.append(other.cookies["form"])
    assert len(set(tokens)) == 3


async def test_a_form_of_a_cached_page_can_be_submitted(api: httpx.AsyncClient, shop: Shop) -> None:
    kettle = await sell(shop)
    for count in (1, 2):
        page = await api.get("/p/harbour-kettle")
        form = {"_csrf_token": TOKEN.search(page.text)[1], "variant": kettle.variants[0].id, "quantity": "1"}
        assert (await api.post("/cart/lines", data=form)).status_code == 303
        assert f"<b data-cart-count>{count}</b>" in (await api.get("/p/harbour-kettle")).text
    async with other_browser(api) as other:
        assert "<b data-cart-count hidden>0</b>" in (await other.get("/p/harbour-kettle")).text


async def test_an_invented_form_cookie_is_not_rendered(api: httpx.AsyncClient, shop: Shop) -> None:
    await sell(shop)
    page = await api.get("/p/harbour-kettle", headers={"Cookie": 'form="><script>alert(1)</script>'})
    assert "<script>alert(1)" not in page.text


async def test_a_customer_sees_their_own_page_and_no_other_visitor_does(api: httpx.AsyncClient, shop: Shop) -> None:
    await sell(shop)
    page = await api.get("/sign-in")
    email, password = OWNER
    fields = {"_csrf_token": TOKEN.search(page.text)[1], "email": email, "password": password}
    assert (await api.post("/sign-in", data=fields)).status_code == 303
    assert "<span>Account</span>" in (await api.get("/p/harbour-kettle")).text
    async with other_browser(api) as other:
        assert "<span>Sign in</span>" in (await other.get("/p/harbour-kettle")).text
    assert "<span>Account</span>" in (await api.get("/p/harbour-kettle")).text


async def test_a_cached_page_is_never_older_than_a_change_by_another_process(
    api: httpx.AsyncClient, shop: Shop, data
) -> None:
    kettle = await sell(shop)
    await shop.search.bring_up_to_date()
    variant = kettle.variants[0].id
    other = Shop(make_settings(*data), clock=shop.clock, hasher=QUICK)

    async def page(path: str = "/p/harbour-kettle") -> str:
        return (await api.get(path)).text

    try:
        for n in range(1, 4):
            assert await page() == await page()
            await other.pricing.set_prices([Price(variant, Money(1000 + n, "EUR"))])
            assert f"€10.0{n}" in await page()
            await other.inventory.adjust([Adjustment(variant_id=variant, on_hand=n, reason="counted")])
            assert f"Only {n} left" in await page()
            now = await other.catalog.get(kettle.id)
            await other.catalog.edit(kettle.id, renamed(now, f"Kettle {n}"))
            assert f"Kettle {n}" in await page()
            await other.bus.settle()
            await other.search.bring_up_to_date()
            assert f"Kettle {n}" in await page("/search?q=kettle")
            assert f"Kettle {n}" in await page("/")
            await other.catalog.set_status(kettle.id, "retired")
            assert (await api.get("/p/harbour-kettle")).status_code == 404
            await other.catalog.set_status(kettle.id, "published")
            assert (await api.get("/p/harbour-kettle")).status_code == 200
    finally:
        await other.close()
