"""Answers that one process made are given by the others, out of Redis or Memcached, while nothing they are made from changes."""

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
from shopwright.engines.cache import open_cache, open_hot
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
    """Visitors who see a number of their own in one place, which stands there under another name in each process."""

    bare: Sequence[Header] = ()

    def __init__(self) -> None:
        self.places: Sequence[bytes] = (uuid.uuid4().hex.encode(),)

    def known(self, _scope: Scope) -> bool:
        return False

    async def fill(self, scope: Scope) -> tuple[Mapping[bytes, bytes], Sequence[Header]]:
        return {self.places[0]: dict(scope["headers"])[b"x-number"]}, ()


class Process:
    """One of several that answer the same; `made` says how often it did so itself."""

    def __init__(self, marks: VersionStore, name: str, cache: Cache, maker: str = "this version") -> None:
        self.made = 0
        self.outages = 0
        self.fails = False
        self.begun = asyncio.Event()
        self.large = b""
        self._visitors = Guests()
        plan = CachePolicy((name,), self._visitors, own=[lambda: self.outages])
        counted = Counter("made", "", ["how"], registry=CollectorRegistry())
        sources = ServiceVersions({name: lambda: None}, marks)
        prepared = PageCache(self._answer, {"/x": plan}, sources, counted, hot=SharedPageCache(cache, maker))
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
async def name(marks: VersionStore) -> str:
    """A service that has a version."""
    made = uuid.uuid4().hex
    await change(marks, made)
    return made


async def test_what_one_process_made_the_others_give_with_what_each_visitor_sees(
    marks: VersionStore, name: str, cache: Cache
) -> None:
    here, there = (Process(marks, name, cache) for _ in range(2))
    assert [await here.ask(1), await there.ask(2), await there.ask(3)] == ["<1>", "<2>", "<3>"]
    assert (here.made, there.made) == (1, 0)


async def test_after_each_change_it_is_made_anew_by_one(marks: VersionStore, name: str, cache: Cache) -> None:
    here, there = (Process(marks, name, cache) for _ in range(2))
    for times in range(1, 4):
        await here.ask()
        await there.ask()
        assert (here.made, there.made) == (times, 0)
        await change(marks, name)


async def test_many_who_ask_for_the_same_at_once_wait_for_one(marks: VersionStore, name: str, cache: Cache) -> None:
    here = Process(marks, name, cache)
    for times in range(1, 4):
        assert await asyncio.gather(*map(here.ask, range(30))) == [f"<{number}>" for number in range(30)]
        assert here.made == times
        await change(marks, name)


async def test_who_waits_for_what_then_says_less_than_there_is_makes_his_own(
    marks: VersionStore, name: str, cache: Cache
) -> None:
    here = Process(marks, name, cache)
    asked = [asyncio.create_task(here.ask())]
    await here.begun.wait()
    asked += [asyncio.create_task(here.ask(number)) for number in range(2, 6)]
    await asyncio.sleep(0.01)  # they wait
    here.outages += 1
    assert await asyncio.gather(*asked) == [f"<{number}>" for number in range(1, 6)]
    assert here.made == 5


async def test_what_says_less_than_there_is_is_shown_to_nobody_else(
    marks: VersionStore, name: str, cache: Cache
) -> None:
    here, there = (Process(marks, name, cache) for _ in range(2))
    here.fails = True
    await here.ask()
    await there.ask()
    assert (here.made, there.made) == (1, 1)


async def test_what_is_asked_for_in_words_or_is_very_large_each_makes_itself(
    marks: VersionStore, name: str, cache: Cache
) -> None:
    """There is no end of words; what all share must not be filled by whoever thinks of many."""
    here, there = (Process(marks, name, cache) for _ in range(2))
    await here.ask(path="/x?q=lamp")
    await there.ask(path="/x?q=lamp")
    here.large = b"x" * 300_000
    await here.ask(path="/x/large")
    await there.ask(path="/x/large")
    assert (here.made, there.made) == (2, 2)


async def test_processes_of_another_version_share_nothing(marks: VersionStore, name: str, cache: Cache) -> None:
    """While a shop is renewed, each page comes with the styles and scripts of whoever gives it."""
    here, there = Process(marks, name, cache), Process(marks, name, cache, "that of tomorrow")
    await here.ask()
    await there.ask()
    assert (here.made, there.made) == (1, 1)


async def test_what_is_nothing_of_ours_is_made_anew(marks: VersionStore, name: str, cache: Cache) -> None:
    told = await marks.versions([name])
    assert told is not None
    await SharedPageCache(cache, "this version").put(("/x", b""), told, b"\xc1 no answer", LONG)
    here = Process(marks, name, cache)
    assert await here.ask(7) == "<7>"
    assert here.made == 1


async def test_while_what_is_shared_is_gone_each_makes_its_own(marks: VersionStore, name: str) -> None:
    road = TcpProxy(server("MEMCACHED"))
    await road.open()
    cache = open_cache(road.url)
    here, there = (Process(marks, name, cache) for _ in range(2))
    await road.cut()
    assert [await here.ask(1), await there.ask(2)] == ["<1>", "<2>"]
    assert (here.made, there.made) == (1, 1)
    await cache.close()


async def test_two_processes_of_a_shop_make_a_page_once(data: tuple[Path, str]) -> None:
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
                client.cookies.clear()  # the next one is asked by another visitor
    shared = [shop.numbers.prepared.labels("shared")._value.get() for shop in (here, there)]
    assert shared == [0, 4]
    for shop in (here, there):
        await pages[shop].aclose()
        await shop.close()


def test_where_answers_are_kept_for_all_is_said_or_where_redis_is() -> None:
    memory, redis = open_cache("memory:"), open_cache("redis://127.0.0.1:6379/0")
    assert open_hot("cache:", memory, "memory:") is None
    assert open_hot("cache:", redis, "redis://127.0.0.1:6379/0") is redis
    assert open_hot("off:", redis, "redis://127.0.0.1:6379/0") is None
    with pytest.raises(Invalid, match="SHOPWRIGHT_HOT_READS needs Redis as SHOPWRIGHT_CACHE"):
        open_hot("memcached://127.0.0.1:11211", memory, "memory:")
    with pytest.raises(Invalid, match="Did you mean memcached:"):
        open_hot("memcache://127.0.0.1:11211", redis, "redis://127.0.0.1:6379/0")
    with pytest.raises(Invalid, match="SHOPWRIGHT_HOT_READS looks like memcached://host:11211"):
        open_hot("memcached://me@127.0.0.1:11211", redis, "redis://127.0.0.1:6379/0")
