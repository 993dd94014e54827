"""Killed a hundred times with two dozen buyers: `doctor` tells what is on its way from what is wrong, each time, and a shop
that starts brings it home."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from tests.conftest import QUICK, make_settings, sell
from tests.process.server import Server, buy

pytestmark = [pytest.mark.slow, pytest.mark.soak]
KILLS = int(os.environ.get("KILLS", "100"))
EVERY = 10  # kills between two visits of the doctor
BUYERS = 24
HOME_S = 5


class Buyers:
    """Two dozen who buy one thing after another, but while they are held."""

    def __init__(self, server: Server, sku: str) -> None:
        self.server, self.sku = server, sku
        self.acknowledged: set[str] = set()
        self.open = asyncio.Event()
        self.open.set()
        self.number = 0

    async def one(self) -> None:
        async with httpx.AsyncClient(base_url=self.server.url, timeout=20, trust_env=False) as client:
            while True:
                await self.open.wait()
                self.number += 1
                try:
                    answer = await buy(client, self.sku, f"buyer{self.number}")
                    if answer.status_code == 201:
                        self.acknowledged.add(answer.json()["id"])
                except (httpx.HTTPError, ValueError, KeyError):
                    await asyncio.sleep(0.1)

    @contextlib.asynccontextmanager
    async def buying(self):
        tasks = [asyncio.create_task(self.one()) for _ in range(BUYERS)]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def brought_home(shop: Shop) -> float:
    """After how many seconds nothing was on its way any more."""
    began = time.monotonic()
    while await shop.bus.under_way():
        assert time.monotonic() - began < 60, await shop.bus.under_way()
        await asyncio.sleep(0.1)
    return time.monotonic() - began


async def test_the_doctor_calls_nothing_wrong_that_is_on_its_way_and_a_shop_that_starts_brings_it_home(
    data: tuple[Path, str], record_testsuite_property: Callable[[str, object], None]
) -> None:
    looked_at = Shop(make_settings(*data), hasher=QUICK)
    lamp = await sell(looked_at, "Lamp", on_hand=1_000_000)
    await looked_at.bus.settle()
    server = Server(*data).start()
    buyers = Buyers(server, lamp.variants[0].sku)
    took: list[float] = []

    async def visit() -> None:
        said = await asyncio.to_thread(server.run, "doctor")
        assert said.returncode == 0, said.stdout + said.stderr

    async with buyers.buying():
        for kill in range(1, KILLS + 1):
            await asyncio.sleep(1.5 + (kill % 7) / 5)
            await asyncio.to_thread(server.kill)
            if kill % EVERY == 0:
                await visit()  # nothing runs: what was told last is on its way, and nothing is wrong
            if kill % EVERY == EVERY // 2:
                buyers.open.clear()
                await asyncio.to_thread(server.start)
                took.append(await brought_home(looked_at))
                await visit()
                buyers.open.set()
            else:
                await asyncio.to_thread(server.start)
    assert server.stop() == 0
    orders = {row["id"] for row in await looked_at.works["orders"].fetch("SELECT id FROM orders")}
    await looked_at.close()
    record_testsuite_property("orders", len(orders))
    record_testsuite_property("home after s", took)
    assert buyers.acknowledged <= orders
    assert len(buyers.acknowledged) > KILLS
    assert max(took) <= HOME_S
