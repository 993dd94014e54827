"""Shops that are served side by side and measured in turns (`bench/caches.py`)."""

import asyncio
import json
import os
import random
import re
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import msgspec

from bench.apart import SLUG, filled_cart
from bench.measuring import free_port, start, stop
from bench.run import flow_over_http
from shopwright.app import Shop
from shopwright.kit.money import Money
from shopwright.kit.settings import read
from shopwright.registry import WEB
from shopwright.services import RIVER
from shopwright.services.pricing.contract import Price
from shopwright.settings import Settings, complete

PRODUCT = f"/p/{SLUG}"
PAGES = {
    "home": "/", "category": "/c/table", "product": PRODUCT, "search": "/search?q=mug", "product JSON": f"/v1/products/{SLUG}",
}  # fmt: skip
CHECKOUT, CHECKOUTS = "checkout", 12
CHANGING = "products, prices change"
AT_ONCE, SLICE_S = 8, 0.1
SILENT_S = 5.0  # after which a server may close a connection
WORKERS, LOOKED_AT, LOOKS, PATIENCE_S = 4, 20, 300, 60.0  # views between two changes: about one order
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
Figure = tuple[float, float]  # a second, milliseconds of CPU each
Job = Callable[[], Awaitable[tuple[int, float]]]


class Served(msgspec.Struct):
    """A shop that is served without `part`. `gateway` answers pages; carts and orders have their own addresses."""

    part: str
    groups: list[int]
    gateway: str
    carts: str
    orders: str
    environment: dict[str, str]
    skus: list[str]
    session: str
    cart: str = ""
    idle: float = 0.0

    def used_s(self) -> float:
        """CPU of all its processes."""
        used = 0
        for one in Path("/proc").glob("[0-9]*"):
            try:
                if os.getpgid(int(one.name)) in self.groups:
                    used += sum(int(schedstat.read_text().split()[0]) for schedstat in one.glob("task/*/schedstat"))
            except OSError:
                continue
        return used / 1e9


@contextmanager
def served(shape: str, part: str, environment: dict[str, str], skus: list[str], session: str) -> Iterator[Served]:
    """In one process, in several that serve all services, or one for each service."""
    apart = shape == "apart"
    with ExitStack() as stack:
        ports = {name: free_port() for name in ((*RIVER, WEB) if apart else ("",))}
        if apart:
            environment = environment | {"PORTS": json.dumps(ports), "SHOPWRIGHT_SERVICES": "http://{service}"}
        groups, url = [], f"http://127.0.0.1:{ports['payments' if apart else '']}"
        for name, port in ports.items():
            without = [str(Path(__file__).parent / "without.py"), str(port), part, *([name] if name else [])]
            several = ["-m", "shopwright", "serve", "--quiet", "--port", str(port), "--workers", str(WORKERS)]
            command = [sys.executable, *(several if shape == "workers" else without)]
            process = start(command, port, **environment, SHOPWRIGHT_URL=url)
            stack.callback(stop, process)
            groups.append(process.pid)
        found = {name: f"http://127.0.0.1:{ports[name if apart else '']}" for name in (WEB, "carts", "orders")}
        one = Served(part, groups, found[WEB], found["carts"], found["orders"], environment, skus, session)
        one.cart = filled_cart(one.carts, skus[0])
        if "Sign in" in httpx.get(one.gateway, headers={"Cookie": f"session={session}"}, trust_env=False).text:
            raise SystemExit("The shopper is not signed in.")
        yield one


class ByPath(httpx.AsyncHTTPTransport):
    """Route by path, as a gateway does."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        super().__init__()
        self._addresses = {path: httpx.URL(address) for path, address in addresses.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        there = next(address for path, address in self._addresses.items() if request.url.path.startswith(path))
        request.url = request.url.copy_with(host=there.host, port=there.port)
        return await super().handle_async_request(request)


class Connections:
    """Several shoppers per server, each requesting `paths` repeatedly."""

    def __init__(self, url: str, paths: Sequence[str], cookie: str = "") -> None:
        where = httpx.URL(url)
        self._host, self._port = where.host, where.port
        rest = f"Host: {where.host}\r\n" + (f"Cookie: {cookie}\r\n" if cookie else "") + "\r\n"
        self._requests = [f"GET {path} HTTP/1.1\r\n{rest}".encode() for path in paths]
        self._used, self._left = 0.0, 0
        self._open: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def load(self, seconds: float, most: int = sys.maxsize) -> tuple[int, float]:
        """The number of answers, and the seconds; `most`: no more than this many. Raises SystemExit for an error."""
        self._left = most
        if time.monotonic() > self._used + SILENT_S:
            for _, writer in self._open:
                writer.close()
            self._open = [await asyncio.open_connection(self._host, self._port) for _ in range(AT_ONCE)]
        began = time.perf_counter()
        count = sum(await asyncio.gather(*(self._ask(*one, began + seconds) for one in self._open)))
        self._used = time.monotonic()
        return count, time.perf_counter() - began

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, until: float) -> int:
        count = 0
        while time.perf_counter() < until and self._left > 0:
            self._left -= 1
            writer.write(random.choice(self._requests))
            head = await reader.readuntil(b"\r\n\r\n")
            found = LENGTH.search(head)
            if not head.startswith(b"HTTP/1.1 200") or found is None:
                raise SystemExit(head.decode())
            await reader.readexactly(int(found.group(1)))
            count += 1
        return count


async def settled(one: Served) -> None:
    """Wait until the consequences are done: no more CPU is used than without requests."""
    for _ in range(10):
        before = one.used_s()
        await asyncio.sleep(0.25)
        if one.used_s() - before < (one.idle + 0.04) * 0.25:
            return


def jobs(shape: str, one: Served) -> dict[str, Job]:
    """The requests of a figure in a slice of time: it returns their number, and the seconds."""
    if shape == "workers":
        return {CHANGING: changing(one)}

    def loaded(path: str, cookie: str = "") -> Job:
        connections = Connections(one.gateway, [path], cookie)
        return lambda: connections.load(SLICE_S)

    async def checkouts() -> tuple[int, float]:
        transport = ByPath({"/v1/carts": one.carts, "/v1/orders": one.orders})
        rate = await flow_over_http(one.gateway, one.skus, CHECKOUTS, AT_ONCE, order=True, warm=0, transport=transport)
        await settled(one)
        return CHECKOUTS, CHECKOUTS / rate

    found = {name: loaded(path) for name, path in PAGES.items()}
    found["cart with items"] = loaded("/cart", f"cart={one.cart}")
    found["product, with a cart"] = loaded(PRODUCT, f"cart={one.cart}")
    for name in ("home", "category", "product", "search"):
        found[f"{name}, signed in"] = loaded(PAGES[name], f"session={one.session}")
    return found | {CHECKOUT: checkouts}


def changing(one: Served) -> Job:
    """Products viewed while prices change, so that pages have to be rendered again and again."""
    shop = Shop(complete(read(Settings, one.environment)[0]))
    found: list[tuple[str, Connections]] = []

    async def look() -> tuple[int, float]:
        if not found:
            products = await shop.catalog.list_products(status="published", limit=LOOKED_AT)
            pages = Connections(one.gateway, [f"/p/{product.slug}" for product in products])
            found.extend((product.variants[0].id, pages) for product in products)
        variant, pages = random.choice(found)
        await shop.pricing.set_prices([Price(variant, Money(random.randint(100, 9_999), "EUR"))])
        return await pages.load(PATIENCE_S, LOOKS)

    return look


async def round_of(shops: Sequence[Served], every: Sequence[Job], slices: int) -> list[Figure]:
    """A figure of each shop; they take turns slice by slice, so that other load on the machine affects all."""
    counts, times, used = ([0.0] * len(shops) for _ in range(3))
    for turn in range(slices):
        for at in [(number + turn) % len(shops) for number in range(len(shops))]:
            one, before, began = shops[at], shops[at].used_s(), time.perf_counter()
            count, seconds = await every[at]()
            used[at] += one.used_s() - before - one.idle * (time.perf_counter() - began)
            counts[at] += count
            times[at] += seconds
    return [(count / elapsed, cost / count * 1000) for count, elapsed, cost in zip(counts, times, used, strict=True)]
