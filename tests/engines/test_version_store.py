"""Versions in Redis for databases that have none: new after each change, unknown during a commit."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from shopwright.app import Shop
from shopwright.engines.cache import open_versions
from shopwright.engines.cache.redis import RedisCache
from shopwright.engines.cache.redis_versions import RedisVersions
from shopwright.engines.cdn import open_cdn
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


async def test_a_version_differs_after_each_change_and_is_unknown_during_a_commit(
    versions: VersionStore, name: str
) -> None:
    first = await versions.versions([name])
    assert first is not None
    assert await versions.versions([name]) == first
    token = await versions.before(name)
    assert await versions.versions([name]) is None
    await versions.after(name, token)
    second = await versions.versions([name])
    assert second not in {None, first}
    both = await versions.versions([name, name + "other"])
    assert both is not None
    assert both[:1] == second


async def test_of_two_commits_the_last_one_publishes_the_version_again(versions: VersionStore, name: str) -> None:
    one, other = await versions.before(name), await versions.before(name)
    await versions.after(name, other)
    assert await versions.versions([name]) is None
    await versions.after(name, one)
    assert await versions.versions([name]) is not None


async def test_a_process_that_dies_while_committing_expires(versions: VersionStore, name: str) -> None:
    first = await versions.versions([name])
    dying, others = (RedisVersions(RedisCache(server("REDIS")), committing_ms=300, clocks_ms=0) for _ in range(2))
    await dying.before(name)  # and never ends its commit
    await dying.close()
    assert await others.versions([name]) is None
    assert await versions.versions([name]) is None
    await asyncio.sleep(0.5)
    assert await others.versions([name]) == first
    assert await versions.versions([name]) == first
    await others.close()


async def test_a_change_during_a_read_of_versions_is_noticed(versions: VersionStore, name: str) -> None:
    """Answers are shared among concurrent readers, but never one that was requested before the read."""
    await versions.versions([name])
    for _ in range(50):
        early = asyncio.create_task(versions.versions([name]))
        await asyncio.sleep(0)
        other = open_versions(server("REDIS"))
        await change(other, name)
        known = await other.versions([name])
        late = await asyncio.gather(*(versions.versions([name]) for _ in range(5)))
        assert late == [known] * 5
        await early
        await other.close()


async def test_one_request_reads_versions_once_unless_it_changes_data_itself(versions: VersionStore, name: str) -> None:
    await versions.versions([name])
    with one_request():
        first = await versions.versions([name])
        other = open_versions(server("REDIS"))
        await change(other, name)
        assert await versions.versions([name]) == first  # as it was when the request began
        await change(versions, name)
        assert await versions.versions([name]) not in {None, first}
    with one_request():
        assert await versions.versions([name]) == await other.versions([name])
    await other.close()


async def test_an_answer_with_a_change_during_its_rendering_is_cached_by_no_cdn(
    versions: VersionStore, name: str
) -> None:
    there, cdn = open_versions(server("REDIS")), open_cdn("varnish://:secret@127.0.0.1:1")
    changes = [True, False]

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        if changes.pop(0):
            await change(there, name)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    plan = CachePolicy((name,), AnonymousOnly())
    counted = Counter("made", "", ["how"], registry=CollectorRegistry())
    prepared = PageCache(app, {"/x": plan}, ServiceVersions({name: lambda: None}, versions), counted, cdn)
    answers = []
    await change(there, name)  # so that there is a version
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=prepared), base_url="http://shop.test") as client:
        for _ in range(2):
            with one_request():
                answers.append((await client.get("/x")).headers["cache-control"].partition(",")[0])
    assert answers == ["private", "public"]
    await cdn.close()
    await there.close()


async def test_a_failed_version_update_is_repeated_when_redis_is_back(name: str) -> None:
    proxy = TcpProxy(server("REDIS"))
    await proxy.open()
    here, there = open_versions(proxy.url), open_versions(server("REDIS"))
    before = await there.versions([name])
    await proxy.cut()
    await change(here, name)  # no request is blocked
    assert await here.versions([name]) is None
    await proxy.open()
    await asyncio.sleep(1.1)
    assert await here.versions([name]) == await there.versions([name]) != before
    for one in (here, there):
        await one.close()
    await proxy.cut()


def test_caches_with_scripts_store_versions() -> None:
    assert open_versions("memory:") is None
    assert open_versions("memcached://127.0.0.1:11211") is None
    assert isinstance(open_versions("redis://127.0.0.1:6379/0"), RedisVersions)


async def test_cached_reads_use_redis_instead_of_postgresql_and_are_never_stale(data: tuple[Path, str]) -> None:
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
    proxy = TcpProxy(server("REDIS"))
    await proxy.open()
    settings = make_settings(*data, **(engines(data[0]) | {"cache": f"{proxy.url}?prefix={server_place(data[0])}"}))
    shop = Shop(settings, hasher=QUICK)
    lamp = await sell(shop, "Lamp")
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        assert (await client.get("/v1/products/lamp")).status_code == 200
        await proxy.cut()
        signed = await client.post("/v1/sessions", json={"email": "owner@example.com", "password": "owner-password"})
        assert signed.status_code == 201
        cart = (await client.post("/v1/carts")).json()["id"]
        added = await client.post(f"/v1/carts/{cart}/lines", json={"sku": lamp.variants[0].sku, "quantity": 1})
        assert added.status_code == 201
        await shop.pricing.set_prices([Price(lamp.variants[0].id, Money(777, "EUR"))])
        assert '"amount":777' in (await client.get("/v1/products/lamp")).text.replace(" ", "")
        await proxy.open()
        await asyncio.sleep(1.1)
        assert '"amount":777' in (await client.get("/v1/products/lamp")).text.replace(" ", "")
    await shop.close()
    await proxy.cut()
