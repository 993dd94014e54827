"""Faults of a split shop under load: it degrades, reports what it cannot do, and loses nothing.

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
from tests.builders import rabbitmq_queues
from tests.builders.cluster import Cluster, running
from tests.builders.engine_proxies import ENGINES, NAMES, open_proxies
from tests.builders.environment import ON_SERVERS, server, server_place
from tests.builders.goods import sell
from tests.builders.health import wrong
from tests.builders.load import Count, Load
from tests.builders.processes import settled
from tests.builders.shops import QUICK, make_settings
from tests.builders.tcp_proxy import TcpProxy

pytestmark = pytest.mark.soak
ALL = os.environ.get("FAULTS", "") == "all"
FAULT_S = float(os.environ.get("FAULT_S", "2"))
STOPPED_S = float(os.environ.get("STOPPED_S", "4"))
MESSAGES = int(os.environ.get("MESSAGES", "1000"))
PARTS = (*RIVER, "web")
KILLED = PARTS if ALL else ("carts",)
STOPPED = PARTS if ALL else ("orders",)
# One that every page needs, one that only an order needs, one that is optional.
BETWEEN = ("pricing", "payments", "reviews") if ALL else ("reviews",)
WITHOUT_ENGINE = ENGINES if ALL else ("cache",)
NETWORK_FAULTS = (("cut", "refuses connections"), ("hush", "never answers"))
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


class FailureScenario:
    """A cluster under load, and the faults it had."""

    def __init__(self, data: tuple[Path, str], cluster: Cluster, proxies: dict[str, TcpProxy], load: Load) -> None:
        self.data, self.cluster, self.proxies, self.load = data, cluster, proxies, load
        self.rows: list[Row] = []

    async def suffer(self, what: str, action: Callable[[], Awaitable[None]], *, needed: bool) -> None:
        """Cause a fault; `action` returns when it is over."""
        self.load.count = Count()
        await action()
        ended = time.monotonic()
        recovered = await self.load.well_since(ended) - ended
        self.rows.append(Row(what, self.load.count, recovered, needed))
        await self.cluster.all_ready(120)

    async def kill(self, part: str) -> None:
        for pid in await self.cluster.pids(part):
            os.kill(pid, signal.SIGKILL)
            await self.cluster.all_ready()

    async def stop(self, part: str) -> None:
        """A half-dead engine: its connections stay open, and nothing comes through."""
        pid = (await self.cluster.pids(part))[0]
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(STOPPED_S)
        finally:
            os.kill(pid, signal.SIGCONT)

    async def engine(self, kind: str, fault: str) -> None:
        proxy = self.proxies[kind]
        await (proxy.cut() if fault == "cut" else _done(proxy.hush))
        await asyncio.sleep(FAULT_S)
        await proxy.open()

    async def between(self, part: str, fault: str) -> None:
        """Cause a fault between all processes of a service and its callers."""
        ports = [one["port"] for one in (await self.cluster.status())["services"][part]]
        proxies = [TcpProxy(f"http://127.0.0.1:{port}") for port in ports]
        for slot, (port, proxy) in enumerate(zip(ports, proxies, strict=True), 1):
            await proxy.open()
            self._lead(part, slot, urlsplit(proxy.url).port or port)
        await asyncio.sleep(1)  # the balancer finds them ready
        for proxy in proxies:
            action = {"cut": proxy.cut, "half": proxy.half, "slow": lambda proxy=proxy: _done(proxy.slow, 0.3)}
            await action.get(fault, lambda proxy=proxy: _done(proxy.narrow, 20_000))()
        await asyncio.sleep(FAULT_S)
        for slot, port in enumerate(ports, 1):
            self._lead(part, slot, port)
        for proxy in proxies:
            await proxy.cut()

    def _lead(self, part: str, slot: int, port: int) -> None:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.data[0] / "cluster" / "haproxy.sock"))
            line.sendall(f"set server {part}/s{slot} addr 127.0.0.1 port {port}\n".encode())
            line.recv(65_536)

    async def flood(self) -> None:
        """A queue full of events that were handled before, with an unreadable message among them."""
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
        """Upgrade while a service is killed and an engine goes away."""
        renewed = asyncio.create_task(self.cluster.run("restart", *(() if ALL else ("orders",))))
        await asyncio.sleep(0.5)
        with contextlib.suppress(ProcessLookupError):
            os.kill((await self.cluster.pids("payments"))[0], signal.SIGKILL)
        await self.engine("bus", "cut")
        await renewed


async def _done(action: Callable[..., None], *what: float) -> None:
    action(*what)


@pytest.fixture
async def scenario(data: tuple[Path, str]) -> AsyncIterator[FailureScenario]:
    if not ON_SERVERS:
        pytest.skip("processes of several services share servers")
    shop = Shop(make_settings(*data), hasher=QUICK)
    lamp = await sell(shop, "Lamp", on_hand=1_000_000)
    await shop.search.bring_up_to_date()
    await shop.close()
    proxies, urls = await open_proxies(*data)
    async with running(Cluster(data[0], urls.pop("database"), **urls)) as cluster:
        load = Load(cluster.url, lamp.variants[0].sku)
        shoppers = [asyncio.create_task(load.shopper()) for _ in range(3)]
        try:
            await load.well_since(time.monotonic())
            yield FailureScenario(data, cluster, proxies, load)
        finally:
            load.stopping = True
            await asyncio.gather(*shoppers)
    for proxy in proxies.values():
        await proxy.cut()


async def test_a_split_shop_loses_and_duplicates_no_order_whatever_fails(
    scenario: FailureScenario,
) -> None:
    load, data = scenario.load, scenario.data
    for part in KILLED:
        await scenario.suffer(
            f"`kill -9` of each process of {part}", lambda part=part: scenario.kill(part), needed=False
        )
    for part in STOPPED:
        what = f"one of two processes of {part} stopped (SIGSTOP, {STOPPED_S:.0f} s)"
        await scenario.suffer(what, lambda part=part: scenario.stop(part), needed=part in NEEDED)
    for kind in WITHOUT_ENGINE:
        for fault, expected in NETWORK_FAULTS if ALL else NETWORK_FAULTS[1:]:
            what = f"{NAMES[kind]} {expected} ({FAULT_S:.0f} s)"
            await scenario.suffer(
                what, lambda kind=kind, fault=fault: scenario.engine(kind, fault), needed=kind in NEEDED
            )
    for part in BETWEEN:
        for fault, expected in HARMS if ALL else HARMS[1:2]:
            what = f"connections to {part} {expected} ({FAULT_S:.0f} s)"
            await scenario.suffer(
                what, lambda part=part, fault=fault: scenario.between(part, fault), needed=part in NEEDED
            )
    what = f"{MESSAGES:,} messages in the queue of {HEARER}, 4 of them unreadable"
    await scenario.suffer(what, scenario.flood, needed=False)
    await scenario.suffer("all processes killed at once", scenario.everything, needed=True)
    what = "rolling restart, while payments is killed and RabbitMQ refuses connections"
    await scenario.suffer(what, scenario.deploy, needed=False)
    load.stopping = True
    shop = await settled(data)
    try:
        orders = {row["id"] for row in await shop.databases["orders"].fetch("SELECT id FROM orders")}
        paid = await shop.databases["payments"].fetch("SELECT * FROM payments")
        messages = await shop.databases["notifications"].fetch("SELECT recipient, subject FROM viewer")
        found = await wrong(shop)
    finally:
        await shop.close()
    report(scenario.rows, found)
    assert load.acknowledged <= orders
    assert len({row["order_id"] for row in paid}) == len(paid)
    assert len({(row["recipient"], row["subject"]) for row in messages}) == len(messages)
    assert found == []
    for row in scenario.rows:
        assert row.count.failed == 0, f"{row.what}: {row.count.odd[:5]}"
        if not row.needed:
            assert row.count.orders > 0, f"{row.what}: no order was taken"
            assert row.count.said <= row.count.requests // 5, f"{row.what}: {row.count.said} of {row.count.requests}"


def report(rows: list[Row], found: list[str]) -> None:
    """Write the table on request."""
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
