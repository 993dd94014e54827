"""A server with a damaged file: it starts, shows its products, sells nothing, and says so; after a recovery it sells again."""

import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.outages import NOT_UNTIL_REPAIRED
from tests.builders.damage import OF_SQLITE, PAGE, checkpoint, pages_of, spoil
from tests.builders.goods import sell
from tests.builders.server import Server, buy
from tests.builders.shops import QUICK, make_settings

pytestmark = [pytest.mark.slow, OF_SQLITE]


async def test_a_shop_with_damaged_orders_can_be_browsed_and_sells_after_a_recovery(
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


def test_a_shop_with_a_damaged_file_header_names_the_command_and_opens_once_it_is_recovered(
    migrated: tuple[Path, str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(migrated[0], data)
    file = data / "orders.db"
    checkpoint(file)
    spoil(file, 0, random.Random(1).randbytes(100))
    server = Server(data, "")
    starting = threading.Thread(target=server.start)
    starting.start()
    try:
        answer = None
        while answer is None:
            with contextlib.suppress(httpx.TransportError):
                answer = httpx.get(f"{server.url}/", trust_env=False, timeout=5)
        assert (answer.status_code, answer.json()["detail"]) == (503, NOT_UNTIL_REPAIRED)
        log = server.log.read_text()
        assert f"{file} is damaged" in log
        assert "shopwright doctor --recover" in log
        assert "Traceback" not in log
        recovered = server.run("doctor", "--recover")
        assert recovered.returncode == 0, recovered.stdout + recovered.stderr
        starting.join(30)
        assert httpx.get(f"{server.url}/health/ready", trust_env=False, timeout=5).json()["writes"]
    finally:
        server.stop()
        starting.join()


# Root may read everything: without these two capabilities (capabilities(7): DAC_OVERRIDE, DAC_READ_SEARCH) it may not.
AS_ANOTHER = """
import ctypes, os, sys
for capability in (1, 2):
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-m", "shopwright", *sys.argv[1:]])
"""


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="gives files to another user")
def test_a_file_of_another_user_is_named_by_each_command_without_a_traceback(
    migrated: tuple[Path, str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(migrated[0], data)
    file, archive = data / "orders.db", tmp_path / "shop.zip"
    server = Server(data, "")
    assert server.run("export", str(archive)).returncode == 0
    os.chown(file, 65534, -1)
    file.chmod(0o600)
    for command in (
        ("doctor",),
        ("doctor", "--repair"),
        ("doctor", "--recover"),
        ("backup", str(tmp_path / "backups")),
        ("export", str(tmp_path / "other.zip")),
        ("restore", str(archive), "--yes"),
    ):
        result = subprocess.run(
            [sys.executable, "-c", AS_ANOTHER, *command], env=server.environment, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
        output = result.stdout + result.stderr
        assert result.returncode == 1, (command, output)
        assert f"{file} may not be read and written by this user" in output, (command, output)
        assert f"chown USER {file}" in output, (command, output)
        assert "Traceback" not in output, (command, output)
    assert not (tmp_path / "backups").exists()
    assert not (tmp_path / "other.zip").exists()
