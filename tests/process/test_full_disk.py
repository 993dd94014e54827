"""A full disk: nothing is saved and errors say so, everything else works, and the shop can be examined and stopped."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit import disk
from shopwright.kit.errors import Unavailable
from shopwright.kit.http.problems import describe
from shopwright.kit.outages import NOT_NOW
from tests.builders.environment import POSTGRES
from tests.builders.goods import sell
from tests.builders.server import Server, buy
from tests.builders.shops import QUICK, make_settings

pytestmark = pytest.mark.slow

OWNER = {"email": "owner@example.com", "password": "owner-password"}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("a small file system can be mounted by root alone")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=40m", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no small file system can be mounted here: {done.stderr.decode()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
async def shop_on_it(migrated: tuple[Path, str], small: Path) -> tuple[Path, str]:
    """The data folder of a shop that sells a product, and its SKU."""
    if POSTGRES:
        pytest.skip("there the disk is that of the server")
    data = small / "data"
    shutil.copytree(migrated[0], data)
    shop = Shop(make_settings(data), hasher=QUICK)
    async with shop.running(deliver=False):
        product = await sell(shop, "Lamp", on_hand=1000)
        await shop.search.bring_up_to_date()
    return data, product.variants[0].sku


def fill(path: Path) -> None:
    """Fill the disk to the last byte."""
    with path.open("wb", buffering=0) as file:
        for size in (1_000_000, 4096, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


async def test_on_a_full_disk_shoppers_can_browse_and_errors_name_the_cause(
    shop_on_it: tuple[Path, str], tmp_path: Path
) -> None:
    data, sku = shop_on_it
    server = Server(data, "")
    server.log = tmp_path / "server.log"
    await asyncio.to_thread(server.start)
    filler = data.parent / "filler"
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=20, trust_env=False) as client:
            assert (await buy(client, sku, "before")).status_code == 201
            assert (data / disk.RESERVE).stat().st_blocks * 512 >= disk.RESERVE_BYTES
            ready = (await client.get("/health/ready")).json()
            assert (ready["status"], ready["writes"]) == ("ok", True)
            fill(filler)
            for page in ("/", "/p/lamp", "/search?q=lamp", "/v1/products/lamp", "/cart"):
                assert (await client.get(page)).status_code == 200, page
            refused = await buy_until_refused(client, sku)
            assert refused.status_code == 503
            assert "disk is full; nothing was changed" in refused.json()["detail"]
            page = await client.get("/sign-in")
            token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)[1]
            signing = await client.post("/sign-in", data={"_csrf_token": token, **OWNER})
            assert "disk is full; nothing was changed" in signing.text
            assert str(data) not in signing.text
            answer = await client.get("/health/ready")
            assert (answer.status_code, answer.json()["status"], answer.json()["writes"]) == (200, "less", False)
            assert "takes no orders" in answer.json()["engines"]["disk"]
            assert "Unavailable" in (await client.get("/status")).text
            metrics = (await client.get("/metrics")).text
            assert 'shopwright_engine_up{engine="disk"} 0.0' in metrics
            assert "shopwright_disk_free_bytes" in metrics
            result = await asyncio.to_thread(server.run, "doctor")
            assert "its reserve was released" in result.stderr
            assert result.returncode == 0, result.stdout + result.stderr
            assert not (data / disk.RESERVE).exists()
            filler.unlink()
            assert (await buy(client, sku, "after")).status_code == 201  # without a restart
            assert (await client.get("/health/ready")).json()["writes"]
            fill(filler)
    finally:
        assert await asyncio.to_thread(server.stop) == 0


async def buy_until_refused(client: httpx.AsyncClient, sku: str) -> httpx.Response:
    """Allocated blocks still accept some data."""
    for number in range(300):
        cart = await client.post("/v1/carts")
        if not cart.is_success:
            return cart
        answer = await buy(client, sku, f"shopper{number}")
        if not answer.is_success:
            return answer
    raise AssertionError("the disk is not full")


def test_the_disk_reserve_is_created_where_there_is_space_and_released_when_there_is_none(small: Path) -> None:
    assert disk.keep_reserve(small)
    assert disk.keep_reserve(small)
    assert not disk.give_up_reserve(small)
    fill(small / "filler")
    assert disk.space(small).is_full
    assert disk.give_up_reserve(small)
    assert not disk.space(small).is_full
    assert not disk.keep_reserve(small)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("The disk that holds /var/lib/shop/orders.db is full; nothing was changed.", NOT_NOW),
        ("/data/orders.db cannot be opened: disk I/O error.", NOT_NOW),
        (r"C:\shop\orders.db cannot be used just now.", NOT_NOW),
        (
            "The mail server refuses the sign-in (SMTPConnectError).",
            "The mail server refuses the sign-in (SMTPConnectError).",
        ),
    ],
)
def test_no_path_of_the_machine_is_shown_in_public(message: str, shown: str) -> None:
    assert describe(Unavailable(message)).detail == shown
