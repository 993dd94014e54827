"""Pages rendered by one process are served by the others from Redis or Memcached while their data do not change."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.types import Scope
from prometheus_client import CollectorRegistry, Counter

from shopwright.app import Shop
from shopwright.engines.cache import open_cache, open_shared_pages
from shopwright.kit.caching.page_cache import CachePolicy, Header, PageCache, ServiceVersions
from shopwright.kit.caching.shared_page_cache import SharedPageCache
from shopwright.kit.data.unit_of_work import VersionStore
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money
from shopwright.kit.ports import Cache
from shopwright.services.pricing.contract import Price
from shopwright.web.application import build
from tests.builders.databases import change
from tests.builders.environment import POSTGRES, engines, need, server, server_place
from tests.builders.goods import sell
from tests.builders.shops import QUICK, make_settings
from tests.builders.tcp_proxy import TcpProxy

LONG = timedelta(seconds=30)


class Guests:
    """Visitors who see a number of their own in one slot, which has another name in each process."""

    bare: Sequence[Header] = ()

    def __init__(self) -> None:
        self.places: Sequence[bytes] = (uuid.uuid4().hex.encode(),)

    def known(self, _scope: Scope) -> bool:
        return False

    async def fill(self, scope: Scope) -> tuple[Mapping[bytes, bytes], Sequence[Header]]:
        return {self.places[0]: dict(scope["headers"])[b"x-number"]}, ()


class Process:
    """One of several processes; `made` counts its renderings."""

    def __init__(self, versions: VersionStore, name: str, cache: Cache, maker: str = "this version") -> None:
        self.made = 0
        self.outages = 0
        self.fails = False
        self.begun = asyncio.Event()
        self.large = b""
        self._visitors = Guests()
        plan = CachePolicy((name,), self._visitors, own=[lambda: self.outages])
        counted = Counter("made", "", ["how"], registry=CollectorRegistry())
        sources = ServiceVersions({name: lambda: None}, versions)
        prepared = PageCache(self._answer, {"/x": plan}, sources, counted, shared_pages=SharedPageCache(cache, maker))
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app=prepared), base_url="http://shop.test")

    async def _answer(self, _scope: Any, _receive: Any, send: Any) -> None:
        self.made += 1
        self.begun.set()
        await asyncio.sleep(0.05)
        self.outages += self.fails
        headers = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"<" + self._visitors.places[0] + b">" + self.large})

    async def ask(self, number: int = 1, path: str = "/x") -> str:
        answer = await self._client.get(path, headers={"x-number": str(number)})
        assert answer.headers["content-type"] == "text/plain"
        return answer.text


@pytest.fixture
async def name(versions: VersionStore) -> str:
    """A service that has a version."""
    made = uuid.uuid4().hex
    await change(versions, made)
    return made


async def test_a_page_rendered_by_one_process_is_served_by_others_with_the_parts_of_each_visitor(
    versions: VersionStore, name: str, cache: Cache
) -> None:
    here, there = (Process(versions, name, cache) for _ in range(2))
    assert [await here.ask(1), await there.ask(2), await there.ask(3)] == ["<1>", "<2>", "<3>"]
    assert (here.made, there.made) == (1, 0)


async def test_after_each_change_one_process_renders_the_page_again(
    versions: VersionStore, name: str, cache: Cache
) -> None:
    here, there = (Process(versions, name, cache) for _ in range(2))
    for times in range(1, 4):
        await here.ask()
        await there.ask()
        assert (here.made, there.made) == (times, 0)
        await change(versions, name)


async def test_concurrent_requests_for_one_page_wait_for_one_rendering(
    versions: VersionStore, name: str, cache: Cache
) -> None:
    here = Process(versions, name, cache)
    for times in range(1, 4):
        assert await asyncio.gather(*map(here.ask, range(30))) == [f"<{number}>" for number in range(30)]
        assert here.made == times
        await change(versions, name)


async def test_a_request_that_waited_for_an_incomplete_page_renders_its_own(
    versions: VersionStore, name: str, cache: Cache
) -> None:
    here = Process(versions, name, cache)
    requests = [asyncio.create_task(here.ask())]
    await here.begun.wait()
    requests += [asyncio.create_task(here.ask(number)) for number in range(2, 6)]
    await asyncio.sleep(0.01)  # they wait
    here.outages += 1
    assert await asyncio.gather(*requests) == [f"<{number}>" for number in range(1, 6)]
    assert here.made == 5


async def test_an_incomplete_page_is_not_shared(versions: VersionStore, name: str, cache: Cache) -> None:
    here, there = (Process(versions, name, cache) for _ in range(2))
    here.fails = True
    await here.ask()
    await there.ask()
    assert (here.made, there.made) == (1, 1)


async def test_search_pages_and_very_large_pages_are_not_shared(
    versions: VersionStore, name: str, cache: Cache
) -> None:
    """Search words are endless: they must not fill the shared cache."""
    here, there = (Process(versions, name, cache) for _ in range(2))
    await here.ask(path="/x?q=lamp")
    await there.ask(path="/x?q=lamp")
    here.large = b"x" * 300_000
    await here.ask(path="/x/large")
    await there.ask(path="/x/large")
    assert (here.made, there.made) == (2, 2)


async def test_processes_of_another_version_share_no_pages(versions: VersionStore, name: str, cache: Cache) -> None:
    """During an upgrade, each page has the styles and scripts of the process that serves it."""
    here, there = Process(versions, name, cache), Process(versions, name, cache, "that of tomorrow")
    await here.ask()
    await there.ask()
    assert (here.made, there.made) == (1, 1)


async def test_an_invalid_cache_entry_is_rendered_again(versions: VersionStore, name: str, cache: Cache) -> None:
    found_versions = await versions.versions([name])
    assert found_versions is not None
    await SharedPageCache(cache, "this version").put(("/x", b""), found_versions, b"\xc1 no answer", LONG)
    here = Process(versions, name, cache)
    assert await here.ask(7) == "<7>"
    assert here.made == 1


async def test_without_the_shared_cache_each_process_renders_its_own(versions: VersionStore, name: str) -> None:
    proxy = TcpProxy(server("MEMCACHED"))
    await proxy.open()
    cache = open_cache(proxy.url)
    here, there = (Process(versions, name, cache) for _ in range(2))
    await proxy.cut()
    assert [await here.ask(1), await there.ask(2)] == ["<1>", "<2>"]
    assert (here.made, there.made) == (1, 1)
    await cache.close()


async def test_two_processes_of_a_shop_render_a_page_once(data: tuple[Path, str]) -> None:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    more = engines(data[0]) | {
        "cache": f"{server('REDIS')}?prefix={server_place(data[0])}",
        "hot_reads": server("MEMCACHED"),
    }
    here, there = (Shop(make_settings(*data, **more), hasher=QUICK) for _ in range(2))
    lamp = await sell(there, "Lamp")
    await there.search.bring_up_to_date()
    pages = {}
    for shop in (here, there):
        transport = httpx.ASGITransport(app=build(shop, deliver=False))
        pages[shop] = httpx.AsyncClient(transport=transport, base_url="http://shop.test")
    for amount in (1234, 4321):
        await here.pricing.set_prices([Price(lamp.variants[0].id, Money(amount, "EUR"))])
        for path in ("/p/lamp", "/v1/products/lamp"):
            texts = [(await pages[shop].get(path)).text.replace(".", "") for shop in (here, there)]
            assert all(str(amount) in text for text in texts)
            tokens = [text.partition('name="_csrf_token" value="')[2].partition('"')[0] for text in texts]
            assert tokens == ["", ""] or tokens[0] != tokens[1]
            for client in pages.values():
                client.cookies.clear()  # the next request is of another visitor
    shared = [shop.metrics.prepared.labels("shared")._value.get() for shop in (here, there)]
    assert shared == [0, 4]
    for shop in (here, there):
        await pages[shop].aclose()
        await shop.close()


def test_the_shared_cache_is_the_configured_one_or_redis() -> None:
    memory, redis = open_cache("memory:"), open_cache("redis://127.0.0.1:6379/0")
    assert open_shared_pages("cache:", memory, "memory:") is None
    assert open_shared_pages("cache:", redis, "redis://127.0.0.1:6379/0") is redis
    assert open_shared_pages("off:", redis, "redis://127.0.0.1:6379/0") is None
    with pytest.raises(Invalid, match="SHOPWRIGHT_HOT_READS needs Redis as SHOPWRIGHT_CACHE"):
        open_shared_pages("memcached://127.0.0.1:11211", memory, "memory:")
    with pytest.raises(Invalid, match="Did you mean memcached:"):
        open_shared_pages("memcache://127.0.0.1:11211", redis, "redis://127.0.0.1:6379/0")
    with pytest.raises(Invalid, match="SHOPWRIGHT_HOT_READS must be like memcached://host:11211"):
        open_shared_pages("memcached://me@127.0.0.1:11211", redis, "redis://127.0.0.1:6379/0")
