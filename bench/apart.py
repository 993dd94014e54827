"""The cost of splitting: the same requests to a shop of one process and to one of thirteen services, on the same servers.

make servers; . var/cluster.env; python bench/apart.py [--seconds 5] [--checkouts 100] [--each 1 2 3]
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.measuring import cpu_s, free_port, start, stop, wrk
from bench.run import flow_over_http, prepare_in
from shopwright.kit.settings import read
from shopwright.services import RIVER
from shopwright.settings import Settings, complete

BAR = 3.0
SLUG = "harbour-kettle"
AT_ONCE = 8
PATIENCE_S = 60
ROUNDS = 3  # rounds of checkouts; the median is reported
Figure = tuple[float, float]  # a second, milliseconds of CPU each


def marked_s(mark: str) -> float:
    """CPU used by all processes with this mark in their environment."""
    return cpu_s(lambda one: mark.encode() in (one / "environ").read_bytes())


def measured(mark: str, idle: float, job: Callable[[], tuple[float, float]]) -> Figure:
    """The cost of `job` with its consequences: it returns how many were done, and the seconds.

    `idle`: CPU per second used without requests (jobs, health), which is deducted.
    """
    before, began = marked_s(mark), time.perf_counter()
    count, seconds = job()
    elapsed = time.perf_counter() - began
    return count / seconds, (marked_s(mark) - before - idle * elapsed) / count * 1000


def idling(mark: str, seconds: float) -> float:
    """CPU per second without requests."""
    before = marked_s(mark)
    time.sleep(seconds)
    return (marked_s(mark) - before) / seconds


async def all_delivered(database: str) -> None:
    """Wait until earlier events are handled, which would change the measurement."""
    connection = await asyncpg.connect(database.partition("?")[0])
    waiting = " UNION ALL ".join(f"SELECT count(*) AS n FROM {service}.deliveries" for service in RIVER)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while await connection.fetchval(f"SELECT sum(n) FROM ({waiting}) AS all_of_them"):  # noqa: ASYNC110 -- there is no notification
                await asyncio.sleep(0.2)
    finally:
        await connection.close()
    await asyncio.sleep(1)  # the index follows


def figures(url: str, mark: str, skus: list[str], arguments: argparse.Namespace, database: str) -> dict[str, Figure]:
    """The figures of one shape."""
    wrk(f"{url}/p/{SLUG}", 1)

    def checkouts() -> tuple[float, float]:
        rate = asyncio.run(flow_over_http(url, skus, arguments.checkouts, AT_ONCE, order=True, warm=0))
        asyncio.run(all_delivered(database))
        return arguments.checkouts, arguments.checkouts / rate

    def loaded(path: str, cookie: str = "") -> tuple[float, float]:
        return wrk(url + path, arguments.seconds, cookie) * arguments.seconds, arguments.seconds

    checkouts()  # every process has its connections and prepared statements, and caches what does not change
    cart = filled_cart(url, skus[0])
    idle = idling(mark, max(10.0, 2.0 * arguments.seconds))  # the cart has not been changed for a while then
    print(f"{'':14} {'idle':26} {idle * 100:9.1f} hundredths of a core", flush=True)
    found = {
        "product page, kept": measured(mark, idle, lambda: loaded(f"/p/{SLUG}")),
        "the same, with a cart": measured(mark, idle, lambda: loaded(f"/p/{SLUG}", f"cart={cart}")),
        "product as JSON, kept": measured(mark, idle, lambda: loaded(f"/v1/products/{SLUG}")),
    }
    number = iter(range(10**6))

    def anew() -> tuple[float, float]:
        """Each address is different, so that none is cached."""
        began, count = time.perf_counter(), 0
        with httpx.Client(base_url=url, trust_env=False) as client:
            while time.perf_counter() < began + arguments.seconds:
                client.get(f"/p/{SLUG}?n={next(number)}").raise_for_status()
                count += 1
        return count, time.perf_counter() - began

    found["product page, made anew"] = measured(mark, idle, anew)
    found["checkout"] = sorted((measured(mark, idle, checkouts) for _ in range(ROUNDS)), key=lambda one: one[1])[
        ROUNDS // 2
    ]
    return found


def filled_cart(url: str, sku: str) -> str:
    """The id of a cart of another shopper."""
    with httpx.Client(base_url=url, trust_env=False) as client:
        cart: str = client.post("/v1/carts", json={}).json()["id"]
        client.post(f"/v1/carts/{cart}/lines", json={"sku": sku, "quantity": 2}).raise_for_status()
    return cart


@contextmanager
def one_process(environment: dict[str, str], *more: str) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "shopwright", "serve", "--quiet", "--port", str(port), *more]
    process = start(command, port, **environment, SHOPWRIGHT_URL=url)
    try:
        yield url
    finally:
        stop(process)


@contextmanager
def apart(environment: dict[str, str], each: int) -> Iterator[str]:
    port = free_port()
    word = [sys.executable, "-m", "shopwright", "cluster"]
    process_environment = {**os.environ, **environment}
    subprocess.run(
        [*word, "up", "--port", str(port), "--each", str(each)],
        env=process_environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        subprocess.run([*word, "down"], env=process_environment, check=True, stdout=subprocess.DEVNULL)


def report(shape: str, found: dict[str, Figure], alone: dict[str, Figure]) -> None:
    for what, (rate, cost) in found.items():
        ratio = cost / alone[what][1]
        mark = (
            "  ABOVE" if ratio > BAR and what in {"product page, kept", "product page, made anew", "checkout"} else ""
        )
        print(f"{shape:14} {what:26} {rate:9.0f}/s {cost:9.2f} ms {ratio:6.2f}{mark}", flush=True)


def on_servers(folder: str, name: str) -> dict[str, str]:
    """Settings of a shop on the servers of `make servers`, which the environment names."""
    settings, _ = read(Settings, os.environ)
    where = settings.database.partition("?")[0].rpartition("/")[0]
    return {
        "SHOPWRIGHT_DATA": folder, "SHOPWRIGHT_LIMITS": "off", "SHOPWRIGHT_PAYMENTS": "pretend:", "SHOPWRIGHT_STAFF_SECOND_FACTOR": "optional", "SHOPWRIGHT_DATABASE": f"{where}/{name}?connections=4",
        "SHOPWRIGHT_DOCUMENTS": f"{settings.documents.rpartition('/')[0]}/{name}",
        "SHOPWRIGHT_SEARCH": f"{settings.search.rpartition('/')[0]}/{name}",
        "SHOPWRIGHT_BUS": f"{settings.bus}?prefix={name}", "SHOPWRIGHT_CACHE": f"{settings.cache}?prefix={name}",
        "SHOPWRIGHT_FILES": settings.files, "SHOPWRIGHT_SECRET": uuid.uuid4().hex * 2,
    }  # fmt: skip


async def new_database(settings: Settings, name: str) -> None:
    server = await asyncpg.connect(settings.database.partition("?")[0].rpartition("/")[0] + "/postgres")
    await server.execute(f"CREATE DATABASE {name}")
    await server.close()


async def prepared(settings: Settings, name: str) -> list[str]:
    await new_database(settings, name)
    return await prepare_in(settings)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--checkouts", type=int, default=100)
    parser.add_argument("--each", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory(prefix="shopwright-apart-") as folder:
        environment = on_servers(folder, name)
        settings, _ = read(Settings, environment)
        skus = asyncio.run(prepared(complete(settings), name))
        with one_process(environment) as url:
            alone = figures(url, folder, skus, arguments, settings.database)
        report("one process", alone, alone)
        for each in arguments.each:
            with apart(environment, each) as url:
                report(f"apart, {each} each", figures(url, folder, skus, arguments, settings.database), alone)


if __name__ == "__main__":
    main()
