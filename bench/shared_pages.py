"""Pages rendered by one process and served by the others: the savings while the shop changes continuously.

make servers; . var/cluster.env; python bench/shared_pages.py [--workers 4] [--seconds 10] [--changes 5] [--memcached URL]

Several processes of one shop on the servers; eight shoppers view random products while prices change so often that every
page has to be rendered again. Beside it the same with nothing shared.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
import uuid
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.apart import idling, marked_s, on_servers, one_process, prepared
from shopwright.app import Shop
from shopwright.kit.money import Money
from shopwright.kit.settings import read
from shopwright.services.pricing.contract import Price
from shopwright.settings import Settings, complete

SHOPPERS = 8


async def looked(url: str, shop: Shop, arguments: argparse.Namespace) -> tuple[int, float]:
    """The number of page views, and their median time in ms."""
    products = await shop.catalog.list_products(status="published", limit=arguments.products)
    until = time.perf_counter() + arguments.seconds
    durations: list[float] = []

    async def look() -> None:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
            while (began := time.perf_counter()) < until:
                client.cookies.clear()
                (await client.get(f"/p/{random.choice(products).slug}")).raise_for_status()
                durations.append(time.perf_counter() - began)

    async def change() -> None:
        while time.perf_counter() < until:
            variant = random.choice(products).variants[0].id
            await shop.pricing.set_prices([Price(variant, Money(random.randint(100, 9_999), "EUR"))])
            await asyncio.sleep(1 / arguments.changes)

    await asyncio.gather(change(), *(look() for _ in range(SHOPPERS)))
    return len(durations), sorted(durations)[len(durations) // 2] * 1000


async def main() -> None:
    """A line for each kind of shared cache."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--changes", type=float, default=5, help="a second")
    parser.add_argument("--products", type=int, default=20, help="that are looked at")
    parser.add_argument("--memcached", default="", help="memcached://host:port, to measure that, too")
    arguments = parser.parse_args()
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory(prefix="shopwright-hot-") as folder:
        environment = on_servers(folder, name)
        settings = complete(read(Settings, environment)[0])
        await prepared(settings, name)
        shop = Shop(settings)
        first = 0.0
        for place in ("off:", "cache:", *([arguments.memcached] if arguments.memcached else [])):
            with one_process(
                {**environment, "SHOPWRIGHT_HOT_READS": place}, "--workers", str(arguments.workers)
            ) as url:
                await looked(url, shop, arguments)
                idle = idling(folder, 3)
                before = marked_s(folder)
                pages, half = await looked(url, shop, arguments)
                each = (marked_s(folder) - before - idle * arguments.seconds) / pages * 1000
            first = first or each
            print(
                f"{place.partition(':')[0]:10} {pages / arguments.seconds:6.0f} pages/s  half within {half:5.1f} ms "
                f"  {each:5.2f} ms of CPU each  {each / first:5.2f}",
                flush=True,
            )
        await shop.close()


if __name__ == "__main__":
    asyncio.run(main())
