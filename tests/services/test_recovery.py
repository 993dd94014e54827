"""Readable data of a damaged file are recovered, lost data are listed, and derived data are rebuilt."""

import asyncio
import random
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.engines.database.sqlite import SqliteDatabase
from shopwright.engines.database.sqlite_salvage import salvage
from shopwright.kit.auth import GUEST
from shopwright.kit.errors import Damaged
from shopwright.lifecycle import migrations_of
from shopwright.operations.repair import repair
from shopwright.services.carts.contract import CartChange
from shopwright.services.orders.contract import PaymentChoice, PlaceOrder
from tests.builders.customers import BERLIN
from tests.builders.damage import (
    OF_SQLITE,
    ORDERS,
    PAGE,
    checkpoint,
    empty,
    gone,
    last_page,
    middle_page,
    page_one,
    pages_of,
    shopwright,
    spoil,
    table,
    truncated,
)
from tests.builders.environment import bare_environment
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.shops import QUICK, make_settings

pytestmark = [pytest.mark.slow, OF_SQLITE]


def a_page_of_orders(path: Path) -> None:
    spoil(path, (pages_of(path, "orders")[-1] - 1) * PAGE, random.Random(7).randbytes(PAGE))


def the_root_of_orders(path: Path) -> None:
    spoil(path, (pages_of(path, "orders")[0] - 1) * PAGE, bytes(PAGE))


DAMAGES = [page_one, middle_page, last_page, truncated, a_page_of_orders, the_root_of_orders]


@pytest.mark.parametrize("how", DAMAGES)
def test_every_readable_order_is_recovered_and_the_doctor_names_the_others(
    data_folder: Path, how: Callable[[Path], None]
) -> None:
    file = data_folder / "orders.db"
    checkpoint(file)
    before = dict(table(file, "SELECT number, id FROM orders"))
    how(file)
    damaged = file.read_bytes()
    result = shopwright(data_folder, "doctor", "--recover")
    if "No database file is damaged" in result.output:  # the page belonged to deleted rows
        assert how is last_page
        assert dict(table(file, "SELECT number, id FROM orders")) == before
        return
    assert f"{file} was rebuilt" in result.output, result.output
    after = dict(table(file, "SELECT number, id FROM orders"))
    assert after.items() <= before.items()
    readable = {order_id for order_id in before.values() if order_id.encode() in damaged}
    assert how not in {page_one, the_root_of_orders} or after == before
    lost = before.keys() - after.keys()
    for number in lost:
        assert f"Order {number} ({before[number]})" in result.output, result.output
    assert result.exit_code == (1 if lost else 0), result.output
    assert readable >= set(after.values())
    aside = next(data_folder.glob("damaged-*"))
    assert (aside / "orders.db").read_bytes() == damaged
    assert (aside / "lost.jsonl").exists()
    again = shopwright(data_folder, "doctor", "--recover")
    assert "No database file is damaged" in again.output


@pytest.mark.parametrize("name", ["payments", "users", "search", "catalog", "insights", "recommendations", "inventory"])
def test_each_file_can_be_recovered(data_folder: Path, name: str) -> None:
    file = data_folder / f"{name}.db"
    checkpoint(file)
    page_one(file)
    result = shopwright(data_folder, "doctor", "--recover")
    assert result.exit_code == 0, result.output
    assert "No problems found." in result.output


async def test_a_running_shop_is_not_touched(data_folder: Path) -> None:
    shop = Shop(make_settings(data_folder), hasher=QUICK)
    await shop.databases["orders"].fetch("SELECT 1")
    checkpoint(data_folder / "payments.db")
    page_one(data_folder / "payments.db")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "shopwright",
        "doctor",
        "--recover",
        "--data",
        str(data_folder),
        env=bare_environment(),
        stderr=asyncio.subprocess.PIPE,
    )
    _, output = await process.communicate()
    await shop.close()
    assert process.returncode == 1
    assert b"The shop is running" in output, output
    assert not await asyncio.to_thread(lambda: list(data_folder.glob("damaged-*")))


async def killed_with_a_log(data_folder: Path, place_for_it: Path) -> Path:
    """A copy of the shop after five more orders, as a killed process leaves it: they are only in the log."""
    shop = Shop(make_settings(data_folder), hasher=QUICK)
    async with shop.running(deliver=False):
        product = await sell(shop, "Sofa", on_hand=50)
        await shop.bus.settle()
        for _ in range(5):
            await place(shop, product)
        await shop.bus.settle()
        await asyncio.to_thread(
            shutil.copytree, data_folder, place_for_it, ignore=shutil.ignore_patterns("*-shm", "search")
        )
    return place_for_it / "orders.db"


def frames_of(log: Path, pages: list[int]) -> list[tuple[int, int]]:
    """The frames of a log that hold one of these pages: the offset of each content, and its page."""
    content = log.read_bytes()
    heads = range(32, len(content) - PAGE, 24 + PAGE)
    found = [(at + 24, int.from_bytes(content[at : at + 4], "big")) for at in heads]
    return [(at, page) for at, page in found if page in pages]


def read_by_sqlite(file: Path, beside: Path) -> set[int]:
    """The numbers of orders that SQLite itself finds in a file with its log."""
    beside.mkdir()
    for end in ("", "-wal"):
        shutil.copy(file.with_name(f"{file.name}{end}"), beside)
    return {number for (number,) in table(beside / file.name, "SELECT number FROM orders")}


@pytest.mark.parametrize("where", [3000, -20], ids=["content", "head of the frame"])
async def test_commits_behind_a_damaged_log_are_recovered(data_folder: Path, tmp_path: Path, where: int) -> None:
    file = await killed_with_a_log(data_folder, tmp_path / "killed")
    log = file.with_name("orders.db-wal")
    rows_before = read_by_sqlite(file, tmp_path / "whole")
    assert rows_before == set(range(1001, 1001 + ORDERS + 5))
    written = frames_of(log, pages_of(tmp_path / "whole" / "orders.db", "orders"))
    at = next(at for at, page in written if page in {later for after, later in written if after > at})
    spoil(log, at + where, b"damage" if where > 0 else bytes(12))  # of a page that was written again afterwards
    assert read_by_sqlite(file, tmp_path / "bad") < rows_before, "SQLite does not come as far"
    result = await asyncio.to_thread(shopwright, file.parent, "doctor", "--recover")
    assert result.exit_code == 0, result.output
    assert {number for (number,) in table(file, "SELECT number FROM orders")} == rows_before
    assert next(file.parent.glob("damaged-*/orders.db-wal-damaged")).stat().st_size > at


async def test_of_a_damaged_log_only_bad_frames_are_lost_and_named(data_folder: Path, tmp_path: Path) -> None:
    file = await killed_with_a_log(data_folder, tmp_path / "killed")
    log = file.with_name("orders.db-wal")
    rows_before = read_by_sqlite(file, tmp_path / "whole")
    last, order_id = max(rows_before), table(tmp_path / "whole" / "orders.db", "SELECT id FROM orders")[-1][0]
    written = frames_of(log, pages_of(tmp_path / "whole" / "orders.db", "orders"))
    content = log.read_bytes()
    for at in [at for at, _ in written if order_id.encode() in content[at : at + PAGE]]:
        spoil(log, at, random.Random(5).randbytes(PAGE))  # the page is as it was before this order
    result = await asyncio.to_thread(shopwright, file.parent, "doctor", "--recover")
    assert {number for (number,) in table(file, "SELECT number FROM orders")} == rows_before - {last}
    assert re.search(rf"orders: {len(rows_before) - 1} rows saved, .*could not be read", result.output), result.output
    assert f"Order {last} ({order_id})" in result.output, result.output


async def test_a_page_recovered_in_an_older_version_is_reported(data_folder: Path, tmp_path: Path) -> None:
    file = await killed_with_a_log(data_folder, tmp_path / "killed")
    read_by_sqlite(file, tmp_path / "whole")
    log, pages = file.with_name("orders.db-wal"), pages_of(tmp_path / "whole" / "orders.db", "orders")
    at, _ = frames_of(log, pages)[-1]
    spoil(log, at + 3000, b"damage")
    result = await asyncio.to_thread(shopwright, file.parent, "doctor", "--recover")
    assert re.search(r"orders: 19 rows saved, .*1 pages or rows could not be read", result.output), result.output


async def test_a_payment_whose_order_is_lost_is_refunded_on_request(data_folder: Path) -> None:
    file = data_folder / "orders.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        order_id = connection.execute("SELECT id FROM orders WHERE number = 1003").fetchone()[0]
        connection.execute("DELETE FROM orders WHERE id = ?", (order_id,))
        connection.execute("DELETE FROM order_lines WHERE order_id = ?", (order_id,))
    output = (await asyncio.to_thread(shopwright, data_folder, "doctor")).output
    assert f"Order 1003 ({order_id})" in output
    payment = re.search(r"doctor --refund (pay_\w+)", output)
    assert payment is not None, output
    assert (await asyncio.to_thread(shopwright, data_folder, "doctor", "--refund", "pay_other")).exit_code == 1
    refunded = await asyncio.to_thread(shopwright, data_folder, "doctor", "--refund", payment.group(1))
    assert refunded.exit_code == 0, refunded.output
    again = await asyncio.to_thread(shopwright, data_folder, "doctor", "--refund", payment.group(1))
    assert again.exit_code == 1, again.output
    shop = Shop(make_settings(data_folder), hasher=QUICK)
    try:
        paid = await shop.payments.get(payment.group(1))
        assert (paid.status, paid.refunded) == ("refunded", paid.amount)
    finally:
        await shop.close()
    repaired = await asyncio.to_thread(shopwright, data_folder, "doctor", "--repair")
    assert "It is noted that order 1003 is lost." in repaired.output
    assert repaired.exit_code == 0, repaired.output


WRONG = [
    ("inventory", "UPDATE stock SET reserved = reserved + 1"),
    ("inventory", "UPDATE stock SET on_hand = on_hand + 1"),
    ("recommendations", "UPDATE feature_counts SET having_it = having_it + 7"),
    ("orders", "UPDATE counters SET value = value + 3 WHERE name = 'order_number'"),
]


@pytest.mark.parametrize(("service", "sql"), WRONG)
async def test_derived_data_is_rebuilt(data_folder: Path, service: str, sql: str) -> None:
    with closing(sqlite3.connect(data_folder / f"{service}.db", isolation_level=None)) as connection:
        before = connection.execute("SELECT sum(having_it) FROM feature_counts").fetchone() if "feature" in sql else ()
        connection.execute(sql)
    result = await asyncio.to_thread(shopwright, data_folder, "doctor", "--repair")
    assert result.exit_code == 0, result.output
    if before:
        assert table(data_folder / f"{service}.db", "SELECT sum(having_it) FROM feature_counts") == [before]


async def test_an_index_that_differs_from_its_table_is_rebuilt(data_folder: Path) -> None:
    file = data_folder / "orders.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, '(status, expires_at)', '(email, expires_at)') WHERE name = 'orders_status'"
        )
    database = SqliteDatabase(file)
    assert await database.rebuild_indexes()
    assert not database.damaged
    await database.close()


def zeros_in(path: Path, name: str) -> None:
    """The last page of a table or an index is lost; a check of the file finds it."""
    checkpoint(path)
    spoil(path, (pages_of(path, name)[-1] - 1) * PAGE, bytes(PAGE))


@pytest.mark.parametrize("name", ["orders_status", "sqlite_autoindex_orders_1"])
async def test_a_shop_whose_index_lost_a_page_is_repaired_while_it_runs(data_folder: Path, name: str) -> None:
    file = data_folder / "orders.db"
    before = table(file, "SELECT * FROM orders NOT INDEXED ORDER BY id")
    shop = Shop(make_settings(data_folder), hasher=QUICK)
    async with shop.running(deliver=False):
        product = await sell(shop, "Sofa", on_hand=50)
        await shop.bus.settle()
        zeros_in(file, name)
        assert "doctor --repair" in (await asyncio.to_thread(shopwright, data_folder, "doctor")).output
        assert (data_folder / "orders.db-damaged").exists()
        with pytest.raises(Damaged):
            await place(shop, product)
        result = await asyncio.to_thread(shopwright, data_folder, "doctor", "--repair")
        assert result.exit_code == 0, result.output
        assert "The database of orders is whole, and can be written again." in result.output
        assert not (data_folder / "orders.db-damaged").exists()
        assert table(file, "SELECT * FROM orders NOT INDEXED ORDER BY id") == before
        assert (await place(shop, product)).number
    assert table(file, "PRAGMA integrity_check") == [("ok",)]
    assert table(file, "PRAGMA auto_vacuum") == [(2,)]
    assert not await asyncio.to_thread(lambda: list(data_folder.glob(".orders-*")))


async def test_where_a_table_lost_a_page_a_repair_changes_nothing_and_names_the_recovery(data_folder: Path) -> None:
    file = data_folder / "orders.db"
    zeros_in(file, "orders")
    damaged = file.read_bytes()
    result = await asyncio.to_thread(shopwright, data_folder, "doctor", "--repair")
    assert result.exit_code == 1
    assert f"{file} is damaged" in result.output
    assert "shopwright doctor --recover" in result.output
    assert file.read_bytes() == damaged
    assert (data_folder / "orders.db-damaged").exists()


@pytest.mark.parametrize("how", [empty, gone, page_one])
def test_a_repair_creates_no_missing_file_and_changes_no_foreign_one(
    data_folder: Path, how: Callable[[Path], None]
) -> None:
    file = data_folder / "orders.db"
    checkpoint(file)
    how(file)
    left = file.read_bytes() if file.exists() else None
    result = shopwright(data_folder, "doctor", "--repair")
    assert result.exit_code == 1
    assert f"{file} is damaged" in result.output
    assert (file.read_bytes() if file.exists() else None) == left


async def test_lists_and_recommendations_are_rebuilt_from_other_services(data_folder: Path) -> None:
    before = {
        name: table(data_folder / f"{name}.db", sql)
        for name, sql in (
            ("search", "SELECT product_id, visible, rating_sum, rating_count, sold FROM entries ORDER BY product_id"),
            ("recommendations", "SELECT product_id, sum(orders) FROM sold GROUP BY product_id ORDER BY product_id"),
        )
    }
    for name, sql in (("search", "DELETE FROM entries"), ("recommendations", "DELETE FROM sold")):
        file = data_folder / f"{name}.db"
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute(sql)
        checkpoint(file)
        page_one(file)
    result = await asyncio.to_thread(shopwright, data_folder, "doctor", "--recover")
    assert result.exit_code == 0, result.output
    assert (
        table(
            data_folder / "search.db",
            "SELECT product_id, visible, rating_sum, rating_count, sold FROM entries ORDER BY product_id",
        )
        == before["search"]
    )
    assert (
        table(
            data_folder / "recommendations.db",
            "SELECT product_id, sum(orders) FROM sold GROUP BY product_id ORDER BY product_id",
        )
        == before["recommendations"]
    )


@pytest.mark.parametrize("seed", range(12))
async def test_whichever_page_is_bad_each_row_is_saved_or_reported_lost(tmp_path: Path, seed: int) -> None:
    complete, bad, new = (tmp_path / name for name in ("whole.db", "bad.db", "new.db"))
    for path in (complete, new):
        database = SqliteDatabase(path)
        await database.migrate(migrations_of("orders"))
        await database.close()
    chance = random.Random(seed)
    with closing(sqlite3.connect(complete)) as connection:
        for number in range(400):
            body = '{"text": "' + "x" * chance.choice((20, 300, 9000)) + '"}'
            connection.execute(
                "INSERT INTO orders (id, number, status, cart_id, cart_version, email, name, currency, total, items, body,"
                " placed_at, expires_at) VALUES (?, ?, 'paid', ?, 1, 'a@b.c', 'Ada', 'EUR', 6400, 1, ?, 0, 0)",
                (f"ord_{number:06}", 1001 + number, f"crt_{number}", body),
            )
        connection.commit()
    checkpoint(complete)
    shutil.copy(complete, bad)
    pages = bad.stat().st_size // PAGE
    page = chance.choice([1, chance.randrange(1, pages + 1), *pages_of(complete, "orders")[:2]])
    spoil(bad, (page - 1) * PAGE, chance.choice((bytes(PAGE), chance.randbytes(PAGE))))
    found = next(one for one in salvage(bad, new).tables if one.table == "orders")
    saved = {row[0] for row in table(new, "SELECT number FROM orders")}
    lost = {row["number"] for row in found.lost}
    assert saved | lost == set(range(1001, 1401))
    assert not saved & lost
    assert (
        dict(table(new, "SELECT id, body FROM orders")).items()
        <= dict(table(complete, "SELECT id, body FROM orders")).items()
    )


async def test_two_variants_of_one_order_count_separately_when_lists_are_rebuilt(shop: Shop) -> None:
    kettle = await sell(shop, colours=("Blue", "Red"))
    cart = await shop.carts.create(None)
    for variant, quantity in zip(kettle.variants, (1, 2), strict=True):
        await shop.carts.add(cart.id, variant.id, quantity)
    details = CartChange(email="ada@example.com", shipping_address=BERLIN, shipping_option_id="shr_standard")
    cart = await shop.carts.change(cart.id, details)
    choice = PaymentChoice(provider="pretend", token="pretend_ok", return_url="http://shop.test/back")
    wanted = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
    await shop.orders.place(wanted, "two-variants", GUEST)
    await shop.bus.settle()
    await repair(shop, {"search"})
    [row] = await shop.databases["search"].fetch("SELECT sold FROM entries WHERE product_id = :id", id=kettle.id)
    assert row["sold"] == 3
