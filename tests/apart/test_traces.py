"""One order followed through every service, queue message and statement in the spans sent to an OTLP receiver; and log lines."""

import asyncio
import gzip
import io
import json
import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from shopwright.app import Shop
from shopwright.kit.errors import Invalid
from shopwright.kit.observability import tracing
from shopwright.kit.observability.logs import JsonFormatter
from shopwright.web.application import build
from tests.builders.api import order, ready_cart
from tests.builders.environment import ON_SERVERS
from tests.builders.goods import sell
from tests.builders.server import Server
from tests.builders.shops import OWNER, QUICK, make_settings
from tests.builders.split_shop import apart

Spans = list[dict[str, Any]]


@contextmanager
def receiver() -> Iterator[tuple[str, Spans]]:
    """An OTLP receiver: its URL, and the spans it received."""
    spans: Spans = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                attributes = {one.key: one.value.string_value for one in resource.resource.attributes}
                for one in (span for scope in resource.scope_spans for span in scope.spans):
                    notes = {note.key: note.value.string_value or note.value.int_value for note in one.attributes}
                    spans.append({
                        "service": attributes["service.name"], "name": one.name, "trace": one.trace_id.hex(),
                        "id": one.span_id.hex(), "parent": one.parent_span_id.hex(), "kind": one.kind, "notes": notes,
                    })  # fmt: skip
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        threading.Thread(target=server.serve_forever, args=[0.01]).start()
        try:
            yield f"otlp://127.0.0.1:{server.server_port}", spans
        finally:
            server.shutdown()


@pytest.mark.skipif(not ON_SERVERS, reason="parts apart share servers")
async def test_one_order_is_seen_in_every_service_message_and_statement(data: tuple[Path, str]) -> None:
    with receiver() as (url, spans):
        local_shop = Shop(make_settings(*data, traces=url), hasher=QUICK)
        await local_shop.migrate()
        await local_shop.users.ensure_owner(*OWNER)
        with tracing.watched_by(local_shop.tracer):  # as `Shop.running` has it
            kettle = await sell(local_shop)
        async with apart(local_shop, hasher=QUICK) as gateway:
            transport = httpx.ASGITransport(app=gateway)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api:
                cart = await ready_cart(api, kettle.variants[0].sku)
                await order(api, cart)
            with tracing.watched_by(local_shop.tracer):
                await local_shop.bus.settle()
        await local_shop.close()
    (root,) = [one for one in spans if (one["name"], one["service"]) == ("POST /v1/orders", "shopwright-orders")]
    found = [one for one in spans if one["trace"] == root["trace"]]
    by_id = {one["id"]: one for one in found}
    assert [one["name"] for one in found if not one["parent"]] == ["POST /v1/orders"]
    assert all(one["parent"] in by_id for one in found if one is not root)  # no span is without its parent
    assert root["notes"]["http.response.status_code"] == 201
    # Each called service has a client span and a server span.
    for service in ("carts", "inventory", "pricing", "payments"):
        answers = [one for one in found if one["name"].startswith(f"POST /internal/{service}/")]
        assert answers, service
        assert {one["service"] for one in answers} == {f"shopwright-{service}"}
        assert {by_id[one["parent"]]["service"] for one in answers} <= {
            f"shopwright-{part}" for part in ("orders", "carts")
        }
    # The handlers of the event, and the message of thanks.
    handled = Counter(one["name"] for one in found if one["name"].startswith("handle "))
    assert handled["handle notifications.OrderPlaced"] == 1
    assert handled["handle orders.payment_captured"] == 1
    assert handled["handle notifications.OrderPaid"] == 1  # emitted by the handler of the payment event
    # Every statement, without parameters.
    statements = [one for one in found if "db.query.text" in one["notes"]]
    assert any("INSERT INTO orders" in one["notes"]["db.query.text"] for one in statements)
    assert {one["name"] for one in statements} >= {
        "orders",
        "carts",
        "inventory",
        "payments",
        "notifications",
    }
    everything = json.dumps(spans)
    for personal in ("ada@example.com", "Unter den Linden", cart["id"], kettle.id):
        assert personal not in everything


@pytest.mark.slow
async def test_a_missing_receiver_does_not_disturb_the_shop(data: tuple[Path, str]) -> None:
    shop = Shop(make_settings(*data, traces="otlp://127.0.0.1:1"), hasher=QUICK)
    await shop.migrate()
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api:
        assert (await api.get("/v1/products")).status_code == 200
    async with asyncio.timeout(10):
        await shop.close()


async def test_a_trace_begun_outside_is_not_trusted(data: tuple[Path, str]) -> None:
    with receiver() as (url, spans):
        shop = Shop(make_settings(*data, traces=url), hasher=QUICK)
        await shop.migrate()
        transport = httpx.ASGITransport(app=build(shop, deliver=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api:
            await api.get("/v1/categories", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
        await shop.close()
    assert [one["name"] for one in spans if one["trace"] == "a" * 32] == []
    assert "GET /v1/categories" in {one["name"] for one in spans}


@pytest.mark.parametrize("share", ["2", "-0.1", "all"])
def test_an_invalid_share_is_refused(data: tuple[Path, str], share: str) -> None:
    with pytest.raises(Invalid, match="is between 0 and 1"):
        Shop(make_settings(*data, traces=f"otlp://127.0.0.1:4318?share={share}"))


async def test_a_share_of_zero_sends_nothing(data: tuple[Path, str]) -> None:
    with receiver() as (url, spans):
        shop = Shop(make_settings(*data, traces=f"{url}?share=0"), hasher=QUICK)
        await shop.migrate()
        await sell(shop)
        await shop.close()
    assert spans == []


# --- log lines


async def test_a_log_line_is_one_object_without_personal_data(shop: Shop) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    access, other = logging.getLogger("shopwright.access"), logging.getLogger("shopwright.bus")
    before = access.level
    access.setLevel(logging.INFO)
    access.addHandler(handler)
    other.addHandler(handler)
    try:
        transport = httpx.ASGITransport(app=build(shop, deliver=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api:
            await api.get(
                "/v1/carts/crt_secret", params={"email": "t0ken@example.com"}, headers={"X-Request-Id": "my-request-7"}
            )
        try:
            {}["lost\nin two lines"]
        except KeyError:
            other.warning("%s stumbled", "someone", exc_info=True)
    finally:
        access.setLevel(before)
        access.removeHandler(handler)
        other.removeHandler(handler)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    access_line = next(one for one in lines if one["logger"] == "shopwright.access")
    assert (access_line["method"], access_line["route"], access_line["request_id"]) == (
        "GET",
        "/v1/carts/{cart_id}",
        "my-request-7",
    )
    assert access_line["status"] in {404, 422}
    assert access_line["time"].endswith("Z")
    assert "crt_secret" not in written.getvalue()
    assert "t0ken" not in written.getvalue()
    stumbled = lines[-1]
    assert (stumbled["level"], stumbled["message"]) == ("warning", "someone stumbled")
    assert "KeyError" in stumbled["error"]


@pytest.mark.slow
def test_several_processes_serve_while_traces_are_sent(data: tuple[Path, str]) -> None:
    with receiver() as (url, spans):
        server = Server(*data, workers=2, traces=url).start()
        try:
            assert httpx.get(f"{server.url}/v1/categories", trust_env=False).status_code == 200
        finally:
            server.stop()
        assert any(one["name"].startswith("GET") for one in spans)
