"""PostgreSQL with a replica: reads that may lag, and fail-over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.demo.load import load_rules
from shopwright.engines.database import open_database
from shopwright.kit.data.database import Database
from shopwright.kit.errors import Invalid, ShopError
from tests.builders.databases import prepare, put
from tests.builders.environment import POSTGRES, need
from tests.builders.goods import sell
from tests.builders.health import wrong
from tests.builders.orders import fill_cart
from tests.builders.postgres_pair import Pair
from tests.builders.scenario import place
from tests.builders.server import Server, buy, delivered
from tests.builders.shops import QUICK, make_settings

COUNT = "SELECT count(*) AS n FROM things"
WHERE = "SELECT inet_server_port() AS port, (SELECT count(*) FROM things) AS n"


@pytest.fixture
async def pair(postgresql: None) -> AsyncIterator[Pair]:
    made = Pair()
    try:
        yield await made.start()
    finally:
        made.stop()


@pytest.fixture
def postgresql() -> None:
    """Skips where tests do not run on PostgreSQL."""
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")


@pytest.fixture
async def database(pair: Pair, tmp_path: Path) -> AsyncIterator[Database]:
    made = open_database(pair.url(pair.primary, more=f"?roles=pair&replica=127.0.0.1:{pair.replica}"), "things")
    await prepare(made, tmp_path)
    yield made
    await made.close()


async def late(database: Database) -> tuple[int, int]:
    (row,) = await database.fetch_late(WHERE, {})
    return row["port"], row["n"]


async def test_lagging_reads_go_to_the_replica_but_include_own_writes(pair: Pair, database: Database) -> None:
    for n in range(50):
        await put(database, str(n))
        assert (await late(database))[1] == n + 1
    async with asyncio.timeout(10):
        while (await late(database)) != (pair.replica, 50):
            await asyncio.sleep(0.02)
    await pair.do(pair.primary, "ALTER SYSTEM SET synchronous_standby_names = ''")
    await pair.do(pair.primary, "SELECT pg_reload_conf()")
    await pair.do(pair.replica, "SELECT pg_wal_replay_pause()")
    await asyncio.sleep(0.2)
    assert (await late(database)) == (pair.replica, 50)
    await put(database, "more")
    assert (await late(database)) == (pair.primary, 51)
    await pair.do(pair.replica, "SELECT pg_wal_replay_resume()")
    async with asyncio.timeout(10):
        while (await late(database)) != (pair.replica, 51):
            await asyncio.sleep(0.02)


async def test_without_its_replica_everything_is_read_from_the_primary(pair: Pair, database: Database) -> None:
    await pair.do(pair.primary, "ALTER SYSTEM SET synchronous_standby_names = ''")
    await pair.do(pair.primary, "SELECT pg_reload_conf()")
    await put(database, "lamp")
    pair.kill(pair.replica)
    for _ in range(3):
        assert (await late(database)) == (pair.primary, 1)


def test_a_replica_behind_pgbouncer_is_refused_with_a_valid_example() -> None:
    with pytest.raises(Invalid, match="replicas are asked directly"):
        open_database("postgresql://a@b/c?replica=d&pgbouncer=transaction", "things")


@pytest.mark.soak
async def test_when_the_primary_dies_the_replica_takes_over_and_no_acknowledged_order_is_lost(
    pair: Pair, tmp_path: Path
) -> None:
    url = pair.url(pair.primary, pair.replica, more="?target_session_attrs=primary&connections=3")
    data = tmp_path / "data"
    data.mkdir()
    async with asyncio.timeout(120):
        shop = Shop(make_settings(data, url, search=f"tantivy://{data}/search"), hasher=QUICK)
        await shop.migrate()
        await load_rules(shop)
        lamp = await sell(shop, "Lamp", on_hand=10_000)
        await shop.close()
        server = Server(data, url).start()
        acknowledged: list[str] = []
        failed, stopping, number = 0, False, 0

        async def shopper() -> None:
            nonlocal failed, number
            while not stopping:
                number += 1
                with suppress(httpx.HTTPError, ValueError, KeyError):
                    async with httpx.AsyncClient(base_url=server.url, timeout=20, trust_env=False) as client:
                        answer = await buy(client, lamp.variants[0].sku, f"buyer{number}")
                        if answer.status_code == 201:
                            acknowledged.append(answer.json()["id"])
                            continue
                failed += 1
                await asyncio.sleep(0.1)

        shoppers = [asyncio.create_task(shopper()) for _ in range(4)]
        await asyncio.sleep(4)
        before = len(acknowledged)
        pair.kill(pair.primary)
        await asyncio.sleep(2)
        await pair.promote()
        while len(acknowledged) < before + 10:
            await asyncio.sleep(0.2)
        stopping = True
        await asyncio.gather(*shoppers)
        assert (before > 5, failed > 0) == (True, True)
        assert server.stop() == 0
    shop = Shop(make_settings(data, url, search=f"tantivy://{data}/search"), hasher=QUICK)
    try:
        await delivered(shop)
        known = {row["id"] for row in await shop.databases["orders"].fetch("SELECT id FROM orders")}
        assert set(acknowledged) <= known
        assert await wrong(shop) == []
    finally:
        await shop.close()


async def test_a_primary_that_hangs_makes_requests_fail_in_time_and_goes_on_when_it_is_back(
    pair: Pair, tmp_path: Path
) -> None:
    url = pair.url(pair.primary, more="?statement_seconds=2&wait_seconds=2&connections=2")
    shop = Shop(make_settings(tmp_path, url, search=f"tantivy://{tmp_path}/search"), hasher=QUICK)
    await shop.migrate()
    await load_rules(shop)
    lamp = await sell(shop, "Lamp")
    cart = await fill_cart(shop, (lamp, 1))
    pair.pause(pair.primary)
    async with asyncio.timeout(25):
        with pytest.raises(ShopError):
            await place(shop, cart.id)
    pair.resume(pair.primary)
    async with asyncio.timeout(60):
        while True:
            with suppress(ShopError):
                order = await place(shop, cart.id)
                break
            await asyncio.sleep(0.5)
    await shop.bus.settle()
    assert (await shop.orders.get(order.id)).status == "paid"
    assert len(await shop.orders.search(limit=10)) == 1
    await shop.close()
