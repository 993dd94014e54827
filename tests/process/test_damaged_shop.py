"""A server over a damaged file: it starts, shows its goods, sells nothing, and says so; after a recovery it sells again."""

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.web.problems import NOT_UNTIL_REPAIRED
from tests.conftest import ON_SERVERS, POSTGRES, QUICK, make_settings, sell
from tests.process.server import Server, buy
from tests.services.test_damage import checkpoint, spoil
from tests.services.test_recovery import PAGE, pages_of

pytestmark = pytest.mark.skipif(bool(POSTGRES) or ON_SERVERS, reason="the files are those of SQLite")


async def test_a_shop_whose_orders_are_damaged_can_be_looked_at_and_sells_after_a_recovery(
    migrated: tuple[Path, str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(migrated[0], data)
    shop = Shop(make_settings(data), hasher=QUICK)
    async with shop.running(deliver=False):
        product = await sell(shop, "Lamp", on_hand=50)
        await shop.search.bring_up_to_date()
    file, sku = data / "orders.db", product.variants[0].sku
    checkpoint(file)
    spoil(file, (pages_of(file, "timeline")[0] - 1) * PAGE, bytes(PAGE))
    server = Server(data, "")
    await asyncio.to_thread(server.start)
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=20, trust_env=False) as client:
            for _ in range(100):
                ready = (await client.get("/health/ready")).json()
                if not ready["writes"]:
                    break
                await asyncio.sleep(0.1)
            assert (ready["status"], ready["writes"]) == ("less", False)
            for page in ("/", "/p/lamp", "/v1/products/lamp"):
                assert (await client.get(page)).status_code == 200, page
            refused = await buy(client, sku, "ada")
            assert (refused.status_code, refused.json()["detail"]) == (503, NOT_UNTIL_REPAIRED)
    finally:
        await asyncio.to_thread(server.stop)
    recovered = await asyncio.to_thread(server.run, "doctor", "--recover")
    assert recovered.returncode == 0, recovered.stdout + recovered.stderr
    await asyncio.to_thread(server.start)
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=20, trust_env=False) as client:
            assert (await buy(client, sku, "ada2")).status_code == 201
    finally:
        await asyncio.to_thread(server.stop)
