"""Damaged SQLite files, and a shop large enough to be damaged."""

import asyncio
import os
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shopwright.app import Shop
from shopwright.cli.main import main
from tests.builders.environment import ON_SERVERS, POSTGRES, no_settings
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.shops import QUICK, make_settings

PAGE = 4096
OF_SQLITE = pytest.mark.skipif(bool(POSTGRES) or ON_SERVERS, reason="the files are those of SQLite")


def page_one(path: Path) -> None:
    """Overwrite the first bytes, which name the format."""
    spoil(path, 0, random.Random(1).randbytes(100))


def middle_page(path: Path) -> None:
    """Overwrite a page in the middle of the largest table."""
    with closing(sqlite3.connect(path)) as connection:
        pages = {
            name: [row[0] for row in connection.execute("SELECT pageno FROM dbstat WHERE name = ?", (name,))]
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        }
    largest = max(pages.values(), key=len)
    spoil(path, (largest[len(largest) // 2] - 1) * PAGE, bytes(PAGE))


def last_page(path: Path) -> None:
    """Overwrite the last page."""
    spoil(path, path.stat().st_size - PAGE, random.Random(2).randbytes(PAGE))


def truncated(path: Path) -> None:
    """Cut the file in half, at a page."""
    os.truncate(path, path.stat().st_size // 2 // PAGE * PAGE)


def empty(path: Path) -> None:
    """Leave a file of no bytes."""
    os.truncate(path, 0)


def gone(path: Path) -> None:
    """Delete the file."""
    path.unlink()


def spoil(path: Path, at: int, content: bytes) -> None:
    """Overwrite the bytes at this position."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def checkpoint(path: Path) -> None:
    """Checkpoint everything into the file, so that the log hides nothing."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def shopwright(folder: Path, *command: str) -> Result:
    """Run the command line; fails on a traceback."""
    ours = no_settings()
    settings = ours | {"SHOPWRIGHT_PAYMENTS": "pretend:"}
    done = CliRunner(env=settings).invoke(main, [command[0], "--data", str(folder), *command[1:]])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done


ORDERS = 14


def shop_with_orders(migrated: Path, folder: Path, orders: int = ORDERS) -> Path:
    """The folder of a shop with two products and this many orders."""
    shutil.copytree(migrated, folder)
    asyncio.run(_sell(folder, orders))
    return folder


async def _sell(folder: Path, orders: int) -> None:
    shop = Shop(make_settings(folder), hasher=QUICK)
    async with shop.running(deliver=False):
        products = [await sell(shop, title, on_hand=500) for title in ("Harbour Kettle", "Lamp")]
        for number in range(orders):
            await place(shop, products[number % 2])
        await shop.bus.settle()
        await shop.search.bring_up_to_date()


def pages_of(path: Path, name: str) -> list[int]:
    """The numbers of the pages of a table."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT pageno FROM dbstat WHERE name = ? AND pagetype <> 'overflow'", (name,))
        return [row[0] for row in rows]


def table(path: Path, sql: str) -> list[tuple]:
    """The rows that can be read from a file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()
