"""For operators: metrics for Prometheus, the system page, and replays of dead events."""

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.web.application import build
from tests.builders.api import order, ready_cart
from tests.builders.environment import APART
from tests.builders.goods import sell
from tests.builders.shops import OWNER, QUICK, make_settings

EVERYTHING_ANSWERS = "Everything answers, and there are no dead events."


def value(text: str, name: str) -> float:
    """The value of one metric, as Prometheus reads it."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, f"{name} is not there"
    return float(found[1])


@pytest.mark.skipif(APART, reason="each process counts for itself: tests/apart")
async def test_events_and_requests_are_counted(api: httpx.AsyncClient, shop: Shop) -> None:
    kettle = (await sell(shop)).variants[0].sku
    cart = await ready_cart(api, kettle)
    assert (await order(api, cart, "pretend_delayed")).status_code == 201
    for _ in range(2):
        await api.get("/v1/products")
    text = (await api.get("/metrics")).text
    assert value(text, 'shopwright_events_total{type="OrderPlaced"}') == 1
    assert value(text, 'shopwright_requests_total{method="POST",route="/v1/orders",status="201"}') == 1
    assert value(text, 'shopwright_request_seconds_count{route="/v1/orders"}') == 1
    assert value(text, 'shopwright_open{what="reservations"}') == 1
    assert value(text, 'shopwright_open{what="payments undecided"}') == 1
    assert value(text, 'shopwright_open{what="payments undecided for long"}') == 0
    assert value(text, 'shopwright_engine_up{engine="database orders"}') == 1
    assert value(text, 'shopwright_deliveries_dead{service="orders"}') == 0
    assert "shopwright_event_loop_lag_seconds" in text
    cached = 'shopwright_prepared_total{how="kept"}'
    if cached in text:  # without versions nothing is cached
        assert value(text, cached) >= 0
    shop.clock.move(minutes=5)
    await order(api, await ready_cart(api, kettle), key="k2")  # the bus is not settled: everything waits
    late = (await api.get("/metrics")).text
    assert value(late, 'shopwright_deliveries_waiting{service="orders"}') > 0
    assert value(late, 'shopwright_delivery_lag_seconds{service="orders"}') > timedelta(minutes=4).total_seconds()
    shop.clock.move(hours=2)
    assert value((await api.get("/metrics")).text, 'shopwright_open{what="payments undecided for long"}') >= 1


@pytest.mark.skipif(APART, reason="each process counts for itself: tests/apart")
async def test_names_invented_by_clients_are_not_counted_one_by_one(api: httpx.AsyncClient) -> None:
    for method, path in (
        ("BREW", "/v1/products"),
        ("PROPFIND", "/v1/products"),
        ("GET", "/v1/made/up"),
        ("GET", "/v1/7"),
    ):
        await api.request(method, path)
    text = (await api.get("/metrics")).text
    for made_up in ("BREW", "PROPFIND", "made/up", "/v1/7"):
        assert made_up not in text
    assert value(text, 'shopwright_requests_total{method="OTHER",route="unmatched",status="405"}') == 2


async def test_a_failed_transaction_counts_nothing(shop: Shop) -> None:
    await sell(shop)
    before = shop.metrics.text().decode()
    with pytest.raises(ZeroDivisionError):
        async with shop.databases["catalog"].batch():
            await sell(shop, "Another")
            raise ZeroDivisionError
    counter = 'shopwright_events_total{type="ProductPublished"}'
    assert value(shop.metrics.text().decode(), counter) == value(before, counter)


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.20.30.40", {}, 404),
        ("fd00::1", {}, 404),
        ("9.9.9.9", {}, 404),
        ("2001:db9::1", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),  # a gateway that is open to the world
        ("unknown", {}, 404),
    ],
)
async def test_metrics_are_served_on_this_machine_only(
    shop: Shop, client: str, headers: dict[str, str], status: int
) -> None:
    transport = httpx.ASGITransport(app=build(shop, deliver=False), client=(client, 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api:
        answer = await api.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("shopwright_" in answer.text) == (status == 200)


async def test_the_owner_sees_the_state_of_the_shop_and_replays_dead_events(api: httpx.AsyncClient, shop: Shop) -> None:
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    await sell(shop)
    await shop.bus.settle()
    page = (await api.get("/office/system")).text
    assert EVERYTHING_ANSWERS in page
    assert ("Web" in page) == APART
    event = (await shop.databases["catalog"].events_after("", 1))[0]
    async with shop.databases["catalog"].begin() as tx:
        await tx.run(
            "INSERT INTO deliveries (fact_id, hearer, subject, due, attempts, state, problem)"
            " VALUES (:id, 'insights.ProductPublished', :subject, 0, 12, 'dead', 'KeyError(''<b>'')')",
            id=event.id, subject=event.subject,
        )  # fmt: skip
    page = (await api.get("/office/system")).text
    assert EVERYTHING_ANSWERS not in page
    assert event.id in page
    assert "KeyError(&#x27;&lt;b&gt;" in page
    token = page.split('name="_csrf_token" value="')[1].split('"')[0]
    part = page.split('name="part" value="')[1].split('"')[0]
    form = {"_csrf_token": token, "part": part, "event": event.id}
    answer = await api.post("/office/system", data=form, follow_redirects=True)
    assert "1 dead event queued for delivery." in answer.text
    assert event.id not in answer.text
    await shop.bus.settle()
    assert await shop.bus.dead() == []


async def test_the_system_page_names_an_engine_that_does_not_answer(data: tuple[Path, str]) -> None:
    shop = Shop(make_settings(*data, cache="redis://127.0.0.1:1/0"), hasher=QUICK)
    await shop.migrate()
    await shop.users.ensure_owner(*OWNER)
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api:
        api.cookies.set("session", await shop.users.open_session(*OWNER))
        page = (await api.get("/office/system")).text
        assert 'role="alert">Cache (all): Redis' in page
        assert EVERYTHING_ANSWERS not in page
        assert value((await api.get("/metrics")).text, 'shopwright_engine_up{engine="cache"}') == 0
        assert (await api.get("/health/ready")).status_code == 200  # it sells nevertheless
    await shop.close()


async def test_the_system_page_needs_the_permission_to_operate(api: httpx.AsyncClient, shop: Shop) -> None:
    await shop.users.register("mo@example.com", "harbour at seven", "Mo", "marketing")
    api.cookies.set("session", await shop.users.open_session("mo@example.com", "harbour at seven"))
    assert (await api.get("/office/system")).status_code == 403
