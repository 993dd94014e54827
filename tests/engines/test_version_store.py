"""Versions in Redis for databases that have none: never the same after a change, never said while one is under way."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from shopwright.app import Shop
from shopwright.engines.cache import open_marks
from shopwright.engines.cache.redis import RedisCache
from shopwright.engines.cache.redis_versions import RedisMarks
from shopwright.engines.cdn import open_edge
from shopwright.kit.caching.page_cache import AnonymousOnly, CachePolicy, PageCache, ServiceVersions
from shopwright.kit.data.unit_of_work import VersionStore, one_request
from shopwright.kit.money import Money
from shopwright.services.pricing.contract import Price
from shopwright.web.application import build
from tests.builders.databases import Counting, change
from tests.builders.environment import POSTGRES, engines, need, server, server_place
from tests.builders.goods import sell
from tests.builders.shops import QUICK, make_settings
from tests.builders.tcp_proxy import TcpProxy


@pytest.fixture
def name() -> str:
    return uuid.uuid4().hex


async def test_a_version_is_another_after_each_change_and_none_is_said_while_one_is_committed(
    marks: VersionStore, name: str
) -> None:
    first = await marks.versions([name])
    assert first is not None
    assert await marks.versions([name]) == first
    token = await marks.before(name)
    assert await marks.versions([name]) is None
    await marks.after(name, token)
    second = await marks.versions([name])
    assert second not in {None, first}
    both = await marks.versions([name, name + "other"])
    assert both is not None
    assert both[:1] == second


async def test_of_two_who_commit_the_last_one_makes_it_known_again(marks: VersionStore, name: str) -> None:
    one, other = await marks.before(name), await marks.before(name)
    await marks.after(name, other)
    assert await marks.versions([name]) is None
    await marks.after(name, one)
    assert await marks.versions([name]) is not None


async def test_who_dies_while_committing_is_forgotten_in_time(marks: VersionStore, name: str) -> None:
    first = await marks.versions([name])
    dying, others = (RedisMarks(RedisCache(server("REDIS")), committing_ms=300, clocks_ms=0) for _ in range(2))
    await dying.before(name)  # and nothing more is heard of it
    await dying.close()
    assert await others.versions([name]) is None
    assert await marks.versions([name]) is None
    await asyncio.sleep(0.5)
    assert await others.versions([name]) == first
    assert await marks.versions([name]) == first
    await others.close()


async def test_who_asks_while_an_answer_is_on_its_way_is_told_of_what_happened_meanwhile(
    marks: VersionStore, name: str
) -> None:
    """Answers are shared among those who ask at once, but never one that was on its way before the question."""
    await marks.versions([name])
    for _ in range(50):
        early = asyncio.create_task(marks.versions([name]))
        await asyncio.sleep(0)
        other = open_marks(server("REDIS"))
        await change(other, name)
        known = await other.versions([name])
        late = await asyncio.gather(*(marks.versions([name]) for _ in range(5)))
        assert late == [known] * 5
        await early
        await other.close()


async def test_one_request_asks_once_unless_it_changes_something_itself(marks: VersionStore, name: str) -> None:
    await marks.versions([name])
    with one_request():
        first = await marks.versions([name])
        other = open_marks(server("REDIS"))
        await change(other, name)
        assert await marks.versions([name]) == first  # as it was when the request began
        await change(marks, name)
        assert await marks.versions([name]) not in {None, first}
    with one_request():
        assert await marks.versions([name]) == await other.versions([name])
    await other.close()


async def test_what_changed_while_an_answer_was_made_is_kept_by_no_cache_in_front(
    marks: VersionStore, name: str
) -> None:
    there, edge = open_marks(server("REDIS")), open_edge("varnish://:secret@127.0.0.1:1")
    changes = [True, False]

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        if changes.pop(0):
            await change(there, name)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    plan = CachePolicy((name,), AnonymousOnly())
    counted = Counter("made", "", ["how"], registry=CollectorRegistry())
    prepared = PageCache(app, {"/x": plan}, ServiceVersions({name: lambda: None}, marks), counted, edge)
    said = []
    await change(there, name)  # so that there is a version
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=prepared), base_url="http://shop.test") as client:
        for _ in range(2):
            with one_request():
                said.append((await client.get("/x")).headers["cache-control"].partition(",")[0])
    assert said == ["private", "public"]
    await edge.close()
    await there.close()


async def test_what_could_not_be_marked_is_marked_when_redis_is_back(name: str) -> None:
    road = TcpProxy(server("REDIS"))
    await road.open()
    here, there = open_marks(road.url), open_marks(server("REDIS"))
    before = await there.versions([name])
    await road.cut()
    await change(here, name)  # nobody is held up
    assert await here.versions([name]) is None
    await road.open()
    await asyncio.sleep(1.1)
    assert await here.versions([name]) == await there.versions([name]) != before
    for one in (here, there):
        await one.close()
    await road.cut()


def test_caches_that_can_be_asked_by_script_alone_keep_versions() -> None:
    assert open_marks("memory:") is None
    assert open_marks("memcached://127.0.0.1:11211") is None
    assert isinstance(open_marks("redis://127.0.0.1:6379/0"), RedisMarks)


async def test_hot_reads_ask_redis_instead_of_postgresql_and_are_never_behind(data: tuple[Path, str]) -> None:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    counting = Counting()
    more = engines(data[0]) | {"cache": f"{server('REDIS')}?prefix={server_place(data[0])}"}
    here = Shop(make_settings(*data, **more), hasher=QUICK, around=counting)
    there = Shop(make_settings(*data, **more), hasher=QUICK)
    lamp = await sell(there, "Lamp")
    await there.search.bring_up_to_date()
    transport = httpx.ASGITransport(app=build(here, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        for path in ("/v1/products/lamp", "/p/lamp"):
            await client.get(path)
            for _ in range(3):
                before = counting.reads
                assert (await client.get(path)).status_code == 200
                assert counting.reads == before, "it was made anew"
            for amount in range(1000, 1020):
                await there.pricing.set_prices([Price(lamp.variants[0].id, Money(amount, "EUR"))])
                text = (await client.get(path)).text
                assert str(amount) in text.replace(".", "").replace(",", "")
    for one in (here, there):
        await one.close()


async def test_the_shop_goes_on_while_redis_is_gone(data: tuple[Path, str]) -> None:
    road = TcpProxy(server("REDIS"))
    await road.open()
    settings = make_settings(*data, **(engines(data[0]) | {"cache": f"{road.url}?prefix={server_place(data[0])}"}))
    shop = Shop(settings, hasher=QUICK)
    lamp = await sell(shop, "Lamp")
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        assert (await client.get("/v1/products/lamp")).status_code == 200
        await road.cut()
        signed = await client.post("/v1/sessions", json={"email": "owner@example.com", "password": "owner-password"})
        assert signed.status_code == 201
        cart = (await client.post("/v1/carts")).json()["id"]
        added = await client.post(f"/v1/carts/{cart}/lines", json={"sku": lamp.variants[0].sku, "quantity": 1})
        assert added.status_code == 201
        await shop.pricing.set_prices([Price(lamp.variants[0].id, Money(777, "EUR"))])
        assert '"amount":777' in (await client.get("/v1/products/lamp")).text.replace(" ", "")
        await road.open()
        await asyncio.sleep(1.1)
        assert '"amount":777' in (await client.get("/v1/products/lamp")).text.replace(" ", "")
    await shop.close()
    await road.cut()
