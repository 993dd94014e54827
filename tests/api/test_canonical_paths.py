"""A path has one spelling: any other bypasses no limit, waiting room or CSRF check."""

import logging
from pathlib import Path

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Malformed
from shopwright.kit.http.canonical_path import canonical
from shopwright.kit.http.routes import takes_cookies
from shopwright.kit.observability.logs import TextFormatter
from shopwright.web.application import build, routes_of, shape_of
from tests.builders.gateway import ask, shop_port
from tests.builders.shops import OWNER, QUICK, make_settings

HARMLESS = {
    b"//v1/carts": b"/v1/carts", b"/v1//carts": b"/v1/carts", b"/v1/carts/": b"/v1/carts", b"/%76%31/carts": b"/v1/carts",
    b"//": b"/", b"/c/%c3%bc": b"/c/%C3%BC", b"//evil.example/x": b"/evil.example/x", b"/v1/%63arts": b"/v1/carts",
}  # fmt: skip
NOWHERE = (
    b"/./v1/carts", b"/v1/../v1/carts", b"/%2e/v1/carts", b"/x/%2e%2E/v1/carts", b"/..", b"/v1%2Fcarts", b"/v1%2fcarts",
    b"/v1\\carts", b"/v1%5Ccarts", b"/v1/carts;a=b", b"/v1/carts%3Ba", b"/v1/carts%00", b"/v1/carts%0a", b"/v1/carts%0D%0Ax",
    b"/v1/carts%7f", b"/v1/carts%C2%85", b"/v1/carts%E2%80%AE", b"/v1/%2576%2531", b"/v1/carts%", b"/v1/carts%zz", b"/v1/%ff",
    b"/v1/%C0%AEcarts", b"/v1/\xc3\xbc", b"/v1 /carts", b"*", b"v1/carts", b"", b"/" + b"x" * 2048,
)  # fmt: skip


def test_each_path_has_one_spelling_or_none() -> None:
    for path in (
        b"/",
        b"/v1/carts",
        b"/.well-known/jwks.json",
        b"/p/a+b,c@d:e!(f)",
        b"/c/%C3%BC%20x",
        b"/a..b/...",
        b"/x%2B%25",
    ):
        assert canonical(path) == path
    for raw, path in HARMLESS.items():
        assert canonical(raw) == path
    for raw in NOWHERE:
        with pytest.raises(Malformed):
            canonical(raw)


def test_the_route_decides_whether_a_cookie_authenticates(data: tuple[Path, str]) -> None:
    app = routes_of(shape_of(Shop(make_settings(*data))))
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if isinstance(handler, HTTPRouteHandler) and handler.http_methods != {"OPTIONS"}:
                    page = takes_cookies(handler)
                    assert page == (
                        not route.path.startswith(
                            ("/v1", "/health", "/metrics", "/.well", "/open", "/schema", "/media")
                        )
                    ), route.path
                    checked = not handler.opt.get("exclude_from_csrf")
                    # Nothing a session allows is available without the token of a form.
                    assert checked == page or route.path.startswith(
                        ("/assets", "/robots", "/sitemap", "/pretend", "/unsub")
                    )


def test_a_path_writes_exactly_one_log_line() -> None:
    record = logging.makeLogRecord({"msg": "GET %s", "args": ("/a\nfake\x1b[2J\u202e",)})
    assert TextFormatter().format(record) == "GET /a\\nfake\\x1b[2J\\u202e"


async def session_of_owner(port: int) -> str:
    """The cookie of a browser in which the owner is signed in."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as browser:
        token = (await browser.get("/sign-in")).text.partition('name="_csrf_token" value="')[2].partition('"')[0]
        await browser.post("/sign-in", data={"email": OWNER[0], "password": OWNER[1], "_csrf_token": token})
        return browser.cookies["session"]


DOORS = ("one process", "two workers", "nginx")
SPELLINGS = (
    b"/v1/staff", b"//v1/staff", b"/v1//staff", b"/%76%31/staff", b"/v1/staff/", b"/./v1/staff", b"/x/../v1/staff", b"/v1%2Fstaff",
    b"/v1/staff;x", b"/V1/staff", b"/%56%31/staff", b"\\v1/staff", b"http://shop.test//v1/staff", b"http://shop.test/v1/staff",
    b"/internal/../v1/staff", b"/account/..%2fv1/staff",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", DOORS)
async def test_no_spelling_lets_another_site_create_an_owner(kind: str, data: tuple[Path, str], tmp_path: Path) -> None:
    body = b'{"email": "eve@example.com", "password": "correct horse", "name": "Eve", "role": "owner"}'
    async with shop_port(kind, data, tmp_path) as port:
        cookie = await session_of_owner(port)
        status, _, page = await ask(port, "GET", b"/office", f"Cookie: session={cookie}\r\n")
        assert status == 200, page[:500]
        for spelling in SPELLINGS:
            for media in ("application/json", "text/plain"):
                head = f"Cookie: session={cookie}\r\nOrigin: https://evil.example\r\nContent-Type: {media}\r\n"
                status, _, _ = await ask(port, "POST", spelling, head, body)
                assert status in {400, 401, 403, 404, 405}, spelling
        eve = b'{"email": "eve@example.com", "password": "correct horse"}'
        status, _, _ = await ask(port, "POST", b"/v1/sessions", "Content-Type: application/json\r\n", eve)
        assert status == 401, "nobody was made"


@pytest.mark.slow
@pytest.mark.parametrize("kind", DOORS)
async def test_a_path_that_is_not_canonical_is_refused_or_redirected_everywhere(
    kind: str, data: tuple[Path, str], tmp_path: Path
) -> None:
    async with shop_port(kind, data, tmp_path) as port:
        for raw, path in HARMLESS.items():
            status, headers, _ = await ask(port, "GET", raw + b"?a=b")
            assert (status, headers["location"].rpartition("shop.test")[2]) == (308, path.decode() + "?a=b"), raw
            status, headers, body = await ask(port, "POST", raw)
            assert (status, headers["content-type"]) == (400, "application/problem+json"), (raw, body)
        for raw in NOWHERE:
            if raw.startswith(b"/"):  # other beginnings are refused by the server itself
                for method in ("GET", "POST", "DELETE"):
                    status, _, _ = await ask(port, method, raw)
                    assert status in {400, 404, 414}, raw
        assert (await ask(port, "GET", b"http://shop.test/v1/products"))[0] == 200
        assert (await ask(port, "GET", b"http://shop.test//v1/products"))[0] == 308
        assert (await ask(port, "GET", b"/v1/products?q=" + b"x" * 9000))[0] in {400, 414}


async def test_no_spelling_bypasses_the_limits(data: tuple[Path, str]) -> None:
    shop = Shop(make_settings(*data, limits="on", writes_per_minute=3), clock=HandClock(), hasher=QUICK)
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with shop.running(deliver=False), httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api:
        for _ in range(3):
            await api.post("/v1/carts")
        for raw in (*HARMLESS, b"/v1/carts"):
            assert (
                await api.request("POST", httpx.URL(scheme="http", host="shop.test", raw_path=raw))
            ).status_code != 201
