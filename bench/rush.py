"""A flash sale: thousands come at once for one product, with the waiting room open. Fairness, and the cost for other shoppers.

python bench/rush.py [--shoppers 10000] [--stock 600] [--per-minute 600]
make servers; . var/cluster.env; python bench/rush.py --each 2 --per-minute 120   # thirteen services of two processes, nginx

First buyers come at the pace of the waiting room, alone; then as many who are admitted while thousands come behind them within
ten seconds and poll their turn. Reports the times of a checkout (cart, line, address, order, paid), the units sold, and
whether a shopper was served before an earlier one.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Process
from pathlib import Path
from typing import Any

import aiohttp
import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.apart import apart, new_database, on_servers, one_process
from shopwright.app import Shop
from shopwright.demo.load import load
from shopwright.kit.settings import read
from shopwright.services.inventory.contract import Adjustment
from shopwright.settings import Settings, complete

BAR = 2.0
COMING_S, PATIENCE_S = 10.0, 60.0
SLUG = "harbour-kettle"
OWNER = "bench-password"
DETAILS: dict[str, Any] = {
    "shipping_address": {
        "name": "Ada Lovelace", "line1": "Torstraße 1", "city": "Berlin", "postal_code": "10119", "country": "DE",
    },
    "shipping_option_id": "shr_standard",
}  # fmt: skip
SOLD_OUT = {"sold_out", "cart_not_ready"}  # the cart has reported so before
WAIT, TURN = httpx.codes.TOO_MANY_REQUESTS, "shopwright-turn"
Sold = tuple[int, float, bool]  # the number of the shopper, seconds, whether there was one left


class Crowd:
    """All shoppers of one shop. Waiting and buying use separate connections."""

    def __init__(self, url: str, variant: str) -> None:
        # Many browsers, one client: cookies of one are not sent by the next.
        self._waiting, self._buying = (
            aiohttp.ClientSession(url, cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=most))
            for most in (500, 100)
        )
        self._variant = variant
        self._more = asyncio.Event()
        self.looks = self.sold = 0
        self.served: list[Sold] = []
        self.refused: Counter[str] = Counter()

    async def shopper(self, number: int) -> None:
        """Waits for its turn, then buys."""
        shown: dict[str, str] = {}
        # Polls with an invalid cart: an admitted shopper gets another answer.
        while True:
            async with self._waiting.post("/v1/carts/crt_0/lines", json={}, headers=shown) as response:
                shown = {TURN: response.headers[TURN]} if TURN in response.headers else shown
                if response.status != WAIT:
                    break
                pause_s = (await response.json(content_type=None))["data"]["retry_after"]
            self.looks += 1
            await asyncio.sleep(pause_s + random.random())  # shoppers do not all arrive at a full second
        await self._buy(number, shown)

    async def _buy(self, number: int, shown: dict[str, str]) -> None:
        began = time.perf_counter()
        cart = (await self._ask("POST", "/v1/carts"))[1]["id"]
        await self._ask("POST", f"/v1/carts/{cart}/lines", {"variant_id": self._variant}, shown)
        details = {**DETAILS, "email": f"buyer{number}@shop.example"}
        _, changed = await self._ask("PATCH", f"/v1/carts/{cart}", details)
        order = {"cart_id": cart, "payment": {"provider": "pretend", "token": "pretend_ok"}}
        order["expected_total"] = changed["totals"]["total"]
        headers = {**shown, "Idempotency-Key": f"rush-{number}-{cart}"}
        status, body = await self._ask("POST", "/v1/orders", order, headers)
        if status != httpx.codes.CREATED:
            self.refused[str(body.get("code"))] += 1
        self.served.append((number, time.perf_counter() - began, status == httpx.codes.CREATED))
        self.sold += status == httpx.codes.CREATED
        self._more.set()

    async def _ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        async with self._buying.request(method, path, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def gone(self, units: int) -> None:
        """Returns when this many were sold."""
        while self.sold < units:
            self._more.clear()
            await self._more.wait()

    async def close(self) -> None:
        await self._waiting.close()
        await self._buying.close()


async def prepared(settings: Settings, stock: int) -> str:
    shop = Shop(complete(settings))
    await shop.migrate()
    await load(shop)
    await shop.users.ensure_owner("owner@example.com", OWNER)
    variant = (await shop.catalog.get(SLUG)).variants[0].id
    await shop.inventory.adjust([Adjustment(variant_id=variant, on_hand=stock, reason="bench")])
    await shop.bus.settle()
    await shop.close()
    return variant


async def at_pace(url: str, variant: str, per_minute: int) -> list[float]:
    """Checkouts of shoppers one after the other, for a quarter of a minute."""
    alone = Crowd(url, variant)
    coming: list[asyncio.Task[None]] = []
    for number in range(per_minute // 4):
        coming.append(asyncio.create_task(alone.shopper(number)))
        await asyncio.sleep(60 / per_minute)
    await asyncio.gather(*coming)
    await alone.close()
    no_other_than_sold_out(alone)
    return [seconds for _, seconds, _ in alone.served]


async def first_in_line(url: str, variant: str, per_minute: int, begin: Callable[[], None]) -> list[float]:
    """The checkouts of as many shoppers who came just before the crowd, and are admitted while it arrives and waits."""
    first = Crowd(url, variant)
    coming = [asyncio.create_task(first.shopper(10**6 + number)) for number in range(per_minute // 4)]
    await asyncio.sleep(1)
    begin()
    await asyncio.gather(*coming)
    await first.close()
    no_other_than_sold_out(first)
    return [seconds for _, seconds, _ in first.served]


async def rush(url: str, variant: str, arguments: argparse.Namespace, left: int) -> None:
    """All other shoppers, as long as there are units left."""
    crowd = Crowd(url, variant)
    began = time.perf_counter()
    waiting = []
    for number in range(arguments.shoppers):
        waiting.append(asyncio.create_task(crowd.shopper(number)))
        await asyncio.sleep(max(0.0, began + COMING_S * number / arguments.shoppers - time.perf_counter()))
    async with asyncio.timeout(PATIENCE_S + 60 * arguments.stock / arguments.per_minute):
        await crowd.gone(left)
    await asyncio.sleep(3)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    sold = [number for number, _, got in crowd.served if got]
    print(f"{arguments.shoppers} came, {len(sold)} of {left} units sold, looked {crowd.looks} times while they waited")
    overtaken = max((number - place for place, number in enumerate(sorted(sold))), default=0)
    print(f"the last who got one had {max(sold)} before them; nobody was passed over by more than {overtaken}")
    await crowd.close()
    no_other_than_sold_out(crowd)


def no_other_than_sold_out(crowd: Crowd) -> None:
    others = {code: count for code, count in crowd.refused.items() if code not in SOLD_OUT}
    if others:
        print(f"orders refused for other reasons: {others}  WRONG", flush=True)


def crowd_of(url: str, variant: str, arguments: argparse.Namespace, left: int) -> None:
    """In a process of its own with low priority."""
    os.nice(10)
    asyncio.run(rush(url, variant, arguments, left))


def measure(url: str, variant: str, arguments: argparse.Namespace) -> None:
    normal = asyncio.run(at_pace(url, variant, arguments.per_minute))
    print(f"before the rush: {len(normal)} checkouts, {figures(normal)}")
    asyncio.run(open_room(url, arguments.per_minute))
    left = arguments.stock - 2 * len(normal)
    others = Process(target=crowd_of, args=(url, variant, arguments, left))
    meanwhile = asyncio.run(first_in_line(url, variant, arguments.per_minute, others.start))
    print(f"in the rush:     {len(meanwhile)} checkouts, {figures(meanwhile)}")
    ratio = statistics.median(meanwhile) / statistics.median(normal)
    print(f"ratio of medians {ratio:.2f}{'' if ratio <= BAR else '  ABOVE'}", flush=True)
    others.join()


def figures(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"median {statistics.median(ordered) * 1000:.0f} ms, 95 of 100 within {ordered[int(len(ordered) * 0.95)] * 1000:.0f} ms"


async def open_room(url: str, per_minute: int) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as staff:
        session = await staff.post("/v1/sessions", json={"email": "owner@example.com", "password": OWNER})
        headers = {"Authorization": f"Bearer {session.json()['access_token']}"}
        opened = await staff.put("/v1/waiting-room", json={"per_minute": per_minute}, headers=headers)
        opened.raise_for_status()
        await asyncio.sleep(1.5)  # every process has read the state


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shoppers", type=int, default=10_000)
    parser.add_argument("--stock", type=int, default=600)
    parser.add_argument("--per-minute", type=int, default=600)
    parser.add_argument("--each", type=int, default=0, help="processes of each part; 0: one process, on SQLite")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shopwright-rush-") as folder, serving(folder, arguments) as (url, variant):
        os.sched_setaffinity(0, {1})
        measure(url, variant, arguments)


@contextmanager
def serving(folder: str, arguments: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """The shop, and the product in demand."""
    if arguments.each:
        name = f"bench_{uuid.uuid4().hex[:8]}"
        environment = on_servers(folder, name)
        settings, _ = read(Settings, environment)
        asyncio.run(new_database(settings, name))
        variant = asyncio.run(prepared(settings, arguments.stock))
        with apart(environment, arguments.each) as url:
            yield url, variant
        return
    variant = asyncio.run(prepared(Settings(data=folder), arguments.stock))
    with one_process(
        {
            "SHOPWRIGHT_DATA": folder,
            "SHOPWRIGHT_LIMITS": "off",
            "SHOPWRIGHT_PAYMENTS": "pretend:",
            "SHOPWRIGHT_STAFF_SECOND_FACTOR": "optional",
        }
    ) as url:
        yield url, variant


if __name__ == "__main__":
    main()
