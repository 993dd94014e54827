"""Access control: every route declares who may call it, and every refusal is checked."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar, get
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from shopwright.app import Shop
from shopwright.kit.auth import ROLES, Caller, anyone, signed_in
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Denied, Unauthenticated
from shopwright.kit.http.access import every_route_has_a_rule
from shopwright.web.application import build, routes_of, shape_of
from tests.builders.customers import sign_in
from tests.builders.environment import ON_SERVERS
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.shops import OWNER, QUICK, make_settings


def routes() -> list[tuple[str, str, object]]:
    shop = Shop(make_settings(Path("/tmp/shopwright-routes")))  # noqa: S108 -- nothing is opened there
    app = routes_of(shape_of(shop))
    found = []
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if isinstance(handler, HTTPRouteHandler):
                    found += [
                        (method, route.path_format, handler.opt.get("access"))
                        for method in handler.http_methods
                        if method != "OPTIONS"
                    ]
    return sorted(found, key=lambda one: one[:2])


ROUTES = routes()
OPEN = {
    "/v1/users", "/v1/sessions", "/v1/sessions/refresh", "/v1/categories", "/v1/products", "/v1/products/{product}", "/v1/search",
    "/v1/search/suggestions", "/v1/carts", "/v1/carts/{cart_id}", "/v1/carts/{cart_id}/lines", "/v1/carts/{cart_id}/lines/{line_id}",
    "/v1/carts/{cart_id}/coupons", "/v1/carts/{cart_id}/gift-cards", "/v1/carts/{cart_id}/gift-cards/{card_id}", "/v1/gift-card-balances", "/v1/carts/{cart_id}/shipping-options", "/v1/orders", "/v1/orders/{order_id}", "/v1/orders/{order_id}/gift-cards", "/v1/orders/{order_id}/gift-cards/{card_id}/send",
    "/v1/orders/{order_id}/cancel", "/v1/orders/{order_id}/payments", "/v1/products/{product_id}/reviews", "/v1/recommendations",
    "/v1/collections", "/v1/attributes", "/v1/product-types", "/v1/payment-webhooks/{provider}", "/v1/email-verifications", "/v1/password-resets", "/v1/stock-alerts", "/v1/stock-alerts/confirmations",
}  # fmt: skip


CALLERS = {
    "guest": Caller(),
    "customer": Caller(user_id="usr_1"),
    **{role: Caller(user_id="usr_2", role=role) for role in ROLES},
}


def is_let_in(rule: Callable[[Caller], None], caller: Caller) -> bool:
    try:
        rule(caller)
    except (Denied, Unauthenticated):
        return False
    return True


def may_come_in(rule: Callable[[Caller], None], role: str) -> bool:
    """The roles that a rule admits, by its name."""
    needed = rule.__name__.removeprefix("staff(").removesuffix(")")
    return rule is anyone or (rule is signed_in and role != "guest") or needed in ROLES.get(role, frozenset())


def wrong_cells(routes: Iterable[tuple[str, str, Any]]) -> list[str]:
    """Roles that a route admits or refuses against its rule, and routes without a rule."""
    wrong = []
    for method, path, rule in routes:
        if rule is None:
            wrong.append(f"{method} {path} has no rule")
            continue
        for role, caller in CALLERS.items():
            let_in = is_let_in(rule, caller)
            if let_in != may_come_in(rule, role):
                wrong.append(f"{method} {path} {'lets in' if let_in else 'keeps out'} {role}")
    return wrong


def test_each_route_admits_the_roles_its_rule_names() -> None:
    assert len(ROUTES) > 300
    assert wrong_cells(ROUTES) == []


def test_every_wrong_cell_of_routes_and_roles_is_named() -> None:
    def signed(caller: Caller) -> None:
        if caller.user_id != "usr_2":
            raise Denied("Not for you.")

    signed.__name__ = "staff(books.read)"
    found = wrong_cells([("GET", "/v1/a", None), ("GET", "/v1/b", signed), ("GET", "/v1/c", anyone)])
    excluded = [role for role in ROLES if "books.read" not in ROLES[role]]
    assert found == ["GET /v1/a has no rule", *(f"GET /v1/b lets in {role}" for role in excluded)]


def test_only_routes_that_shoppers_need_are_open() -> None:
    opened = {path for _, path, rule in ROUTES if rule is anyone and path.startswith("/v1")}
    assert opened <= OPEN
    assert all(path.startswith(("/office", "/v1", "/account", "/p/")) for _, path, rule in ROUTES if rule is not anyone)


async def test_a_guest_and_a_customer_are_really_refused(api: httpx.AsyncClient, shop: Shop) -> None:
    await shop.users.register("ada@example.com", "correct horse", "Ada")
    me = await sign_in(api, "ada@example.com", "correct horse")
    for method, path, rule in ROUTES:
        if not path.startswith("/v1") or rule is anyone:
            continue
        url = path.replace("{order_id}", "ord_x").replace("{product_id}", "prd_x").replace("{", "x").replace("}", "")
        answer = await api.request(method, url, json={})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (method, path)
        if rule is not signed_in:
            answer = await api.request(method, url, json={}, headers=me)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (method, path)


def test_a_route_without_a_rule_does_not_start() -> None:
    @get("/oops")
    async def oops() -> None: ...

    with pytest.raises(LookupError, match="/oops"):
        every_route_has_a_rule(Litestar([oops], openapi_config=None))


async def test_orders_carts_and_addresses_of_others_are_not_found(api: httpx.AsyncClient, shop: Shop) -> None:
    await shop.users.register("eve@example.com", "correct horse", "Eve")
    eve = await sign_in(api, "eve@example.com", "correct horse")
    order = await place(shop, await sell(shop))
    for path in (f"/v1/orders/{order.id}", f"/v1/orders/{order.number}"):
        assert (await api.get(path, headers=eve)).status_code == 404
    assert (await api.post(f"/v1/orders/{order.id}/cancel", headers=eve)).status_code == 404
    ada = await shop.users.register("ada@example.com", "correct horse", "Ada")
    cart = await shop.carts.create(ada.id)
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("POST", "/lines"),
        ("PUT", "/coupons"),
        ("GET", "/shipping-options"),
    ):
        body = {"sku": "x"} if path == "/lines" else {"codes": []} if path == "/coupons" else {}
        answer = await api.request(method, f"/v1/carts/{cart.id}{path}", json=body, headers=eve)
        assert answer.status_code == 404, (method, path, answer.text)


async def test_limits_name_the_time_to_retry(data) -> None:
    clock = HandClock()
    shop = Shop(make_settings(*data, limits="on", writes_per_minute=3), clock=clock)
    async with (
        shop.running(deliver=False),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=build(shop, deliver=False)), base_url="http://shop.test"
        ) as api,
    ):
        answers = [await api.post("/v1/carts") for _ in range(4)]
        clock.move(seconds=int(answers[3].headers["retry-after"]))
        assert (await api.post("/v1/carts")).status_code == 201
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert answers[0].headers["ratelimit-remaining"] == "2"
    assert 0 < int(answers[3].headers["retry-after"]) <= 61
    assert answers[3].json()["code"] == "rate_limited"


@pytest.mark.parametrize("where", ["/v1/sessions", "/sign-in"])
async def test_guessing_is_limited_for_programs_and_for_browsers(data, where: str) -> None:
    clock = HandClock()
    shop = Shop(make_settings(*data, limits="on", writes_per_minute=10), clock=clock, hasher=QUICK)
    async with (
        shop.running(deliver=False),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=build(shop, deliver=False)), base_url="http://shop.test"
        ) as api,
    ):

        async def guess(number: int) -> httpx.Response:
            credentials = {"email": f"ada{number}@example.com", "password": "correct horse"}
            if where.startswith("/v1"):
                return await api.post(where, json=credentials)
            token = (await api.get("/cart")).cookies.get("form") or api.cookies["form"]
            return await api.post(where, data={**credentials, "_csrf_token": token})

        answers = [await guess(number) for number in range(3)]
        assert [answer.status_code for answer in answers][2] == 429
        assert 429 not in [answer.status_code for answer in answers][:2]
        assert answers[2].headers["ratelimit-remaining"] == "0"
        assert "Too many requests" in answers[2].text
        assert (await api.post("/v1/carts")).status_code == 201
        clock.move(seconds=int(answers[2].headers["retry-after"]))
        assert (await guess(3)).status_code != 429


async def test_a_forged_webhook_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/payment-webhooks/pretend", json={"id": "x", "reference": "y", "time": 1})
    assert answer.status_code == 403
    assert (await api.post("/v1/payment-webhooks/nobody", json={})).status_code == 422


async def test_the_owner_adds_staff_with_the_permissions_of_their_role(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]
) -> None:
    wrong = await api.post(
        "/v1/staff",
        json={
            "email": "bo@example.com",
            "name": "Bo",
            "role": "king",
            "own_password": OWNER[1],
        },
        headers=staff,
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/role")
    made = await api.post(
        "/v1/staff",
        json={
            "email": "bo@example.com",
            "name": "Bo",
            "role": "support",
            "own_password": OWNER[1],
        },
        headers=staff,
    )
    await shop.users.reset_password(await shop.users.invitation_token(made.json()["id"]), "correct horse")
    assert (made.status_code, made.json()["role"]) == (201, "support")
    bo = await sign_in(api, "bo@example.com", "correct horse")
    order = await place(shop, await sell(shop))
    assert (await api.get(f"/v1/orders/{order.id}", headers=bo)).status_code == 200
    assert (await api.post("/v1/products", json={"title": "Mug"}, headers=bo)).status_code == 403
    assert (await api.post("/v1/staff", json={}, headers=bo)).status_code == 403


async def test_after_a_visit_by_tls_shoppers_come_by_tls_only(data: tuple[Path, str]) -> None:
    for url, secure in (("https://shop.test", True), ("http://shop.test", False)):
        settings = msgspec.structs.replace(make_settings(*data), url=url)
        shop = Shop(settings)
        transport = httpx.ASGITransport(app=build(shop, deliver=False))
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            for path in ("/health/live", "/v1/categories", "/sign-in", "/nowhere"):
                answer = await client.get(path)
                assert ("strict-transport-security" in answer.headers) == secure
            cookies = [one for one in answer.headers.get_list("set-cookie") if "__Host-" in one]
            assert all("Secure" in one for one in cookies)
        await shop.close()


@pytest.mark.skipif(ON_SERVERS, reason="there the role of a service drops no table")
async def test_internal_errors_are_described_in_the_log_only(
    local_shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    async with local_shop.databases["pricing"].begin() as tx:
        await tx.run("DROP TABLE dated_tax_rates")
    answer = await api.get("/v1/tax-rates", headers=staff)
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.json()["detail"]
    for inside in ("tax_rates", "sqlite", "Error", "shopwright/"):
        assert inside not in answer.text
    assert answer.headers["x-request-id"] in caplog.text
