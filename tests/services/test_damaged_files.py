"""Damage of any file is reported with a remedy; no command ends in a traceback, and no damaged file is written to."""

import asyncio
import contextlib
import os
import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import asyncpg
import httpx
import pytest

from shopwright.app import Shop
from shopwright.engines.cache.windows import MachineWindows
from shopwright.engines.database import damage
from shopwright.engines.database.postgresql_errors import translate
from shopwright.engines.database.sqlite import SqliteDatabase
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Damaged, Unavailable
from shopwright.kit.http.problems import describe
from shopwright.kit.outages import NOT_UNTIL_REPAIRED
from shopwright.kit.ports import Query
from shopwright.operations.damage_watch import ExclusiveRole
from shopwright.operations.process_admin import LocalProcessAdmin
from shopwright.web.application import build
from tests.builders.damage import (
    OF_SQLITE,
    PAGE,
    checkpoint,
    empty,
    gone,
    last_page,
    middle_page,
    page_one,
    shop_with_orders,
    shopwright,
    spoil,
    truncated,
)
from tests.builders.goods import sell
from tests.builders.pictures import picture
from tests.builders.shops import QUICK, make_settings

pytestmark = [pytest.mark.slow, OF_SQLITE]


DAMAGES = [page_one, middle_page, last_page, truncated, empty, gone]


@pytest.fixture(scope="module")
def lived_in(migrated: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop in use, made once and copied for each test."""
    return shop_with_orders(migrated[0], tmp_path_factory.mktemp("lived") / "data", 3)


@pytest.fixture
def data_folder(lived_in: Path, tmp_path: Path) -> Path:
    return shutil.copytree(lived_in, tmp_path / "data")


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("name", ["orders", "payments", "users", "search", "catalog", "insights"])
def test_the_doctor_names_the_damaged_file_and_goes_on(
    data_folder: Path, name: str, how: Callable[[Path], None]
) -> None:
    file = data_folder / f"{name}.db"
    checkpoint(file)
    how(file)
    result = shopwright(data_folder, "doctor")
    assert result.exit_code == 1, result.output
    assert str(file) in result.output
    assert "shopwright doctor --recover" in result.output
    assert "✓" in result.output, result.output
    assert how is not gone or not file.exists()


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("name", ["orders", "insights"])
def test_every_command_names_the_damaged_file_and_a_backup_keeps_the_existing_archives(
    data_folder: Path, tmp_path: Path, name: str, how: Callable[[Path], None]
) -> None:
    archive = tmp_path / "kept"
    assert shopwright(data_folder, "backup", str(archive)).exit_code == 0
    before = sorted(archive.iterdir())
    file = data_folder / f"{name}.db"
    checkpoint(file)
    how(file)
    for command in (
        ("backup", str(archive), "--keep", "1"),
        ("export", str(tmp_path / "shop.zip")),
        ("move", "--to", f"sqlite://{tmp_path / 'there'}"),
    ):
        result = shopwright(data_folder, *command)
        assert result.exit_code == 1, (command, result.output)
        assert name in result.output, (command, result.output)
        assert "Traceback" not in result.output
    assert sorted(archive.iterdir()) == before
    assert not (tmp_path / "shop.zip").exists()
    assert shopwright(data_folder, "settings").exit_code == 0


async def test_a_damaged_database_is_read_only_and_shoppers_see_no_path(data_folder: Path) -> None:
    file = data_folder / "orders.db"
    shop = Shop(make_settings(data_folder), hasher=QUICK)
    other = Shop(make_settings(data_folder), hasher=QUICK)
    async with shop.running(deliver=False):
        work = shop.databases["orders"]
        assert (await work.fetch("SELECT count(*) AS n FROM orders"))[0]["n"] == 3
        damage.note_damage(file, "page 7")
        assert (await work.fetch("SELECT count(*) AS n FROM orders"))[0]["n"] == 3
        for one in (work, other.databases["orders"]):  # another process knows it, too
            with pytest.raises(Damaged, match=str(file)) as caught:
                async with one.begin():
                    pass
        description = describe(caught.value)
        assert (description.status, description.code, description.detail) == (503, "unavailable", NOT_UNTIL_REPAIRED)
        assert str(data_folder) not in str(description)
    await other.close()


async def test_damage_found_by_a_statement_is_remembered(data_folder: Path) -> None:
    file = data_folder / "orders.db"
    checkpoint(file)
    with closing(sqlite3.connect(file)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'timeline'").fetchone()[0]
    spoil(file, (root - 1) * PAGE, bytes(PAGE))
    database = SqliteDatabase(file)
    assert not database.damaged
    with pytest.raises(Damaged, match=str(file)):
        await database.fetch("SELECT * FROM timeline", {})
    assert str(file) in database.damaged
    async with database.snapshot() as snapshot:
        with pytest.raises(Damaged, match=str(file)):
            async for _ in snapshot.rows("timeline"):
                pass
    await database.close()


def logged(folder: Path, commits: int) -> tuple[Path, Path]:
    """A file with this many commits in its log, as a killed process leaves it."""
    living, left = folder / "living", folder / "left"
    living.mkdir()
    with closing(sqlite3.connect(living / "a.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE migrations (name TEXT)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for number in range(commits):
            connection.execute("INSERT INTO migrations VALUES (?)", (f"{number}" * 1000,))
        left.mkdir()
        for end in ("", "-wal"):
            shutil.copy(living / f"a.db{end}", left / f"a.db{end}")
    return left / "a.db", left / "a.db-wal"


async def test_acknowledged_commits_behind_a_damaged_log_are_not_overwritten(tmp_path: Path) -> None:
    file, log = logged(tmp_path, 9)
    spoil(log, 32 + 3 * (24 + PAGE) + 24 + 3000, b"damage")  # of the fourth of some dozen pages
    content = log.read_bytes()
    with pytest.raises(Damaged, match=rf"{file} is damaged .*commits in a.db-wal cannot be read"):
        await SqliteDatabase(file).fetch("SELECT 1", {})
    assert damage.damaged_wal_of(file).read_bytes() == content
    with pytest.raises(Damaged):
        async with SqliteDatabase(file).begin():
            pass


async def test_a_log_without_its_header_is_damage_and_a_truncated_last_commit_is_not(tmp_path: Path) -> None:
    for name in ("head", "cut"):
        (tmp_path / name).mkdir()
    file, log = logged(tmp_path / "head", 5)
    spoil(log, 0, bytes(32))
    with pytest.raises(Damaged, match="cannot be read"):
        await SqliteDatabase(file).fetch("SELECT 1", {})
    file, log = logged(tmp_path / "cut", 5)
    os.truncate(log, log.stat().st_size - 100)
    database = SqliteDatabase(file)
    assert (await database.fetch("SELECT count(*) AS n FROM migrations", {}))[0]["n"] == 4
    await database.close()


@pytest.mark.parametrize("content", [b"", b"\0" * 64, b"\xff\xfe not a key", b"short"])
@pytest.mark.parametrize("name", ["secret.key", "encryption.key"])
def test_a_damaged_key_file_is_named(data_folder: Path, name: str, content: bytes) -> None:
    (data_folder / name).write_bytes(content)
    result = shopwright(data_folder, "doctor")
    assert result.exit_code == 1
    assert f"{data_folder / name} is damaged" in result.output
    assert "Restore a copy of it" in result.output


@pytest.mark.parametrize("content", [b"", b"\0" * 500])
async def test_a_damaged_picture_is_named(data_folder: Path, content: bytes) -> None:
    shop = Shop(make_settings(data_folder), hasher=QUICK)
    async with shop.running(deliver=False):
        kettle = await sell(shop, "Lamp", media=(await shop.catalog.add_media(picture(), "Lamp"),))
    name = f"media/{kettle.media[0].url.split('/')[2]}/original"
    assert (await asyncio.to_thread(shopwright, data_folder, "doctor")).exit_code == 0
    (data_folder / "files" / name).write_bytes(content)
    result = await asyncio.to_thread(shopwright, data_folder, "doctor")
    assert result.exit_code == 1
    assert f"{name} of “Lamp”" in result.output
    assert "cannot be read" in result.output


async def test_a_damaged_search_index_is_ignored_and_built_again(data_folder: Path) -> None:
    for path in (data_folder / "search").rglob("*.*"):
        if path.suffix in {".store", ".term", ".idx", ".fast", ".pos"}:
            path.write_bytes(random.Random(3).randbytes(path.stat().st_size))
    shop = Shop(make_settings(data_folder), hasher=QUICK)
    async with shop.running(deliver=False):
        for _ in range(3):
            with contextlib.suppress(Unavailable):
                await shop.index.search(Query(text="harbour"))
        await shop.search.heal()
        found = await shop.index.search(Query(text="harbour"))
        assert found.total == 1


async def test_a_damaged_file_of_limits_is_created_again(tmp_path: Path) -> None:
    (tmp_path / "limits.db").write_bytes(random.Random(4).randbytes(9000))
    windows = MachineWindows(HandClock(), tmp_path)
    assert await windows.acquire_sliding_window_entry("a", 2, 60)
    assert await windows.acquire_sliding_window_entry("a", 2, 60)
    windows.close()


@pytest.mark.parametrize(
    ("kind", "words"), [("IndexCorruptedError", "REINDEX SCHEMA orders"), ("DataCorruptedError", "schema orders")]
)
def test_damage_in_postgresql_names_the_schema(kind: str, words: str) -> None:
    with pytest.raises(Damaged, match=words):
        translate(getattr(asyncpg.exceptions, kind)("invalid page in block 7"), "orders")


def test_one_process_at_a_time_checks_for_damage_and_another_takes_over(tmp_path: Path) -> None:
    first, second = ExclusiveRole(tmp_path), ExclusiveRole(tmp_path)
    assert first.is_this()
    assert first.is_this()
    assert not second.is_this()
    first.close()
    assert second.is_this()
    second.close()


async def test_a_running_check_stops_soon_on_request(tmp_path: Path) -> None:
    file = tmp_path / "large.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE migrations (n INTEGER PRIMARY KEY, name TEXT)")
        connection.execute(
            "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 4000000)"
            " INSERT INTO migrations SELECT n, 'x' FROM many"
        )
        connection.commit()
    began = time.monotonic()
    assert damage.quick_check(file, None, threading.Event()) == ""
    full_check_s = time.monotonic() - began
    stop = threading.Event()
    checking = asyncio.create_task(asyncio.to_thread(damage.quick_check, file, None, stop))
    await asyncio.sleep(full_check_s / 10)
    began = time.monotonic()
    stop.set()
    assert await checking is None
    assert time.monotonic() - began < full_check_s / 2
    looking = asyncio.create_task(SqliteDatabase(file).look_for_damage())
    await asyncio.sleep(full_check_s / 10)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    began = time.monotonic()
    await asyncio.get_running_loop().shutdown_default_executor()  # as a process does that ends
    assert time.monotonic() - began < full_check_s / 2


async def test_damage_is_found_and_reported_and_the_shop_becomes_read_only(data_folder: Path) -> None:
    file = data_folder / "orders.db"
    checkpoint(file)
    middle_page(file)
    shop = Shop(make_settings(data_folder), hasher=QUICK)
    await shop.databases["orders"].database.look_for_damage()
    process_admin = LocalProcessAdmin(shop)
    assert process_admin.damaged() == {"orders"}
    assert b'shopwright_database_damaged{service="orders"} 1.0' in await process_admin.metrics()
    transport = httpx.ASGITransport(app=build(shop, deliver=False), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["status"], ready.json()["writes"]) == (200, "less", False)
        assert str(file) in ready.json()["engines"]["database orders"]
        assert (await client.get("/v1/products")).status_code == 200
    await shop.close()
