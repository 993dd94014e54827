"""The shop on PostgreSQL, Redis, MongoDB and OpenSearch, each figure beside the bare client doing the same.

make servers; set -a; . var/servers.env; set +a; python bench/servers.py [--seconds 4] [--checkouts 300]
"""

import argparse
import asyncio
import gc
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import uvloop
from opensearchpy import AsyncOpenSearch
from redis import Redis

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.floors import Call, record, retold
from bench.measuring import free_port, start, stop, wrk
from bench.run import ROUNDS, checkout, prepare_in
from shopwright.app import Shop
from shopwright.engines.database.postgresql import positional
from shopwright.engines.search.opensearch import SHAPE, OpenSearchIndex
from shopwright.services.search.contract import SearchRequest
from shopwright.services.search.service import SearchService
from shopwright.settings import Settings, complete

BARS = {"product read": 0.60, "search": 0.60, "order placement": 0.50}
AT_ONCE = 8
SEARCHES = 300
WORDS = ("mug", "kettle", "lamp", "bowl", "linen", "oak", "jug", "vase", "plate", "cup", "tray", "stool")
Row = tuple[str, float, float]


async def turns(jobs: Sequence[Callable[[], Awaitable[Any]]]) -> float:
    """Calls per second, eight at a time."""
    waiting = iter(jobs)

    async def worker() -> None:
        for job in waiting:
            await job()

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return len(jobs) / (time.perf_counter() - started)


def product_read(settings: Settings, environment: dict[str, str], seconds: int) -> Row:
    """Ours, and a bare server that reads the same bytes from Redis each time."""
    port, floor_port = free_port(), free_port()
    command = [sys.executable, "-m", "shopwright", "serve", "--quiet", "--port", str(port)]
    ours = start(command, port, **environment)
    url = f"http://127.0.0.1:{port}/v1/products/harbour-kettle"
    answer = httpx.get(url, trust_env=False)
    client = Redis.from_url(settings.cache)
    client.set("bench", answer.content)
    bare = [sys.executable, str(Path(__file__).parent / "serve_redis.py"), str(floor_port), settings.cache, "bench"]
    floor = start([*bare, answer.headers["content-type"]], floor_port)
    try:
        wrk(url, 1)
        measured = [(wrk(url, seconds), wrk(f"http://127.0.0.1:{floor_port}/", seconds)) for _ in range(ROUNDS)]
    finally:
        stop(ours)
        stop(floor)
        client.delete("bench")
        client.close()
    return "product read", *(sum(one) / ROUNDS for one in zip(*measured, strict=True))


async def search(shop: Shop, address: str, alias: str) -> Row:
    """Our operation, and the client of OpenSearch sending the same bodies."""
    bodies: list[Any] = []
    raw_client = AsyncOpenSearch(hosts=[address], use_ssl=False)

    class Noting(OpenSearchIndex):
        async def _requested(self, body: Any) -> Any:
            bodies.append(body)
            return await super()._asked(body)

    def requests(begin: int) -> list[SearchRequest]:
        """Each request is different: none is answered from a cache."""
        return [SearchRequest(text=WORDS[n % len(WORDS)], price_min=begin + n) for n in range(SEARCHES)]

    noting = Noting(shop.settings.search)
    finder = SearchService(shop.databases["search"], noting, catalog=shop.catalog)
    for one in requests(0):
        await finder.find(one)
    await noting.close()
    ours = least = 0.0
    for turn in range(1, ROUNDS + 1):
        ours += await turns([lambda one=one: shop.search.find(one) for one in requests(turn * SEARCHES)])  # type: ignore[misc]
        times = len(bodies) / SEARCHES  # some searches need two requests
        least += await turns([lambda body=body: raw_client.search(index=alias, body=body) for body in bodies]) / times  # type: ignore[misc]
    await raw_client.close()
    return "search", ours / ROUNDS, least / ROUNDS


async def replay(url: str, recorded: list[Call], times: int, begin: int) -> float:
    """Flows per second when the same statements, in the same transactions, go directly to asyncpg; `begin`: number of earlier flows."""
    services = sorted({name for name, *_ in recorded})
    clients = [
        {
            name: await asyncpg.connect(url, server_settings={"search_path": name})
            for name in services
        }
        for _ in range(AT_ONCE)
    ]  # fmt: skip
    free = list(clients)

    async def one(calls: list[Call]) -> None:
        client = free.pop()
        for name, _, sql, params in calls:
            if sql.startswith(("BEGIN", "COMMIT")):
                await client[name].execute(sql.partition(" ")[0])
                continue
            text, names = positional(sql)
            await client[name].fetch(text, *(params[key] for key in names))
        free.append(client)

    got = await turns([lambda calls=calls: one(calls) for calls in retold(recorded, begin + times)[begin:]])  # type: ignore[misc]
    for client in clients:
        for connection in client.values():
            await connection.close()
    return got


async def orders(settings: Settings, url: str, times: int) -> list[Row]:
    """Checkouts (two lines, address, shipping, place, pay), without and with their consequences, and their statements."""

    async def accepted(_provider: str, _headers: object, _body: bytes) -> bool:
        return True

    shop = Shop(settings, send_webhook=accepted)
    calls = record(shop)
    await checkout(shop)
    await shop.bus.settle()
    del calls[:]
    await checkout(shop)
    placing = [call for call in calls if "timers" not in call[2]]
    await shop.bus.settle()
    all_calls = [call for call in calls if "timers" not in call[2]]
    await shop.close()
    gc.collect()
    gc.freeze()  # as a process that serves does (`serving`)
    floors = [await replay(url, recorded, times, begin) for recorded, begin in ((placing, 0), (all_calls, times))]
    shop = Shop(settings, send_webhook=accepted)
    await turns([lambda: checkout(shop)] * 40)
    await shop.bus.settle()
    started = time.perf_counter()
    await turns([lambda: checkout(shop)] * times)
    placed = time.perf_counter()
    await shop.bus.settle()
    settled = time.perf_counter()
    await shop.close()
    return [
        (f"order placement ({len(placing)} statements)", times / (placed - started), floors[0]),
        (f"with what follows ({len(all_calls)} statements)", times / (settled - started), floors[1]),
    ]


async def measure(arguments: argparse.Namespace) -> list[Row]:
    """Every row, on a database of its own."""
    servers = {name: os.environ[f"SHOPWRIGHT_TEST_{name}"] for name in ("POSTGRES", "MONGODB", "REDIS", "OPENSEARCH")}
    for one in [one for one in os.environ if one.startswith("SHOPWRIGHT_")]:  # no settings of the measured shops
        del os.environ[one]
    name = f"bench_{uuid.uuid4().hex[:8]}"
    connection = await asyncpg.connect(servers["POSTGRES"])
    await connection.execute(f"CREATE DATABASE {name}")
    url = f"{servers['POSTGRES'].rpartition('/')[0]}/{name}"
    with tempfile.TemporaryDirectory(prefix="shopwright-bench-") as folder:
        engines = {
            "database": f"{url}?connections=10", "documents": f"{servers['MONGODB'].rpartition('/')[0]}/{name}",
            "cache": servers["REDIS"], "search": f"{servers['OPENSEARCH']}/{name}",
        }  # fmt: skip
        settings = complete(Settings(data=folder, limits="off", payments="pretend:", **engines))
        environment = {f"SHOPWRIGHT_{key.upper()}": value for key, value in engines.items()}
        environment |= {"SHOPWRIGHT_DATA": folder, "SHOPWRIGHT_LIMITS": "off", "SHOPWRIGHT_PAYMENTS": "pretend:"}
        await prepare_in(settings)
        shop = Shop(settings)
        rows = [await search(shop, servers["OPENSEARCH"].replace("opensearch", "http", 1), f"{name}-products-{SHAPE}")]
        await shop.close()
        rows.append(await asyncio.to_thread(product_read, settings, environment, arguments.seconds))
        rows += await orders(settings, url, arguments.checkouts)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.delete(f"{servers['OPENSEARCH'].replace('opensearch', 'http', 1)}/{name}-*")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--checkouts", type=int, default=300)
    rows = uvloop.run(measure(parser.parse_args()))  # the loop the shop is served on
    print(f"{'':36} {'ours/s':>9} {'floor/s':>9} {'ratio':>6} {'bar':>5}")
    for name, got, least in rows:
        bar = next((value for begin, value in BARS.items() if name.startswith(begin)), None)
        mark = "" if bar is None or got / least >= bar else "  BELOW"
        print(f"{name:36} {got:9.0f} {least:9.0f} {got / least:6.2f} {'' if bar is None else f'{bar:5.2f}'}{mark}")


if __name__ == "__main__":
    main()
