"""Queries, cursors and names are validated as strictly as bodies; HEAD is GET without a body."""

from typing import Any

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from shopwright.app import Shop
from shopwright.kit.http.pagination import NO_CURSOR
from shopwright.web.application import build_api
from tests.builders.goods import sell
from tests.builders.orders import place

pytestmark = pytest.mark.slow

ID = "01jq8x4e9zq5k0v7n3c2t1m8wd"


def lists() -> list[str]:
    """Every list of the API with a cursor."""
    return sorted(
        route.path_format
        for route in build_api().routes
        for handler in (route.route_handlers if isinstance(route, HTTPRoute) else [])
        if isinstance(handler, HTTPRouteHandler) and "after" in handler.parsed_fn_signature.parameters
    )


@pytest.mark.parametrize("path", lists())
async def test_a_cursor_of_another_list_is_refused(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str], path: str
) -> None:
    product = await sell(shop)
    path = path.replace("{product_id}", product.id)
    assert (await api.get(path, headers=staff)).status_code == 200
    for garbage in (
        "garbage",
        "0",
        "-1",
        "ord_x",
        "%20",
        "~",
        "1e9",
        "9" * 30,
        "usr_" + ID,
        "prd_" + ID.upper(),
        "prd_" + ID + "x",
        "' OR 1=1",
    ):
        if garbage == "0" and path in {"/v1/events", "/v1/audit"}:
            continue  # there a cursor is a number
        answer = await api.get(path, params={"after": garbage}, headers=staff)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), (path, garbage, answer.text)
        assert answer.json()["errors"][0] == {"pointer": "/after", "code": "invalid", "detail": NO_CURSOR}


async def test_a_list_continues_from_its_cursor(api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]) -> None:
    first, second = await sell(shop), await sell(shop, "Tide Mug")
    for product in (first, second):
        await place(shop, product)
    members = {"slug": "both", "title": "Both", "product_ids": [second.id, first.id]}
    assert (await api.post("/v1/collections", json=members, headers=staff)).is_success
    for path in ("/v1/products", "/v1/products?collection=both", "/v1/orders", "/v1/events"):
        seen, after = [], ""
        for _ in range(2):
            found = await api.get(
                path, params={**dict(httpx.URL(path).params), "limit": "1", "after": after}, headers=staff
            )
            assert found.status_code == 200, found.text
            seen += [one["id"] for one in found.json()["items"]]
            after = found.json()["next"] or ""
        assert len(set(seen)) == 2, path


def reads() -> list[str]:
    return sorted(
        route.path_format
        for route in build_api().routes
        for handler in (route.route_handlers if isinstance(route, HTTPRoute) else [])
        if isinstance(handler, HTTPRouteHandler) and "GET" in handler.http_methods and route.path.startswith("/v1")
    )


@pytest.mark.parametrize("path", reads())
async def test_an_unknown_parameter_is_refused_by_name(
    api: httpx.AsyncClient, staff: dict[str, str], path: str
) -> None:
    plain_path = path.replace("{", "").replace("}", "")
    for name in ("bogus", "utm_source", "afer", "Limit", "attr"):
        answer = await api.get(plain_path, params={name: "1"}, headers=staff)
        assert answer.status_code == 422, (path, answer.text)
        error = answer.json()["errors"][0]
        assert (error["pointer"], error["code"]) == (f"/{name}", "unknown_parameter")
        assert name in error["detail"]


async def test_values_are_known_unique_and_of_bounded_length(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]
) -> None:
    wrong = await api.get("/v1/orders?status=payd", headers=staff)
    assert wrong.status_code == 422
    assert "placed, paid, part_shipped" in wrong.json()["detail"]
    for path, pointer in (
        ("/v1/orders?limit=1&limit=2", "/limit"), ("/v1/search?q=a&q=b", "/q"), ("/v1/search?sort=best", "/sort"), ("/v1/search?page=0", "/page"),
        ("/v1/products?limit=1000", "/limit"), ("/v1/search?q=" + "x" * 256, "/q"), ("/v1/search?q=a%00", "/q"), ("/v1/search?q=a%0Ab", "/q"),
        ("/v1/search?q=%E2%80%AE", "/q"), ("/v1/search?attr.x=" + "x" * 256, "/attr.x"),
        ("/v1/reviews?status=lost", "/status"),
    ):  # fmt: skip
        answer = await api.get(path, headers=staff)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), (path, answer.text)
    for path in ("/v1/search?q=%ff", "/v1/search?" + "&".join(f"attr.a{n}=1" for n in range(201))):
        assert (await api.get(path)).status_code == 400, path
    assert (
        await api.get("/v1/search?attr.colour=red&attr.colour=blue&brand=a&brand=b&category=c&in_stock=true")
    ).is_success


async def test_an_empty_name_is_missing(api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]) -> None:
    product = await sell(shop)
    variant = product.variants[0]
    for name in (variant.id, variant.sku):
        stock = await api.get(f"/v1/stock/{name}", headers=staff)
        assert (stock.json()["variant_id"], stock.json()["total"]["on_hand"]) == (variant.id, 5)
    for method, path, body in (
        ("GET", "/v1/stock/anything", None), ("PUT", "/v1/stock-rules/anything", {}), ("GET", "/v1/products?collection=nowhere", None), ("GET", "/v1/products?category=nowhere", None),
        ("GET", "/v1/products/" + "x" * 300, None), ("GET", "/v1/recommendations?kind=similar&product=nowhere", None),
    ):  # fmt: skip
        answer = await api.request(method, path, json=body, headers=staff)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (path, answer.text)


async def test_pages_ignore_tracking_parameters(api: httpx.AsyncClient, shop: Shop) -> None:
    product = await sell(shop)
    for path in ("/", f"/p/{product.slug}", "/search?q=kettle"):
        mark = "&" if "?" in path else "?"
        assert (await api.get(f"{path}{mark}utm_source=letter&gclid={'x' * 300}")).status_code == 200
    assert (await api.get("/search?q=a%00b")).status_code == 422
    assert (await api.get("/sign-in?next=" + "x" * 2049)).status_code == 422


async def test_head_is_get_without_the_body(api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]) -> None:
    product = await sell(shop)
    changing: Any = {"date", "x-request-id", "set-cookie", "content-length"}
    for path in ("/", f"/p/{product.slug}", "/cart", "/sign-in", "/search?q=kettle", "/v1/products", f"/v1/products/{product.id}",
                 "/v1/search?q=kettle", "/health/live", "/openapi.json", "/robots.txt", "/nowhere", "/v1/orders", "/account"):  # fmt: skip
        got, head = await api.get(path), await api.head(path)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        assert {k: v for k, v in head.headers.items() if k not in changing} == {
            k: v for k, v in got.headers.items() if k not in changing
        }, path
        if "nowhere" not in path and "_csrf" not in got.text:
            assert head.headers["content-length"] == str(len(got.content)) or "instance" in got.text, path
    for path in ("/v1/carts", "/v1/sessions"):
        assert (await api.head(path)).status_code in {401, 405}


async def test_reviews_of_an_impossible_product_are_not_found(api: httpx.AsyncClient, shop: Shop) -> None:
    kettle = await sell(shop)
    assert (await api.get(f"/v1/products/{kettle.id}/reviews")).json()["items"] == []
    for name in ("nope", kettle.slug, "ord_" + kettle.id[4:], kettle.id + "x", kettle.id.upper()):
        answer = await api.get(f"/v1/products/{name}/reviews")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), name
