"""Killed a hundred times with two dozen buyers: `doctor` distinguishes pending work from errors each time, and a restarted
shop completes it.
"""

import asyncio
import contextlib
import os
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from tests.builders.goods import sell
from tests.builders.server import Server, buy
from tests.builders.shops import QUICK, make_settings

pytestmark = [pytest.mark.slow, pytest.mark.soak]
KILLS = int(os.environ.get("KILLS", "100"))
EVERY = 10  # kills between two checks of the doctor
BUYERS = 24
HOME_S = 5


class Buyers:
    """Two dozen buyers who buy repeatedly, except while they are paused."""

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


async def test_the_doctor_accepts_pending_work_and_a_restarted_shop_completes_it(
    data: tuple[Path, str],
) -> None:
    shop = Shop(make_settings(*data), hasher=QUICK)
    lamp = await sell(shop, "Lamp", on_hand=1_000_000)
    await shop.bus.settle()
    await shop.close()  # an open one takes events from the broker
    server = Server(*data).start()
    buyers = Buyers(server, lamp.variants[0].sku)

    async def visit() -> str:
        report = await asyncio.to_thread(server.run, "doctor")
        assert report.returncode == 0, report.stdout + report.stderr
        return report.stdout

    async with buyers.buying():
        for kill in range(1, KILLS + 1):
            await asyncio.sleep(1.5 + (kill % 7) / 5)
            await asyncio.to_thread(server.kill)
            if kill % EVERY == 0:
                await visit()  # no process runs: the last events are pending, and nothing is wrong
            if kill % EVERY == EVERY // 2:
                buyers.open.clear()
                await asyncio.to_thread(server.start)
                await asyncio.sleep(HOME_S)
                assert "on its way:" not in await visit()
                buyers.open.set()
            else:
                await asyncio.to_thread(server.start)
    assert server.stop() == 0
    shop = Shop(make_settings(*data), hasher=QUICK)
    orders = {row["id"] for row in await shop.databases["orders"].fetch("SELECT id FROM orders")}
    await shop.close()
    assert buyers.acknowledged <= orders
    assert len(buyers.acknowledged) > KILLS
