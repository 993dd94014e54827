"""Varnish in front of the shop: shared pages are cached, changes are seen soon, and nothing personal is stored."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import msgspec
import pytest

from shopwright.lifecycle import COUNTED_EVERY_S
from tests.builders.customers import sign_in
from tests.builders.gateway import program
from tests.builders.server import Server, free_port
from tests.builders.shops import OWNER

pytestmark = pytest.mark.slow

SOON_S = 2.0
FROM_OURS = {"Sec-Fetch-Site": "same-origin"}


class CachedShop(msgspec.Struct):
    """A shop behind Varnish. `url`: of Varnish; `staff`: a client that bypasses it."""

    url: str
    shop: Server
    staff: httpx.AsyncClient

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, trust_env=False, follow_redirects=True, timeout=30)

    async def sell(self, title: str, price: int = 6400, on_hand: int = 5, **more) -> dict:
        variant = {"price": {"amount": price, "currency": "EUR"}, "on_hand": on_hand}
        answer = await self.staff.post(
            "/v1/products", json={"title": title, "status": "published", "variants": [variant], **more}
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def seen(self, path: str, fits: Callable[[httpx.Response], bool]) -> float:
        """Seconds until the page at `path` satisfies `fits`."""
        began = time.monotonic()
        async with self.browser() as browser:
            while not fits(answer := await browser.get(path)):
                assert time.monotonic() < began + 15, f"{path} is still {answer.status_code}: {answer.text[:2000]}"
                await asyncio.sleep(0.05)
        return time.monotonic() - began


@pytest.fixture
async def cached_shop(data: tuple[Path, str], tmp_path: Path) -> AsyncIterator[CachedShop]:
    command, port = program("varnishd"), free_port()
    cdn = f"varnish://:drop-it@127.0.0.1:{port}"
    server = Server(*data, url=f"http://127.0.0.1:{port}", cdn=cdn).start()
    vcl = tmp_path / "shop.vcl"
    vcl.write_text(server.run("varnish", "--origin", f"127.0.0.1:{server.port}").stdout)
    words = ["-F", "-a", f"127.0.0.1:{port}", "-f", vcl, "-n", tmp_path / "varnish", "-s", "malloc,32m", "-j", "none"]
    with (tmp_path / "varnish.log").open("wb") as log:
        varnish = subprocess.Popen([command, *words], stdout=log, stderr=log)
    try:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as staff:
            staff.headers.update(await sign_in(staff, *OWNER))
            made = CachedShop(f"http://127.0.0.1:{port}", server, staff)
            for _ in range(200):
                try:
                    if (await staff.get(f"{made.url}/health/ready")).is_success:
                        break
                except httpx.HTTPError:
                    assert varnish.poll() is None, (tmp_path / "varnish.log").read_text()
                await asyncio.sleep(0.1)
            yield made
    finally:
        varnish.terminate()
        varnish.wait(20)
        server.stop()


def cached(answer: httpx.Response) -> bool:
    return answer.headers["x-cache"] == "hit"


async def test_shared_pages_are_cached_by_the_cdn_and_changes_are_seen_within_two_seconds(
    cached_shop: CachedShop,
) -> None:
    kettle = await cached_shop.sell("Harbour Kettle", 6400, categories=[], tags=["kettles"])
    mug = await cached_shop.sell("Tide Mug", 1900)
    page, listed, spoken = f"/p/{kettle['slug']}", "/search?q=kettle", f"/v1/products/{kettle['id']}"
    await cached_shop.seen(listed, lambda answer: "Harbour Kettle" in answer.text)
    await cached_shop.seen("/search?q=tide", lambda answer: "Tide Mug" in answer.text and cached(answer))
    await asyncio.sleep(1)  # the events of the new products are handled
    async with cached_shop.browser() as browser:
        for path in (page, listed, "/", spoken, "/v1/products", f"/p/{mug['slug']}", "/search?q=tide"):
            first, second = await browser.get(path), await browser.get(path)
            assert cached(second), path
            assert first.text == second.text
            assert second.headers["cache-control"] == "private, no-cache", "browsers ask each time"
            assert not {"set-cookie", "surrogate-key"} & set(second.headers), path
        assert cached(await browser.get(f"{page}?utm_source=letter&gclid=1")), "where one comes from changes nothing"
        assert cached(await browser.get("/search?gclid=1&q=kettle"))
        style = (await browser.get("/")).text.partition('rel="stylesheet" href="')[2].partition('"')[0]
        await browser.get(style)
        assert "immutable" in (asset := await browser.get(style)).headers["cache-control"]
        assert cached(asset)

        variants = [{**kettle["variants"][0], "price": {"amount": 5150, "currency": "EUR"}}]
        changed = await cached_shop.staff.patch(f"/v1/products/{kettle['id']}", json={"variants": _written(variants)})
        assert changed.is_success, changed.text
        for path, price in ((page, "51.50"), (listed, "51.50"), (spoken, "5150")):
            assert await cached_shop.seen(path, lambda answer, price=price: price in answer.text) < SOON_S, path
        assert cached(await browser.get("/search?q=tide")), "what shows nothing that changed stays"

    await cached_shop.staff.patch(f"/v1/products/{kettle['id']}", json={"title": "Pier Kettle"})
    assert await cached_shop.seen(page, lambda answer: "Pier Kettle" in answer.text) < SOON_S
    new = await cached_shop.sell("Lighthouse Kettle")
    await cached_shop.seen("/search?q=kettle", lambda answer: "Lighthouse Kettle" in answer.text)
    gone = await cached_shop.staff.patch(f"/v1/products/{new['id']}", json={"status": "retired"})
    assert gone.is_success, gone.text
    assert await cached_shop.seen(f"/p/{new['slug']}", lambda answer: answer.status_code == 404) < SOON_S
    await cached_shop.seen("/search?q=kettle", lambda answer: "Lighthouse Kettle" not in answer.text)
    for title in ("Harbour things", "Quay things"):
        collection = {"slug": "things", "title": title, "product_ids": [mug["id"]]}
        made = await cached_shop.staff.post("/v1/collections", json=collection)
        assert made.is_success, made.text
        assert await cached_shop.seen("/collections/things", lambda answer, title=title: title in answer.text) < SOON_S
        await cached_shop.seen("/collections/things", cached)


def _written(variants: list[dict]) -> list[dict]:
    known = {"id", "sku", "title", "options", "price", "on_hand"}
    return [{name: value for name, value in one.items() if name in known} for one in variants]


async def test_nothing_of_one_shopper_is_shown_to_another(cached_shop: CachedShop) -> None:
    kettle = await cached_shop.sell("Harbour Kettle")
    page = f"/p/{kettle['slug']}"
    async with cached_shop.browser() as ada, cached_shop.browser() as eve:
        for path in ("/", page):
            await ada.get(path)
        # From a cached page without a token.
        added = await ada.post(
            "/cart/lines", data={"variant": kettle["variants"][0]["id"], "_csrf_token": ""}, headers=FROM_OURS
        )
        assert added.status_code == 200
        assert "Harbour Kettle" in added.text
        assert ada.cookies["items"] == "1", "our script shows it on pages that know no cart"
        account = {"name": "Ada Lovelace", "email": "ada@shop.example", "password": "correct horse battery"}
        joined = await ada.post("/register", data={**account, "_csrf_token": ""}, headers=FROM_OURS)
        assert joined.status_code == 200, joined.text
        signed_in = await ada.post("/sign-in", data={**account, "_csrf_token": ""}, headers=FROM_OURS)
        assert signed_in.status_code == 200, signed_in.text
        personal = ["Ada Lovelace", "ada@shop.example", ada.cookies["cart"], ada.cookies["session"]]
        for path in ("/", page, "/cart", "/account", "/search?q=kettle", "/track", "/checkout", "/recent?product=x"):
            own = await ada.get(path)
            assert not cached(own), path
            assert not cached(await ada.get(path)), path
            assert "no-store" in own.headers["cache-control"] or own.status_code >= 400, path
            other = await eve.get(path)
            assert not [one for one in personal if one in other.text], path
            for answer in (other, *other.history):
                assert not (cached(answer) and "set-cookie" in answer.headers), path
        assert "Ada" in (await ada.get("/account")).text
        assert "Harbour Kettle" not in (await eve.get("/cart")).text
        # Answers of the API to a client with a token pass through and are not cached.
        mine = {"Authorization": cached_shop.staff.headers["Authorization"]}
        for path in ("/v1/products", "/v1/orders", "/v1/me"):
            assert (await eve.get(path, headers=mine)).headers["x-cache"] == "miss"
        assert (await eve.get("/v1/orders")).status_code == 401


async def test_views_and_searches_answered_by_the_cdn_are_counted_too(cached_shop: CachedShop) -> None:
    kettle = await cached_shop.sell("Harbour Kettle")
    page, listed = f"/p/{kettle['slug']}", "/search?q=kettle"
    await cached_shop.seen(listed, lambda answer: "Harbour Kettle" in answer.text)
    await asyncio.sleep(1)  # the event of the new product is handled
    for path in (page, listed):
        await cached_shop.seen(path, cached)
    async with cached_shop.browser() as browser:
        for _ in range(3):
            for path, expected in ((page, f'data-recent="{kettle["id"]}"'), (listed, 'data-searched="kettle"')):
                shown = await browser.get(path)
                assert cached(shown)
                assert expected in shown.text
            # Our script asks these then.
            assert (await browser.get(f"/recent?product={kettle['id']}")).status_code == 200
            counted = await browser.get("/searched?q=kettle")
            assert (counted.status_code, counted.text, cached(counted)) == (204, "", False)
        assert "data-searched" not in (await browser.get("/search?q=kettle&page=2")).text
        assert "data-searched" not in (await browser.get("/search")).text
    deadline = time.monotonic() + 3 * COUNTED_EVERY_S
    while True:
        known = (await cached_shop.staff.get("/v1/insights")).json()
        found = {one["words"]: one["count"] for one in known["top_searches"]}
        if known["funnel"][0] == {"step": "viewed", "count": 3} and found == {"kettle": 3}:
            break
        assert time.monotonic() < deadline, (known["funnel"], known["top_searches"], known["top_views"])
        await asyncio.sleep(0.2)


async def test_only_forms_on_our_own_pages_need_no_token(cached_shop: CachedShop) -> None:
    kettle = await cached_shop.sell("Harbour Kettle")
    form = {"variant": kettle["variants"][0]["id"], "_csrf_token": ""}
    async with cached_shop.browser() as browser:
        for headers, status in (
            ({}, 403),
            ({"Sec-Fetch-Site": "cross-site", "Origin": cached_shop.url}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Origin": "https://elsewhere.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": cached_shop.url}, 200),
            (FROM_OURS, 200),
        ):
            assert (await browser.post("/cart/lines", data=form, headers=headers)).status_code == status, headers


async def test_purges_need_the_secret_and_old_pages_are_served_while_the_shop_is_away(
    cached_shop: CachedShop,
) -> None:
    kettle = await cached_shop.sell("Harbour Kettle")
    page = f"/p/{kettle['slug']}"
    async with cached_shop.browser() as browser:
        await cached_shop.seen(page, cached)
        await asyncio.sleep(1)  # the event of the new product is handled
        await cached_shop.seen(page, cached)
        refused = await browser.request("PURGEKEYS", "/", headers={"surrogate-key": "all", "purge-secret": "guessed"})
        assert refused.status_code == 403
        assert cached(await browser.get(page))
        cached_shop.shop.stop()
        assert cached(answer := await browser.get(page))
        assert answer.status_code == 200
        away = await browser.get("/p/never-seen")
        assert (away.status_code, away.headers["retry-after"]) == (503, "1")
        assert away.json()["status"] == 503
        cached_shop.shop.start()
        await cached_shop.seen("/p/never-seen", lambda answer: answer.status_code == 404)
