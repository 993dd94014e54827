"""The main journey through the HTTP API, as external clients may rely on it (shared/API.md)."""

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.money import Money
from shopwright.services.inventory.contract import Adjustment
from shopwright.services.pricing.contract import Price
from tests.builders.api import ADDRESS, order, ready_cart
from tests.builders.customers import sign_in
from tests.builders.environment import APART
from tests.builders.goods import sell
from tests.builders.shops import QUICK, make_settings


async def test_a_guest_buys_and_staff_ship_and_refund(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]
) -> None:
    kettle = await sell(shop, colours=("Red", "Blue"), brand="Ostra")
    await shop.search.bring_up_to_date()
    found = (await api.get("/v1/search", params={"q": "ketle", "brand": "Ostra"})).json()
    assert (found["total"], found["corrected_query"]) == (1, "kettle")
    product = (await api.get(f"/v1/products/{found['items'][0]['slug']}")).json()
    assert [variant["options"] for variant in product["variants"]] == [{"Colour": "Red"}, {"Colour": "Blue"}]
    assert product["variants"][0]["price"] == {"amount": 6400, "currency": "EUR"}

    cart = await ready_cart(api, product["variants"][1]["sku"], 2)
    assert cart["totals"]["total"] == {"amount": 12800, "currency": "EUR"}
    assert [step["step"] for step in cart["receipt"]] == ["list", "shipping", "tax", "total"]
    placed = await order(api, cart)
    assert placed.status_code == 201, placed.text
    made = placed.json()
    assert (made["status"], made["payment"]["status"], made["payment"]["next_action"]) == ("paid", "captured", None)

    assert (await api.get(f"/v1/orders/{made['id']}")).status_code == 404
    assert (await api.get(f"/v1/orders/{made['number']}", params={"email": "eve@example.com"})).status_code == 404
    assert (await api.get(f"/v1/orders/{made['number']}", params={"email": "ada@example.com"})).status_code == 404
    assert (await api.get(f"/v1/orders/{made['id']}", params={"email": "Ada@example.com"})).json()["id"] == made["id"]

    line = made["lines"][0]["id"]
    shipment = {"lines": [{"line_id": line, "quantity": 1}], "carrier": "DHL", "tracking_number": "00340"}
    shipped = (await api.post(f"/v1/orders/{made['id']}/shipments", json=shipment, headers=staff)).json()
    assert shipped["status"] == "part_shipped"
    refund = {"lines": [{"line_id": line, "quantity": 1}], "reason": "dented", "restock": True}
    refunded = await api.post(
        f"/v1/orders/{made['id']}/refunds", json=refund, headers={**staff, "Idempotency-Key": "r1"}
    )
    assert refunded.json()["payment"]["status"] == "part_refunded"
    again = await api.post(f"/v1/orders/{made['id']}/refunds", json=refund, headers={**staff, "Idempotency-Key": "r1"})
    assert len(again.json()["refunds"]) == 1
    assert (await shop.inventory.stock([kettle.variants[1].id]))[kettle.variants[1].id].on_hand == 4
    await shop.bus.settle()
    events = (await api.get("/v1/events", params={"limit": 100}, headers=staff)).json()
    assert {"OrderPlaced", "OrderPaid", "OrderShipped", "OrderRefunded"} <= {event["type"] for event in events["items"]}
    assert {"id", "type", "time", "subject", "data"} <= set(events["items"][0])


async def test_the_same_key_gives_the_same_answer_and_another_body_a_conflict(
    api: httpx.AsyncClient, shop: Shop
) -> None:
    kettle = await sell(shop)
    cart = await ready_cart(api, kettle.variants[0].sku)
    first, second = await order(api, cart), await order(api, cart)
    assert first.json()["id"] == second.json()["id"]
    other = await order(api, {**cart, "totals": {"total": {"amount": 1}}})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    body = {"cart_id": cart["id"], "expected_total": 1, "payment": {"provider": "pretend"}}
    without = await api.post("/v1/orders", json=body)
    assert (without.status_code, without.json()["errors"][0]["pointer"]) == (422, "/headers/Idempotency-Key")


async def test_any_other_post_honours_the_key_too(api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    headers = {**staff, "Idempotency-Key": "make-a-mug"}
    first = await api.post("/v1/products", json={"title": "Mug"}, headers=headers)
    second = await api.post("/v1/products", json={"title": "Mug"}, headers=headers)
    assert first.json()["id"] == second.json()["id"]
    assert second.headers["idempotency-replayed"] == "true"
    other = await api.post("/v1/products", json={"title": "Cup"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    for key in ("", "x" * 300):
        assert (
            await api.post("/v1/products", json={"title": "Cup"}, headers={**staff, "Idempotency-Key": key})
        ).status_code == 422


async def test_a_changed_price_is_refused_with_the_new_total(api: httpx.AsyncClient, shop: Shop) -> None:
    kettle = await sell(shop)
    cart = await ready_cart(api, kettle.variants[0].sku)
    answer = await order(api, {**cart, "totals": {"total": {"amount": 5}}})
    assert (answer.status_code, answer.json()["code"]) == (409, "price_changed")
    assert answer.json()["data"]["total"]["amount"] == cart["totals"]["total"]["amount"]


async def test_three_d_secure_answers_with_an_address_to_go_to(api: httpx.AsyncClient, shop: Shop) -> None:
    cart = await ready_cart(api, (await sell(shop)).variants[0].sku)
    action = (await order(api, cart, "pretend_3ds")).json()["payment"]["next_action"]
    assert action["type"] == "redirect"
    page = await api.get(action["url"])
    assert "Confirm payment" in page.text
    back = await api.post(action["url"], data={"answer": "approve"})
    assert back.status_code == 303


async def test_a_declined_card_is_reported_and_another_pays(api: httpx.AsyncClient, shop: Shop) -> None:
    cart = await ready_cart(api, (await sell(shop)).variants[0].sku)
    made = (await order(api, cart, "pretend_declined")).json()
    assert (made["status"], made["payment"]["status"], made["payment"]["code"]) == (
        "placed",
        "failed",
        "payment_declined",
    )
    retry = await api.post(
        f"/v1/orders/{made['id']}/payments",
        params={"email": "ada@example.com"},
        json={"provider": "pretend", "token": "pretend_ok"},
        headers={"Idempotency-Key": "another-card"},
    )
    assert retry.json()["status"] == "paid"


async def test_a_customer_registers_signs_in_and_sees_their_orders(api: httpx.AsyncClient, shop: Shop) -> None:
    registered = await api.post(
        "/v1/users", json={"email": "ada@example.com", "password": "correct horse", "name": "Ada"}
    )
    assert registered.status_code == 201
    assert "password" not in registered.text
    me = await sign_in(api, "ada@example.com", "correct horse")
    cart = await ready_cart(api, (await sell(shop)).variants[0].sku, headers=me)
    made = (await order(api, cart, headers=me)).json()
    mine = (await api.get("/v1/orders", headers=me)).json()
    assert [one["id"] for one in mine["items"]] == [made["id"]]
    assert (await api.get(f"/v1/orders/{made['id']}", headers=me)).status_code == 200
    assert (await api.get(f"/v1/carts/{cart['id']}")).status_code == 404
    assert (await api.patch("/v1/me", json={"name": "Ada L."}, headers=me)).json()["name"] == "Ada L."
    saved = await api.post("/v1/me/addresses", json=ADDRESS, headers=me)
    assert saved.status_code == 201
    await shop.bus.settle()
    review = await api.post(
        f"/v1/products/{made['lines'][0]['product_id']}/reviews",
        json={"rating": 5, "title": "Good", "body": "Boils."},
        headers=me,
    )
    assert review.status_code == 201, review.text
    assert (await api.delete("/v1/sessions/current", headers=me)).status_code == 204
    assert (await api.get("/v1/me", headers=me)).status_code == 401


async def test_lists_continue_where_they_stopped(api: httpx.AsyncClient, shop: Shop) -> None:
    for n in range(5):
        await sell(shop, f"Mug {n}")
    first = (await api.get("/v1/products", params={"limit": 3})).json()
    second = (await api.get("/v1/products", params={"limit": 3, "after": first["next"]})).json()
    assert [one["title"] for one in first["items"] + second["items"]] == [f"Mug {n}" for n in range(5)]
    assert second["next"] is None


async def test_a_lost_update_is_412(api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]) -> None:
    kettle = await sell(shop)
    read = await api.get(f"/v1/products/{kettle.id}", headers=staff)
    headers = {**staff, "If-Match": read.headers["etag"]}
    changed = await api.patch(f"/v1/products/{kettle.id}", json={"title": "Better Kettle"}, headers=headers)
    assert (changed.status_code, changed.json()["title"], changed.json()["variants"][0]["price"]["amount"]) == (
        200,
        "Better Kettle",
        6400,
    )
    lost = await api.patch(f"/v1/products/{kettle.id}", json={"title": "Worse Kettle"}, headers=headers)
    assert (lost.status_code, lost.json()["code"]) == (412, "version_conflict")
    assert (await api.delete(f"/v1/products/{kettle.id}", headers=staff)).status_code == 204
    assert (await api.get(f"/v1/products/{kettle.id}")).status_code == 404


async def test_a_backorder_is_bought_and_shipped_when_stock_arrives(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]
) -> None:
    kettle = await sell(shop, on_hand=1)
    variant = kettle.variants[0].id
    rule = await api.put(f"/v1/stock-rules/{variant}", json={"backorder": 2}, headers=staff)
    assert rule.json() == {"backorder": 2, "low_at": 3}
    assert (await api.put(f"/v1/stock-rules/{variant}", json={"backorder": -1}, headers=staff)).status_code == 422
    shown = (await api.get(f"/v1/products/{kettle.slug}")).json()["variants"][0]
    assert (shown["available"], shown["backorder"]) == (3, 2)
    made = (await order(api, await ready_cart(api, shown["sku"], 3))).json()["id"]
    send = {"carrier": "DHL", "tracking_number": "1"}
    for lines in ([], [{"line_id": "x", "quantity": 0}]):  # zero means zero, not the whole rest
        nothing = await api.post(f"/v1/orders/{made}/shipments", json={**send, "lines": lines}, headers=staff)
        assert nothing.status_code == 422, nothing.text
    refused = await api.post(f"/v1/orders/{made}/shipments", json=send, headers=staff)
    assert refused.status_code == 409
    assert "2 are on backorder: 1 can be sent now" in refused.json()["detail"]
    line = (await api.get(f"/v1/orders/{made}", headers=staff)).json()["lines"][0]["id"]
    one = {**send, "lines": [{"line_id": line, "quantity": 1}]}
    assert (await api.post(f"/v1/orders/{made}/shipments", json=one, headers=staff)).status_code == 201
    detail = (await api.get(f"/v1/stock/{variant}", headers=staff)).json()
    assert detail["total"] == {"on_hand": 0, "reserved": 0, "available": 0}
    await api.post("/v1/stock-adjustments", json={"variant_id": variant, "delta": 5, "reason": "came"}, headers=staff)
    assert (await api.post(f"/v1/orders/{made}/shipments", json=send, headers=staff)).status_code == 201
    assert (await api.get(f"/v1/orders/{made}", headers=staff)).json()["status"] == "shipped"
    detail = (await api.get(f"/v1/stock/{variant}", headers=staff)).json()
    assert detail["total"] == {"on_hand": 3, "reserved": 0, "available": 5}
    assert "on backorder" in detail["movements"][0]["reason"]


async def test_staff_manage_locations(api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    made = await api.put("/v1/stock-locations/north", json={"title": "North", "position": 1}, headers=staff)
    assert made.json() == {"id": "north", "title": "North", "position": 1}
    assert (await api.put("/v1/stock-locations/No rth", json={"title": "x"}, headers=staff)).status_code == 422
    listed = (await api.get("/v1/stock-locations", headers=staff)).json()["items"]
    assert [one["id"] for one in listed] == ["main", "north"]
    assert (await api.delete("/v1/stock-locations/north", headers=staff)).status_code == 204
    assert (await api.delete("/v1/stock-locations/main", headers=staff)).status_code == 409


async def test_stock_is_adjusted_by_sku(api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]) -> None:
    kettle = await sell(shop)
    answer = await api.post(
        "/v1/stock-adjustments", json={"sku": kettle.variants[0].sku, "delta": -2, "reason": "broken"}, headers=staff
    )
    assert (answer.status_code, answer.json()["on_hand"]) == (201, 3)
    below = await api.post(
        "/v1/stock-adjustments", json={"sku": kettle.variants[0].sku, "delta": -9, "reason": "x"}, headers=staff
    )
    assert below.status_code == 409


async def test_recommendations_name_their_reason(api: httpx.AsyncClient, shop: Shop) -> None:
    lamp = await sell(shop, "Lamp", tags=("brass",))
    await sell(shop, "Twin", tags=("brass",))
    items = (await api.get("/v1/recommendations", params={"kind": "similar", "product": lamp.id})).json()["items"]
    assert [(one["title"], one["reason"]) for one in items] == [("Twin", "Similar to this")]


@pytest.mark.slow
async def test_the_openapi_document_validates_and_names_every_path(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    from openapi_spec_validator import validate  # importing it builds forty grammars

    validate(document)
    assert document["openapi"].startswith("3.1")
    for path in (
        "/v1/users",
        "/v1/sessions",
        "/v1/products/{product}",
        "/v1/search",
        "/v1/carts/{cart_id}/lines",
        "/v1/orders",
        "/v1/events",
    ):
        assert path in document["paths"]
    assert "Place the order of a cart" in (await api.get("/docs")).text


async def test_the_operator_sees_health_and_metrics(api: httpx.AsyncClient) -> None:
    if APART:
        pytest.skip("each process tells of itself, and nobody outside: tests/apart")
    assert (await api.get("/health/live")).json() == {"status": "ok"}
    ready = (await api.get("/health/ready")).json()
    assert ready["status"] == "ok"
    assert ready["engines"]["database orders"] == "ok"
    assert "shopwright_deliveries_waiting" in (await api.get("/metrics")).text


async def test_every_answer_carries_a_request_id_and_safe_headers(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/categories", headers={"X-Request-Id": "my-own-request-1"})
    assert answer.headers["x-request-id"] == "my-own-request-1"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert (await api.get("/", headers={"X-Request-Id": "bad id\u0000"[:6]})).headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "pointer"),
    [
        (
            "POST",
            "/v1/users",
            {"email": "a@example.com", "password": "long enough", "name": "A", "role": "owner"},
            400,
            "/role",
        ),
        ("POST", "/v1/users", {"email": "a@example.com", "password": "long enough"}, 400, "/name"),
        ("POST", "/v1/sessions", {"email": 5, "password": "x"}, 400, "/email"),
        ("POST", "/v1/carts/CART/lines", {"sku": "X", "quantity": "two"}, 400, "/quantity"),
        ("POST", "/v1/carts/CART/lines", {"sku": "X", "quantity": 1.5}, 400, "/quantity"),
        ("POST", "/v1/carts/CART/lines", {"quantity": 1}, 422, "/variant_id"),
        (
            "PATCH",
            "/v1/carts/CART",
            {"shipping_address": {"name": "A", "line1": "x", "country": "XX"}},
            422,
            "/shipping_address/country",
        ),
        (
            "PATCH",
            "/v1/carts/CART",
            {"shipping_address": {"name": "A", "line1": "x", "country": "DE", "planet": "Mars"}},
            400,
            "/shipping_address/planet",
        ),
        ("GET", "/v1/search?page=0", None, 422, "/page"),
        ("GET", "/v1/search?sort=best", None, 422, "/sort"),
        ("GET", "/v1/products?limit=1000", None, 422, "/limit"),
    ],
)
async def test_bad_input_is_reported_with_field_and_reason(
    api: httpx.AsyncClient, method: str, path: str, body, status: int, pointer: str
) -> None:
    cart = (await api.post("/v1/carts")).json()["id"]
    answer = await api.request(method, path.replace("CART", cart), json=body)
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    problem_details = answer.json()
    assert (problem_details["status"], answer.status_code) == (status, status), problem_details
    assert pointer in {problem["pointer"] for problem in problem_details["errors"]}, problem_details
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"<a/>", "application/xml", 415),
        (b"", "application/json", 400),
    ],
)
async def test_bodies_that_are_not_json_are_refused(
    api: httpx.AsyncClient, content: bytes, kind: str, status: int
) -> None:
    answer = await api.post("/v1/sessions", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["status"]) == (status, status)


async def test_an_unknown_path_is_404_and_an_unknown_method_405(api: httpx.AsyncClient) -> None:
    for path in ("/v1/nothing", "/v1/products/none", "/v1/carts/crt_none", "/media/x/320.webp"):
        answer = await api.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    assert (await api.put("/v1/categories")).status_code == 405


async def test_a_prepared_answer_is_never_older_than_a_change_by_another_process(
    api: httpx.AsyncClient, shop: Shop, data
) -> None:
    kettle = await sell(shop)
    await shop.search.bring_up_to_date()
    other = Shop(make_settings(*data), clock=shop.clock, hasher=QUICK)
    paths = (f"/v1/products/{kettle.slug}", "/v1/products", "/v1/search?q=kettle")
    try:
        for round_ in range(2):
            first = [(await api.get(path)).content for path in paths]
            assert [(await api.get(path)).content for path in paths] == first
            price = 5000 + round_
            await other.pricing.set_prices([Price(kettle.variants[0].id, Money(price, "EUR"))])
            assert (await api.get(paths[0])).json()["variants"][0]["price"]["amount"] == price
            await other.bus.settle()
            await other.search.bring_up_to_date()
            assert (await api.get(paths[1])).json()["items"][0]["price"]["amount"] == price
            assert (await api.get(paths[2])).json()["items"][0]["price"]["amount"] == price
            await other.inventory.adjust(
                [Adjustment(variant_id=kettle.variants[0].id, on_hand=round_ + 1, reason="counted")]
            )
            assert (await api.get(paths[0])).json()["variants"][0]["available"] == round_ + 1
            await other.catalog.set_status(kettle.id, "retired")
            assert (await api.get(paths[0])).status_code == 404
            await other.catalog.set_status(kettle.id, "published")
            assert (await api.get(paths[0])).status_code == 200
    finally:
        await other.close()
