"""Whatever happens to a shop that is apart, under load: it goes on as far as it can, says so where it cannot, loses nothing.

TABLE=docs/failures-apart.md FAULT_S=20 STOPPED_S=30 MESSAGES=100000 FAULTS=all writes what happened as the table of the docs.
"""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import aio_pika
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.engines.bus.rabbitmq import Envelope
from shopwright.kit.clock import to_micros
from shopwright.services import RIVER
from tests.apart.cluster import Cluster, running
from tests.builders import rabbitmq_queues
from tests.builders.engine_proxies import ENGINES, NAMES, open_roads
from tests.builders.environment import ON_SERVERS, server, server_place
from tests.builders.goods import sell
from tests.builders.health import wrong
from tests.builders.processes import settled
from tests.builders.shops import QUICK, make_settings
from tests.builders.tcp_proxy import TcpProxy
from tests.process.load import Count, Load

pytestmark = pytest.mark.soak
ALL = os.environ.get("FAULTS", "") == "all"
FAULT_S = float(os.environ.get("FAULT_S", "2"))
STOPPED_S = float(os.environ.get("STOPPED_S", "4"))
MESSAGES = int(os.environ.get("MESSAGES", "1000"))
PARTS = (*RIVER, "web")
KILLED = PARTS if ALL else ("carts",)
STOPPED = PARTS if ALL else ("orders",)
# One that every page needs, one that an order needs alone, one that nobody needs.
BETWEEN = ("pricing", "payments", "reviews") if ALL else ("reviews",)
WITHOUT_ENGINE = ENGINES if ALL else ("cache",)
WAYS = (("cut", "refuses connections"), ("hush", "never answers"))
HARMS = (
    ("cut", "are refused"), ("half", "are closed halfway"), ("slow", "are 0.3 s slower"), ("narrow", "are limited to 20 kB/s"),
)  # fmt: skip
NEEDED = {"pricing", "catalog", "inventory", "carts", "payments", "orders", "web", "users", "database"}
HEARER = "insights.OrderPaid"


class Row(msgspec.Struct):
    what: str
    count: Count
    recovered: float
    needed: bool


class Story:
    """A cluster under load, and what was done to it."""

    def __init__(self, data: tuple[Path, str], cluster: Cluster, roads: dict[str, TcpProxy], load: Load) -> None:
        self.data, self.cluster, self.roads, self.load = data, cluster, roads, load
        self.rows: list[Row] = []

    async def suffer(self, what: str, deed: Callable[[], Awaitable[None]], *, needed: bool) -> None:
        """The deed returns when its fault is over."""
        self.load.count = Count()
        await deed()
        ended = time.monotonic()
        recovered = await self.load.well_since(ended) - ended
        self.rows.append(Row(what, self.load.count, recovered, needed))
        await self.cluster.all_ready(120)

    async def kill(self, part: str) -> None:
        for pid in await self.cluster.pids(part):
            os.kill(pid, signal.SIGKILL)
            await self.cluster.all_ready()

    async def stop(self, part: str) -> None:
        """Half dead is worse than dead."""
        pid = (await self.cluster.pids(part))[0]
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(STOPPED_S)
        finally:
            os.kill(pid, signal.SIGCONT)

    async def engine(self, kind: str, fault: str) -> None:
        road = self.roads[kind]
        await (road.cut() if fault == "cut" else _done(road.hush))
        await asyncio.sleep(FAULT_S)
        await road.open()

    async def between(self, part: str, fault: str) -> None:
        """On the way to all processes of a part, for everyone who asks it."""
        ports = [one["port"] for one in (await self.cluster.status())["services"][part]]
        roads = [TcpProxy(f"http://127.0.0.1:{port}") for port in ports]
        for slot, (port, road) in enumerate(zip(ports, roads, strict=True), 1):
            await road.open()
            self._lead(part, slot, urlsplit(road.url).port or port)
        await asyncio.sleep(1)  # the balancer finds them ready
        for road in roads:
            deed = {"cut": road.cut, "half": road.half, "slow": lambda road=road: _done(road.slow, 0.3)}
            await deed.get(fault, lambda road=road: _done(road.narrow, 20_000))()
        await asyncio.sleep(FAULT_S)
        for slot, port in enumerate(ports, 1):
            self._lead(part, slot, port)
        for road in roads:
            await road.cut()

    def _lead(self, part: str, slot: int, port: int) -> None:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.data[0] / "cluster" / "haproxy.sock"))
            line.sendall(f"set server {part}/s{slot} addr 127.0.0.1 port {port}\n".encode())
            line.recv(65_536)

    async def flood(self) -> None:
        """A queue full of what was heard before, and something nobody can read among it."""
        shop = Shop(make_settings(*self.data), hasher=QUICK)
        (event,) = await shop.databases["orders"].fetch(
            "SELECT * FROM facts WHERE type = 'OrderPaid' ORDER BY id LIMIT 1"
        )
        await shop.close()
        known = Envelope(
            id=event["id"], type=event["type"], subject=event["subject"], time=to_micros(event["time"])
            if not isinstance(event["time"], int) else event["time"], data=msgspec.Raw(event["data"].encode()),
        )  # fmt: skip
        async with await aio_pika.connect(server("RABBITMQ")) as connection:
            channel = await connection.channel()
            queue = f"{rabbitmq_queues.place(server_place(self.data[0]))}.{HEARER}"

            def say(body: bytes) -> Awaitable[object]:
                message = aio_pika.Message(body, type="OrderPaid", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
                return channel.default_exchange.publish(message, routing_key=queue)

            await asyncio.gather(*(say(poison) for poison in (b"", b"{", b"\xff\xfe", b'{"id": 1}')))
            body = msgspec.json.encode(known)
            for start in range(0, MESSAGES, 500):
                await asyncio.gather(*(say(body) for _ in range(min(500, MESSAGES - start))))
            while (await channel.declare_queue(queue, passive=True)).declaration_result.message_count:
                await asyncio.sleep(0.2)

    async def everything(self) -> None:
        pids = [one["pid"] for ones in (await self.cluster.status())["services"].values() for one in ones]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        await self.cluster.all_ready(120)

    async def deploy(self) -> None:
        """A new version, while a part is killed and an engine goes away."""
        renewed = asyncio.create_task(self.cluster.run("restart", *(() if ALL else ("orders",))))
        await asyncio.sleep(0.5)
        with contextlib.suppress(ProcessLookupError):
            os.kill((await self.cluster.pids("payments"))[0], signal.SIGKILL)
        await self.engine("bus", "cut")
        await renewed


async def _done(deed: Callable[..., None], *what: float) -> None:
    deed(*what)


@pytest.fixture
async def story(data: tuple[Path, str]) -> AsyncIterator[Story]:
    if not ON_SERVERS:
        pytest.skip("processes of several services share servers")
    shop = Shop(make_settings(*data), hasher=QUICK)
    lamp = await sell(shop, "Lamp", on_hand=1_000_000)
    await shop.search.bring_up_to_date()
    await shop.close()
    roads, ways = await open_roads(*data)
    async with running(Cluster(data[0], ways.pop("database"), **ways)) as cluster:
        load = Load(cluster.url, lamp.variants[0].sku)
        shoppers = [asyncio.create_task(load.shopper()) for _ in range(3)]
        try:
            await load.well_since(time.monotonic())
            yield Story(data, cluster, roads, load)
        finally:
            load.stopping = True
            await asyncio.gather(*shoppers)
    for road in roads.values():
        await road.cut()


async def test_whatever_happens_to_a_shop_that_is_apart_no_order_is_lost_and_none_made_twice(story: Story) -> None:
    load, data = story.load, story.data
    for part in KILLED:
        await story.suffer(f"`kill -9` of each process of {part}", lambda part=part: story.kill(part), needed=False)
    for part in STOPPED:
        what = f"one of two processes of {part} stopped (SIGSTOP, {STOPPED_S:.0f} s)"
        await story.suffer(what, lambda part=part: story.stop(part), needed=part in NEEDED)
    for kind in WITHOUT_ENGINE:
        for fault, said in WAYS if ALL else WAYS[1:]:
            what = f"{NAMES[kind]} {said} ({FAULT_S:.0f} s)"
            await story.suffer(what, lambda kind=kind, fault=fault: story.engine(kind, fault), needed=kind in NEEDED)
    for part in BETWEEN:
        for fault, said in HARMS if ALL else HARMS[1:2]:
            what = f"connections to {part} {said} ({FAULT_S:.0f} s)"
            await story.suffer(what, lambda part=part, fault=fault: story.between(part, fault), needed=part in NEEDED)
    what = f"{MESSAGES:,} messages in the queue of {HEARER}, 4 of them unreadable"
    await story.suffer(what, story.flood, needed=False)
    await story.suffer("all processes killed at once", story.everything, needed=True)
    what = "rolling restart, while payments is killed and RabbitMQ refuses connections"
    await story.suffer(what, story.deploy, needed=False)
    load.stopping = True
    shop = await settled(data)
    try:
        orders = {row["id"] for row in await shop.databases["orders"].fetch("SELECT id FROM orders")}
        paid = await shop.databases["payments"].fetch("SELECT * FROM payments")
        letters = await shop.databases["notifications"].fetch("SELECT recipient, subject FROM viewer")
        found = await wrong(shop)
    finally:
        await shop.close()
    tell(story.rows, found)
    assert load.acknowledged <= orders
    assert len({row["order_id"] for row in paid}) == len(paid)
    assert len({(row["recipient"], row["subject"]) for row in letters}) == len(letters)
    assert found == []
    for row in story.rows:
        assert row.count.failed == 0, f"{row.what}: {row.count.odd[:5]}"
        if not row.needed:
            assert row.count.orders > 0, f"{row.what}: no order was taken"
            assert row.count.said <= row.count.requests // 5, f"{row.what}: {row.count.said} of {row.count.requests}"


def tell(rows: list[Row], found: list[str]) -> None:
    """The table, where it is asked for."""
    if not (path := os.environ.get("TABLE")):
        return
    lines = [
        "# Failures of split services",
        "",
        f"Generated by `tests/apart/test_cluster_failures.py`. 26 processes, HAProxy, nginx and all servers run on one machine; three shoppers browse and buy through nginx without pause. “Unavailable”: answered with 503 and a reason. “Recovered”: the time from the end of the fault to the next successful page and order. Afterwards every acknowledged order was there and paid once, every e-mail had been sent once, every event had been delivered, and `shopwright doctor` found {found or 'no problems'}.",
        "",
        "| fault | requests | answered | unavailable | failed | orders | slowest | recovered |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.what} | {row.count.requests} | {row.count.well} | {row.count.said} | {row.count.failed}"
        f" | {row.count.orders} | {row.count.slowest:.1f} s | {row.recovered:.1f} s |"
        for row in rows
    ]
    with contextlib.suppress(OSError):
        Path(path).write_text("\n".join(lines) + "\n")
