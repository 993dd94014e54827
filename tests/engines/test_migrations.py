"""Migrations: announced, applied by one process while others work, and tried on the data of the last release."""

import asyncio
import gzip
import json
import re
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from shopwright.app import Shop
from shopwright.engines.database import migrations, open_database
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import SystemClock
from shopwright.kit.data.database import MigrationStep
from shopwright.lifecycle import migrations_of
from shopwright.operations.archive import put as put_rows
from shopwright.operations.upgrade_rehearsal import UpgradeStage
from shopwright.services.orders.contract import NewShipment
from tests.builders.databases import folder, prepare, put
from tests.builders.environment import POSTGRES, bare_environment, need, postgres_do
from tests.builders.health import wrong
from tests.builders.scenario import place
from tests.builders.shops import QUICK, make_settings

RELEASE = Path(__file__).parents[1] / "data" / "shop-0.1.0.json.gz"


@asynccontextmanager
async def empty(folder_: Path) -> AsyncIterator[str]:
    """The URL of an empty database of this test, in that folder or on the server."""
    if not POSTGRES:
        yield f"sqlite://{folder_}"
        return
    name = f"migrating_{uuid.uuid4().hex[:12]}"
    await postgres_do(f"CREATE DATABASE {name}")
    yield f"{POSTGRES.rpartition('/')[0]}/{name}"
    await postgres_do(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[str]:
    async with empty(tmp_path) as url:
        yield url


@pytest.fixture
async def place_for_copy(tmp_path: Path) -> AsyncIterator[str]:
    async with empty(tmp_path / "copied") as url:
        yield url


def test_a_statement_that_waits_is_described() -> None:
    new, sizes = {"wishes"}, {"orders": 1_000_000}
    words = {
        "CREATE TABLE wishes (id TEXT)": "nobody waits",
        "CREATE INDEX wishes_n ON wishes (n)": "nobody waits",
        "CREATE INDEX orders_n ON orders (n)": "SHARE UPDATE EXCLUSIVE on orders (about 1,000,000 rows)",
        "ALTER TABLE orders ADD COLUMN n BIGINT": "ACCESS EXCLUSIVE on orders: everyone who uses it waits, for a moment",
        "ALTER TABLE orders ALTER COLUMN n TYPE TEXT": "while it runs (about 1,000,000 rows)",
        "UPDATE orders SET n = 1": "ROW EXCLUSIVE on orders: whoever writes one of the rows",
        "INSERT INTO counters (name) VALUES ('x')": "ROW EXCLUSIVE on counters: nobody waits",
    }
    for statement, description in words.items():
        assert description in migrations.lock(statement, new, sizes)


async def test_a_dry_run_lists_migrations_and_applies_none(database: str, tmp_path: Path) -> None:
    made = open_database(database, "things")
    await prepare(made, tmp_path)
    (folder(tmp_path) / "0002_more.sql").write_text("ALTER TABLE things ADD COLUMN weight BIGINT;\n")
    for _ in range(2):
        (step,) = await made.plan([folder(tmp_path)])
        assert (step.migration, step.sql) == ("things/0002_more.sql", "ALTER TABLE things ADD COLUMN weight BIGINT")
        assert "wait" in step.lock
    assert await made.migrate([folder(tmp_path)]) == ["things/0002_more.sql"]
    assert await made.plan([folder(tmp_path)]) == []
    await made.close()


def shopwright(data: Path, database: str, *command: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "shopwright", *command],
        env={"PATH": "/usr/bin:/bin", "SHOPWRIGHT_DATA": str(data), "SHOPWRIGHT_DATABASE": database},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


@pytest.mark.slow
async def test_ten_processes_that_start_at_once_migrate_once(database: str, tmp_path: Path) -> None:
    processes = [shopwright(tmp_path, database, "migrate", "--init") for _ in range(10)]
    outputs = await asyncio.to_thread(lambda: [process.communicate(timeout=120)[0] for process in processes])
    assert [process.returncode for process in processes] == [0] * 10, outputs
    for service in ("orders", "users"):
        assert sum(text.count(f"{service}: {service}/0001") for text in outputs) == 1
    planned = shopwright(tmp_path, database, "migrate", "--plan")
    assert "Everything is up to date." in (await asyncio.to_thread(planned.communicate))[0]


async def test_the_plan_of_a_new_database_is_its_complete_sql(database: str) -> None:
    made = open_database(database, "orders")
    planned = await made.plan(migrations_of("orders"))
    assert any(step.sql.startswith("CREATE TABLE orders (") for step in planned)
    with pytest.raises(Exception, match=r"orders|migrations"):
        await made.fetch("SELECT id FROM orders", {})
    await made.close()


async def test_an_index_is_built_while_rows_are_written(tmp_path: Path, database: str) -> None:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    made = open_database(database, "things")
    await prepare(made, tmp_path)
    async with made.begin() as session:
        await session.run("INSERT INTO things (id, n) SELECT 'r' || g, g FROM generate_series(1, 400000) g", {})
    (folder(tmp_path) / "0002_index.sql").write_text("CREATE INDEX things_words ON things (md5(md5(md5(id))), n);\n")
    migrating = asyncio.create_task(made.migrate([folder(tmp_path)]))
    longest, count = 0.0, 0
    began = time.monotonic()
    while not migrating.done():
        before = time.monotonic()
        await put(made, f"new{count}")
        longest = max(longest, time.monotonic() - before)
        count += 1
        await asyncio.sleep(0.005)
    elapsed = time.monotonic() - began
    assert await migrating == ["things/0002_index.sql"]
    assert longest < elapsed / 2, f"one of {count} writers waited {longest} s of {elapsed} s"
    assert await made.fetch(
        "SELECT 1 FROM pg_index WHERE indexrelid = 'things.things_words'::regclass AND indisvalid", {}
    )
    await made.close()


async def test_an_unfinished_index_is_built_again(tmp_path: Path, database: str) -> None:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    made = open_database(database, "things")
    await prepare(made, tmp_path)
    async with made.begin() as session:
        await session.run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'things.things_n'::regclass", {})
    assert await made.migrate([folder(tmp_path)]) == []
    assert await made.fetch("SELECT 1 FROM pg_index WHERE indexrelid = 'things.things_n'::regclass AND indisvalid", {})
    await made.close()


async def test_an_index_dropped_by_a_later_version_is_not_missed_by_an_upgrade_across_both(
    tmp_path: Path, database: str
) -> None:
    """An index waits to be built concurrently, and does not exist yet when it is dropped."""
    made = open_database(database, "things")
    await prepare(made, tmp_path)
    (folder(tmp_path) / "0002_index.sql").write_text("CREATE INDEX things_once ON things (n, id);\n")
    (folder(tmp_path) / "0003_index.sql").write_text(
        "DROP INDEX things_once;\nCREATE INDEX things_now ON things (id, n);\n"
    )
    assert await made.migrate([folder(tmp_path)]) == ["things/0002_index.sql", "things/0003_index.sql"]
    query = "SELECT indexname AS name FROM pg_indexes" if POSTGRES else "SELECT name FROM sqlite_master"
    assert {row["name"] for row in await made.fetch(query, {})} & {"things_once", "things_now"} == {"things_now"}
    await made.close()


async def test_a_migration_yields_to_a_locked_table_and_is_retried(tmp_path: Path, database: str) -> None:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    made = open_database(database, "things")
    await prepare(made, tmp_path)
    (folder(tmp_path) / "0002_more.sql").write_text("ALTER TABLE things ADD COLUMN weight BIGINT;\n")
    async with made.begin() as session:
        await session.run("UPDATE things SET n = n", {})
        migrating = asyncio.create_task(made.migrate([folder(tmp_path)]))
        await asyncio.sleep(2.6)
        assert await put(made, "lamp") == 1  # no statement queues behind the migration for good
    assert await migrating == ["things/0002_more.sql"]
    await made.close()


# --- from the last release


async def release(url: str, data: Path, tmp_path: Path) -> Mapping[str, Any]:
    """The databases of a shop as the last release left them."""
    release_data = json.loads(gzip.decompress(RELEASE.read_bytes()))
    for name, service in release_data["services"].items():
        folders: dict[str, Path] = {}
        for owner, file, sql in service["migrations"]:
            at = folders.setdefault(owner, tmp_path / "old" / name / owner / "migrations")
            at.mkdir(parents=True, exist_ok=True)
            (at / file).write_text(sql)
        database = open_database(url or f"sqlite://{data}", name)
        await database.migrate(list(folders.values()))
        async with database.begin() as session:
            for table, rows in service["tables"].items():
                await session.run(f"DELETE FROM {table}", {})
                await put_rows(session, table, rows)
        await database.close()
    return release_data


async def test_a_shop_of_the_last_release_is_upgraded_and_goes_on(database: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    released = await release(database, data, tmp_path)
    shop = Shop(make_settings(data, database), hasher=QUICK, clock=SystemClock())
    assert await shop.migrate()
    assert await wrong(shop) == []
    first, second = [await shop.orders.get(one) for one in released["orders"][:2]]
    assert (first.status, len(first.shipments), second.refunds[0].reason) == ("shipped", 1, "dented")
    await shop.search.heal()
    await shop.search.bring_up_to_date()
    order = await place(shop, released["carts"][0])
    await shop.bus.settle()
    await shop.orders.ship(order.id, NewShipment(carrier="DHL", tracking_number="2"), SYSTEM)
    assert (await shop.orders.get(order.id)).number == "1005"
    assert (await shop.catalog.get("lamp")).title == "Lamp"
    before = {(one["country"], one["rate"]) for one in await shop.databases["pricing"].fetch("SELECT * FROM tax_rates")}
    rates = await shop.pricing.tax_rates()
    assert {(one.country, one.rate) for one in rates} == before != set()
    assert {one.why for one in rates} == {"set before changes were recorded"}
    await shop.pricing.end_tax_rate(rates[0].id, "Ada")
    await shop.close()


# --- rehearsed


async def all_plans(shop: Shop) -> list[tuple[str, MigrationStep]]:
    return [
        (name, step) for name, work in shop.databases.items() for step in await work.database.plan(migrations_of(name))
    ]


@pytest.mark.slow
async def test_an_upgrade_is_rehearsed_on_a_copy_of_the_last_release(
    database: str, place_for_copy: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    await release(database, data, tmp_path)
    command = [sys.executable, "-m", "shopwright", "upgrade", "--rehearse", "--data", str(data), "--on", place_for_copy]
    environment = bare_environment()
    environment["SHOPWRIGHT_DATABASE"] = database

    async def run() -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, check=False
        )

    shop = Shop(make_settings(data, database), hasher=QUICK, clock=SystemClock())
    before = await all_plans(shop)
    assert before
    report = await run()
    assert report.returncode == 0, report.stdout + report.stderr
    assert re.search(r"^[1-9]\d* rows copied and verified in \d", report.stdout)
    for name, step in before:
        assert re.search(rf"^ +\d+\.\d\d s  {name}: {step.migration}$", report.stdout, re.MULTILINE), step
        assert step.lock in report.stdout
    assert "All checks passed after the upgrade." in report.stdout
    assert "To roll back" in report.stdout
    assert await all_plans(shop) == before  # the shop itself is as it was
    again = await run()
    assert again.returncode == 1
    assert "The place for the copy is not empty." in again.stderr
    await shop.close()


async def test_an_upgrade_rehearsal_names_what_would_be_wrong(
    database: str, place_for_copy: str, tmp_path: Path
) -> None:
    before = await release(database, tmp_path / "data", tmp_path)
    shop = Shop(make_settings(tmp_path / "data", database), hasher=QUICK, clock=SystemClock())
    copy = Shop(make_settings(tmp_path / "copy", place_for_copy), hasher=QUICK, clock=SystemClock())
    async with shop.databases["orders"].database.begin() as session:
        await session.run("UPDATE orders SET total = total + 1 WHERE id = :id", {"id": before["orders"][0]})
    done = await UpgradeStage(shop, copy, tmp_path / "stage").rehearse(lambda _line: None)
    assert done.wrong
    assert done.migrations
    await shop.close()
    await copy.close()


async def test_a_shop_that_is_up_to_date_is_reported_as_such(
    database: str, place_for_copy: str, tmp_path: Path
) -> None:
    shop = Shop(make_settings(tmp_path / "data", database), hasher=QUICK, clock=SystemClock())
    await shop.migrate()
    copy = Shop(make_settings(tmp_path / "copy", place_for_copy), hasher=QUICK, clock=SystemClock())
    done = await UpgradeStage(shop, copy, tmp_path / "stage").rehearse(lambda _line: None)
    assert (done.migrations, done.wrong) == ((), ())
    await shop.close()
    await copy.close()
