"""A restore names what will be lost, keeps a copy, and reuses no number; a damaged shop is moved aside unchanged."""

import asyncio
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

import pytest

from shopwright.app import Shop
from shopwright.operations import archive
from tests.builders.damage import checkpoint, empty, gone, middle_page, page_one, shopwright, table
from tests.builders.environment import ON_SERVERS, POSTGRES, bare_environment
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.sellers import NORTHLIGHT
from tests.builders.shops import QUICK, make_settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(POSTGRES) or ON_SERVERS, reason="the commands open the shop of a folder"),
]


async def trade(folder: Path, title: str, orders: int) -> None:
    shop = Shop(make_settings(folder), hasher=QUICK)
    async with shop.running(deliver=False):
        product = await sell(shop, title, on_hand=500)
        for _ in range(orders):
            await place(shop, product)
        await shop.bus.settle()


@pytest.fixture
async def folder(migrated: tuple[Path, str], tmp_path: Path) -> Path:
    """A shop with three orders, an archive of it, and two orders since."""
    data = tmp_path / "data"
    shutil.copytree(migrated[0], data)
    await trade(data, "Lamp", 3)
    assert (await asyncio.to_thread(shopwright, data, "export", str(tmp_path / "shop.zip"))).exit_code == 0
    await trade(data, "Kettle", 2)
    return data


def numbers(data: Path) -> list[int]:
    return [row[0] for row in table(data / "orders.db", "SELECT number FROM orders ORDER BY number")]


async def test_a_restore_names_what_will_be_lost_and_keeps_a_copy(folder: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "shop.zip")
    result = await asyncio.to_thread(shopwright, folder, "restore", file)
    assert result.exit_code == 1
    assert "2 orders (1004 of" in result.output
    assert "to 1005 of" in result.output
    assert "2 payments" in result.output
    assert "Say --yes" in result.output
    assert numbers(folder) == [1001, 1002, 1003, 1004, 1005]
    result = await asyncio.to_thread(shopwright, folder, "restore", file, "--yes")
    assert result.exit_code == 0, result.output
    assert numbers(folder) == [1001, 1002, 1003]
    backup = next(iter(await asyncio.to_thread(lambda: list(folder.glob("before-restore-*.zip")))))
    assert str(backup) in result.output
    assert [row["number"] for row in archive.rows_in(backup, "orders/orders")] == [1001, 1002, 1003, 1004, 1005]
    await trade(folder, "Sofa", 1)
    assert numbers(folder) == [1001, 1002, 1003, 1006]
    looked = await asyncio.to_thread(shopwright, folder, "doctor")
    assert looked.exit_code == 0, looked.output
    seqs = [row[0] for row in table(folder / "insights.db", "SELECT seq FROM journal ORDER BY seq")]
    assert max(seqs) > max(row["seq"] for row in archive.rows_in(backup, "insights/journal"))


async def test_the_number_of_a_sent_document_is_not_reused(migrated: tuple[Path, str], tmp_path: Path) -> None:
    """The lost shop issued INV-…-000002 after its archive was made; each series is without gaps."""
    folder, file = tmp_path / "data", str(tmp_path / "shop.zip")
    shutil.copytree(migrated[0], folder)
    shop = Shop(make_settings(folder), hasher=QUICK)
    async with shop.running(deliver=False):
        await shop.pricing.set_seller(NORTHLIGHT, "test")
    await trade(folder, "Lamp", 1)
    assert (await asyncio.to_thread(shopwright, folder, "export", file)).exit_code == 0
    await trade(folder, "Kettle", 1)
    lost = set(documents(folder))
    for shop_folder in (folder, tmp_path / "elsewhere"):
        result = await asyncio.to_thread(shopwright, shop_folder, "restore", file, "--yes")
        assert result.exit_code == 0, result.output
        assert ("1 documents (INV-" in result.output) is (shop_folder == folder)
        await trade(shop_folder, "Sofa", 2)
        first, *new = documents(shop_folder)
        assert first in lost
        assert not lost & set(new)
        assert [(name.split("-")[2][0], name[-6:]) for name in new] == [("R", "000001"), ("R", "000002")]
        looked = await asyncio.to_thread(shopwright, shop_folder, "doctor")
        assert looked.exit_code == 0, looked.output


def documents(data: Path) -> list[str]:
    return [row[0] for row in table(data / "books.db", "SELECT name FROM issued_documents ORDER BY id")]


@pytest.mark.parametrize("words", [("restore",), ("import", "archive")])
async def test_numbers_a_lost_shop_may_have_issued_are_not_reused(
    folder: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    old = tmp_path / "old.zip"
    await asyncio.to_thread(aged, tmp_path / "shop.zip", old, timedelta(days=3))
    elsewhere = tmp_path / "elsewhere"
    command = (*words, str(old)) if words[0] == "import" else (*words, str(old), "--yes")
    result = await asyncio.to_thread(shopwright, elsewhere, *command)
    assert result.exit_code == 0, result.output
    assert "The order numbers continue after 1021, so that none is used twice." in result.output  # 3 on its busiest day
    await trade(elsewhere, "Sofa", 1)
    assert numbers(elsewhere) == [1001, 1002, 1003, 1022]
    looked = await asyncio.to_thread(shopwright, elsewhere, "doctor")
    assert looked.exit_code == 0, looked.output


def aged(file: Path, old: Path, by: timedelta) -> None:
    """The archive, made this much earlier."""
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(old, "w") as after:
        for name in before.namelist():
            body = before.read(name)
            if name == "manifest.json":
                manifest = json.loads(body)
                manifest["created_at"] = (datetime.fromisoformat(manifest["created_at"]) - by).isoformat()
                body = json.dumps(manifest).encode()
            after.writestr(name, body)


@pytest.mark.parametrize("how", [page_one, middle_page, empty, gone])
@pytest.mark.parametrize("name", ["orders", "users"])
def test_a_damaged_shop_is_moved_aside_and_restored(
    folder: Path, tmp_path: Path, name: str, how: Callable[[Path], None]
) -> None:
    checkpoint(folder / f"{name}.db")
    how(folder / f"{name}.db")
    before = {path.name: path.read_bytes() for path in folder.glob("*.db")}
    refused = shopwright(folder, "restore", str(tmp_path / "shop.zip"))
    assert refused.exit_code == 1
    assert "is damaged" in refused.output
    assert not list(folder.glob("damaged-*"))
    (tmp_path / "torn.zip").write_bytes((tmp_path / "shop.zip").read_bytes()[:5000])
    assert shopwright(folder, "restore", str(tmp_path / "torn.zip"), "--yes").exit_code == 1
    assert not list(folder.glob("damaged-*"))
    result = shopwright(folder, "restore", str(tmp_path / "shop.zip"), "--yes")
    assert result.exit_code == 0, result.output
    aside = next(folder.glob("damaged-*"))
    assert str(aside) in result.output
    assert (aside / f"{name}.db").exists() is (how is not gone)
    assert how is gone or (aside / f"{name}.db").read_bytes() == before[f"{name}.db"]
    assert {path.name for path in aside.glob("*.db")} == before.keys()
    assert numbers(folder) == [1001, 1002, 1003]
    assert table(folder / "orders.db", "SELECT value FROM counters WHERE name = 'order_number'") == [(1005,)]
    looked = shopwright(folder, "doctor")
    assert looked.exit_code == 0, looked.output


class Giving:
    """A checkout that issues order numbers as fast as possible until it is stopped."""

    def __init__(self, file: Path) -> None:
        self.given: list[int] = []
        self._file = file
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with closing(sqlite3.connect(self._file, isolation_level=None, timeout=0)) as connection:
            while not self._stopped.wait(0.0003):
                with suppress(sqlite3.OperationalError):  # the file is held
                    self.given += connection.execute(
                        "UPDATE counters SET value = value + 1 WHERE name = 'order_number' RETURNING value"
                    ).fetchone()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._stopped.set()
        self._thread.join()


async def test_no_number_is_issued_twice_during_a_restore(folder: Path, tmp_path: Path) -> None:
    with Giving(folder / "orders.db") as giving:
        result = await asyncio.to_thread(shopwright, folder, "restore", str(tmp_path / "shop.zip"), "--yes")
    assert result.exit_code == 0, result.output
    backup = next(iter(await asyncio.to_thread(lambda: list(folder.glob("before-restore-*.zip")))))
    counter = next(row["value"] for row in archive.rows_in(backup, "orders/counters") if row["name"] == "order_number")
    assert min(giving.given) <= counter < max(giving.given), "it gave some before and after"
    assert giving.given == list(range(1006, 1006 + len(giving.given)))


def restoring(folder: Path, file: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "shopwright", "restore", str(file), "--yes", "--data", str(folder)]
    environment = bare_environment()
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_a_restore_killed_after_the_copy_leaves_the_shop_unchanged(folder: Path, tmp_path: Path) -> None:
    with restoring(folder, tmp_path / "shop.zip") as process:
        for line in process.stdout:
            if "was saved to" in line:
                process.kill()
    assert process.returncode == -signal.SIGKILL
    assert list(folder.glob("before-restore-*.zip"))
    assert numbers(folder) == [1001, 1002, 1003, 1004, 1005]
    looked = shopwright(folder, "doctor")
    assert looked.exit_code == 0, looked.output
    asyncio.run(trade(folder, "Sofa", 1))
    assert numbers(folder)[-1] == 1006


def test_a_restore_killed_while_it_replaces_is_named_and_completed_by_another(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "shop.zip"
    with restoring(folder, file) as process:
        while not (folder / "restore-unfinished").exists():
            assert process.poll() is None
        process.kill()
    assert process.returncode == -signal.SIGKILL
    words = f"Finish it: `shopwright restore {file}`"
    for command in (("doctor",), ("backup", str(tmp_path / "kept")), ("serve",)):
        result = shopwright(folder, *command)
        assert result.exit_code == 1, (command, result.output)
        assert words in result.output, (command, result.output)
    assert not (tmp_path / "kept").exists()
    result = shopwright(folder, "restore", str(file), "--yes")
    assert result.exit_code == 0, result.output
    assert numbers(folder) == [1001, 1002, 1003]
    assert table(folder / "orders.db", "SELECT value FROM counters WHERE name = 'order_number'") == [(1005,)]
    assert shopwright(folder, "doctor").exit_code == 0
