"""Each engine is taken away from a shop under load: what goes on, what says so, and how soon all is well again.

TABLE=docs/failures.md FAULT_S=20 FAULTS=all writes what happened as the table of the docs.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shopwright.app import Shop
from tests.builders.engine_proxies import ENGINES, NAMES, open_roads
from tests.builders.environment import ON_SERVERS
from tests.builders.goods import sell
from tests.builders.health import wrong
from tests.builders.processes import settled
from tests.builders.shops import QUICK, make_settings
from tests.builders.tcp_proxy import TcpProxy
from tests.process.load import Count, Load
from tests.process.server import Server

FAULT_S = float(os.environ.get("FAULT_S", "3"))
ALL = os.environ.get("FAULTS", "") == "all"
FAULTS: dict[str, str] = {
    "cut": "refuses connections", "hush": "takes connections and never answers", "slow": "answers 0.3 s later",
    "shake": "breaks all connections, again and again", "crowd": "takes two connections and no more",
    "restart": "is killed and started again",
}  # fmt: skip
SOME = dict.fromkeys(ENGINES, ("hush", "restart")) | {"database": ("cut", "hush", "restart", "shake", "crowd")}
TOOLS = Path(__file__).parents[2] / "tools" / "servers.py"
STARTED_AS = {
    "database": "postgres", "cache": "redis", "bus": "rabbitmq", "search": "opensearch", "files": "s3", "documents": "mongodb",
}  # fmt: skip


@pytest.mark.soak
async def test_whatever_engine_is_taken_away_the_shop_goes_on_as_far_as_it_can_and_loses_nothing(
    data: tuple[Path, str],
) -> None:
    if not ON_SERVERS:
        pytest.skip("engines that are embedded cannot be taken away")
    shop = Shop(make_settings(*data), hasher=QUICK)
    lamp = await sell(shop, "Lamp", on_hand=1_000_000)
    await shop.search.bring_up_to_date()
    await shop.close()
    roads, ways = await open_roads(*data)
    server = Server(data[0], ways.pop("database"), **ways)
    await asyncio.to_thread(server.start)
    load = Load(server.url, lamp.variants[0].sku)
    shoppers = [asyncio.create_task(load.shopper()) for _ in range(3)]
    rows: list[tuple[str, str, Count, float]] = []
    try:
        await load.well_since(time.monotonic())
        for kind in ENGINES:
            for fault in FAULTS if ALL else SOME[kind]:
                load.count = Count()
                await inflict(kind, roads[kind], fault)
                ended = time.monotonic()
                await roads[kind].open()
                recovered = await load.well_since(ended) - ended
                rows.append((kind, fault, load.count, recovered))
    finally:
        load.stopping = True
        await asyncio.gather(*shoppers)
        assert await asyncio.to_thread(server.stop) == 0
        for road in roads.values():
            await road.cut()
    shop = await settled(data)
    try:
        orders = {row["id"] for row in await shop.works["orders"].fetch("SELECT id FROM orders")}
        assert load.acknowledged <= orders
        letters = await shop.works["notifications"].fetch("SELECT recipient, subject FROM viewer")
        assert len({(row["recipient"], row["subject"]) for row in letters}) == len(letters)
        found = await wrong(shop)
    finally:
        await shop.close()
    tell(rows, found)
    assert found == []
    for kind, fault, count, _ in rows:
        assert count.failed == 0, f"{kind} {fault}: {count.odd[:5]}"
        if kind != "database":
            assert count.orders > 0, f"no order was taken while {NAMES[kind]} {FAULTS[fault]}"
            assert count.said <= count.requests // 5, f"{NAMES[kind]} {FAULTS[fault]}: {count.said} of {count.requests}"


async def inflict(kind: str, road: TcpProxy, fault: str) -> None:
    """The fault, as long as it lasts."""
    ends = time.monotonic() + FAULT_S
    if fault == "restart":
        command = [sys.executable, str(TOOLS), "restart", STARTED_AS[kind]]
        await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    elif fault == "cut":
        await road.cut()
    elif fault == "hush":
        road.hush()
    elif fault == "slow":
        road.slow(0.3)
    elif fault == "crowd":
        await road.crowd(2)
    while time.monotonic() < ends:
        if fault == "shake":
            await road.shake()
        await asyncio.sleep(0.2)


def tell(rows: list[tuple[str, str, Count, float]], found: list[str]) -> None:
    """The table, where it is asked for."""
    if not (path := os.environ.get("TABLE")):
        return
    lines = [
        "# When an engine fails",
        "",
        f"Written by `tests/process/test_engine_failures.py`: three shoppers look around and buy without pause; each engine is taken away for {FAULT_S:.0f} s, one fault after the other. “Said so”: answered 503 with a reason. “Well again”: from the end of the fault until a page and an order were answered. Afterwards every acknowledged order was there, every letter once, and `shopwright doctor` found {found or 'nothing wrong'}.",
        "",
        "| engine | fault | requests | answered | said so | failed | orders taken | slowest | well again |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {NAMES[kind]} | {FAULTS[fault]} | {count.requests} | {count.well} | {count.said} | {count.failed} | {count.orders}"
        f" | {count.slowest:.1f} s | {recovered:.1f} s |"
        for kind, fault, count, recovered in rows
    ]
    with contextlib.suppress(OSError):
        Path(path).write_text("\n".join(lines) + "\n")
