"""The cost of an import: a file of products imported into a new shop, beside raw SQLite with the same rows; and its memory.

python bench/imports.py [--products 100000] [--megabytes 0]: with megabytes, descriptions make the file that large.
"""

import argparse
import asyncio
import csv
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))
from shopwright.app import Shop
from shopwright.cli.importing import ImportOptions, run
from shopwright.settings import Settings, complete

MOST_S, MOST_MB = 60, 300
HEADER = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published", "Option1 Name", "Option1 Value", "Variant SKU",
    "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty", "Variant Price", "Status",
)  # fmt: skip


def write(path: Path, products: int, megabytes: int) -> None:
    """A file as Shopify exports it, one variant a product."""
    text = "It is made of wood, and lasts. " * max(1, megabytes * 1_000_000 // products // 31)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for n in range(products):
            writer.writerow([
                f"p-{n}", f"Product {n}", f"<p>{text}</p>", f"Maker {n % 50}", f"Kind {n % 40}", "a, b", "true", "Title",
                "Default Title", f"S{n}", 100, "shopify", n % 50, f"{n % 90 + 1}.50", "active",
            ])  # fmt: skip


def raw(path: Path, database: Path) -> float:
    """Seconds of SQLite for the same rows: one table, indexed by handle and SKU, a transaction for each hundred."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        started = time.perf_counter()
        db = sqlite3.connect(database, isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"CREATE TABLE rows ({', '.join(f'c{n}' for n in range(len(HEADER)))})")
        db.execute("CREATE UNIQUE INDEX by_handle ON rows (c0)")
        db.execute("CREATE UNIQUE INDEX by_sku ON rows (c9)")
        placeholders = ", ".join("?" * len(HEADER))
        while batch := [row for _, row in zip(range(100), rows, strict=False)]:
            db.execute("BEGIN")
            db.executemany(f"INSERT INTO rows VALUES ({placeholders})", batch)
            db.execute("COMMIT")
        db.close()
        return time.perf_counter() - started


class Measured(NamedTuple):
    """Seconds since the start, of the clock and of CPU, and the peak memory of this process (MB)."""

    seconds: float
    cpu: float
    memory: float


def measure() -> Measured:
    """Measure now."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(time.perf_counter(), time.process_time(), memory)


async def take(path: Path, folder: Path) -> tuple[Measured, Measured]:
    """Until all are imported, and until all services have handled their events and they are found."""
    shop = Shop(complete(Settings(data=str(folder))))
    await shop.migrate()
    wait_for_bus, seen = shop.bus.settle, []

    async def settle() -> None:
        seen.append(measure())
        await wait_for_bus()

    shop.bus.settle = settle  # type: ignore[method-assign]  # only to look at the clock
    began = measure()
    await run(shop, "shopify", path, ImportOptions(fetch=False))
    seen.append(measure())
    await shop.close()
    imported, found = (Measured(one.seconds - began.seconds, one.cpu - began.cpu, one.memory) for one in seen)
    return imported, found


def show(label: str, figure: float, unit: str, bar: float = 0, note: str = "") -> None:
    """A line of the answer. `bar`: the most it may be."""
    remark = f"{'  BELOW' if figure > bar else ''} (bar: {bar:.0f} {unit}{note})" if bar else ""
    print(f"{label:24} {figure:8.1f} {unit}{remark}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--megabytes", type=int, default=0)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="shopwright-bench-"))
    path = folder / "products.csv"
    write(path, arguments.products, arguments.megabytes)
    floor = raw(path, folder / "raw.db")
    imported, settled = asyncio.run(take(path, folder / "shop"))
    size = path.stat().st_size / 1_000_000
    shutil.rmtree(folder)
    print(f"{arguments.products} products, a file of {size:.0f} MB")
    show("raw SQLite", floor, "s")
    show("taken", imported.seconds, "s", MOST_S * arguments.products / 100_000, " on a quiet machine")
    show("CPU until then", imported.cpu, "s")
    show("memory until then", imported.memory, "MB", MOST_MB)
    show("taken and heard of", settled.seconds, "s")
    show("CPU until then", settled.cpu, "s")
    show("memory until then", settled.memory, "MB", MOST_MB)


if __name__ == "__main__":
    main()
