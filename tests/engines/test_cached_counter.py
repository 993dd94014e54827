"""The number of items in a cart is read once, cached for all processes, and correct after each change."""

import asyncio
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.engines.cache import open_cache
from shopwright.engines.cache.memory import MemoryCache
from shopwright.kit.caching.cached_counter import UNSETTLED, CachedCounter
from shopwright.kit.ports import Cache
from tests.builders.databases import Counting
from tests.builders.environment import POSTGRES, engines, need, server, server_place
from tests.builders.goods import sell
from tests.builders.shops import QUICK, make_settings
from tests.builders.tcp_proxy import TcpProxy


class Owner:
    """Knows the number, and counts its reads."""

    def __init__(self) -> None:
        self.number = 0
        self.asked = 0

    async def ask(self) -> int:
        self.asked += 1
        return self.number


@pytest.fixture
def subject() -> str:
    return uuid.uuid4().hex


async def test_a_cached_count_is_read_once_for_all_callers(cache: Cache, subject: str) -> None:
    owner = Owner()
    owner.number = 7
    here, there = CachedCounter(cache, "cart"), CachedCounter(cache, "cart")
    assert [await one.get(subject, owner.ask) for one in (here, there, here)] == [7, 7, 7]
    assert owner.asked == 1


async def test_after_a_change_no_process_reads_the_old_value(cache: Cache, subject: str) -> None:
    owner, noted = Owner(), CachedCounter(cache, "cart")
    for owner.number in range(1, 4):
        await noted.changed(subject)
        assert [await noted.get(subject, owner.ask) for _ in range(2)] == [owner.number] * 2
    assert owner.asked == 6  # for a moment after each change nothing is cached


async def test_a_value_read_before_a_change_is_not_cached_after_it(cache: Cache, subject: str) -> None:
    owner, noted = Owner(), CachedCounter(cache, "cart")
    read, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> int:
        number = await owner.ask()
        read.set()
        await go_on.wait()
        return number

    late = asyncio.create_task(noted.get(subject, slowly))
    await read.wait()
    owner.number = 5
    await noted.changed(subject)
    go_on.set()
    assert await late == 0  # it was requested before
    assert await noted.get(subject, owner.ask) == 5


@given(st.lists(st.sampled_from(["change", "begin", "end", "ask"]), min_size=5, max_size=40))
async def test_in_any_interleaving_a_read_after_a_change_includes_it(actions: list[str]) -> None:
    owner, noted = Owner(), CachedCounter(MemoryCache(), "cart")
    pending: list[tuple[asyncio.Event, asyncio.Task[int]]] = []
    for action in actions:
        if action == "change":
            owner.number += 1
            await noted.changed("crt_1")
        elif action == "begin":
            go_on = asyncio.Event()

            async def slowly(go_on: asyncio.Event = go_on) -> int:
                number = await owner.ask()
                await go_on.wait()
                return number

            pending.append((go_on, asyncio.create_task(noted.get("crt_1", slowly))))
            await asyncio.sleep(0)
        elif action == "end" and pending:
            go_on, late = pending.pop(0)
            go_on.set()
            await late
        elif action == "ask":
            assert await noted.get("crt_1", owner.ask) == owner.number
    for go_on, late in pending:
        go_on.set()
        await late


async def test_without_the_cache_every_count_is_read_from_its_owner(subject: str) -> None:
    proxy, owner = TcpProxy(server("REDIS")), Owner()
    await proxy.open()
    cache = open_cache(proxy.url)
    noted = CachedCounter(cache, "cart")
    assert await noted.get(subject, owner.ask) == 0
    await proxy.cut()
    owner.number = 3
    await noted.changed(subject)
    assert await noted.get(subject, owner.ask) == 3
    assert await CachedCounter(None, "cart").get(subject, owner.ask) == 3
    await cache.close()


async def test_each_process_sees_a_cart_count_right_after_its_change(data: tuple[Path, str]) -> None:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    more = engines(data[0]) | {"cache": f"{server('REDIS')}?prefix={server_place(data[0])}"}
    counting = Counting()
    here = Shop(make_settings(*data, **more), hasher=QUICK)
    there = Shop(make_settings(*data, **more), hasher=QUICK, around=counting)
    lamp = (await sell(here, "Lamp")).variants[0].sku
    cart = (await here.carts.create()).id
    assert await there.carts.count(cart) == 0
    before = counting.reads
    assert [await there.carts.count(cart) for _ in range(5)] == [0] * 5
    assert counting.reads == before
    line = (await here.carts.add(cart, lamp, 2)).lines[0].id
    assert await there.carts.count(cart) == 2
    await here.carts.set_quantity(cart, line, 5)
    assert await there.carts.count(cart) == 5
    await here.carts.save_for_later(cart, line)
    assert await there.carts.count(cart) == 0
    await here.carts.save_for_later(cart, line, saved=False)
    assert await there.carts.count(cart) == 5
    for shop in (here, there):
        await shop.close()


async def test_merged_ordered_and_erased_carts_are_empty_for_each_process(data: tuple[Path, str]) -> None:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    more = engines(data[0]) | {"cache": f"{server('REDIS')}?prefix={server_place(data[0])}"}
    here, there = (Shop(make_settings(*data, **more), hasher=QUICK) for _ in range(2))
    lamp = (await sell(here, "Lamp")).variants[0].sku
    ada, grace = [
        (await here.users.register(f"{name}@example.com", "a long password of hers", name)).id
        for name in ("ada", "grace")
    ]
    carts = [(await here.carts.create(customer)).id for customer in (None, ada, None, grace)]
    for cart in carts:
        await here.carts.add(cart, lamp, 1)
    await asyncio.sleep(UNSETTLED.total_seconds() + 0.1)
    assert [await there.carts.count(cart) for cart in carts] == [1, 1, 1, 1]
    await here.carts.merge(carts[0], ada)
    assert [await there.carts.count(cart) for cart in carts] == [0, 2, 1, 1]
    await here.carts.close(carts[2])
    assert [await there.carts.count(cart) for cart in carts] == [0, 2, 0, 1]
    await here.users.erase(grace)
    await here.bus.settle()
    assert [await there.carts.count(cart) for cart in carts] == [0, 2, 0, 0]
    for shop in (here, there):
        await shop.close()
