"""`shopwright doctor` on a shop with very many orders: seconds for each check and peak memory, beside raw SQL that reads the same rows.

python bench/doctor.py [--orders 20000] [--data FOLDER]      SQLite; a shop in FOLDER is kept, and looked at again next time
"""

import argparse
import asyncio
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.many_orders import CLONED, make
from shopwright.app import Shop
from shopwright.operations.doctor import look
from shopwright.settings import Settings, complete

MOST_S, MOST_MB = 300, 300  # of a million orders
READ = {service: tuple(tables) for service, tables in CLONED.items()} | {
    "books": ("entries", "postings", "issued_documents", "day_sums", "tax_sums"),
}


def used_mb() -> float:
    """The peak since this program began; `getrusage` includes the process that started it."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(match[1]) / 1024 if match else 0.0


async def examine(folder: Path) -> None:
    """In a separate process: all that `shopwright doctor` does, with the seconds of each check."""
    shop = Shop(complete(Settings(data=str(folder), payments="pretend:", limits="off")))
    async with shop.running(deliver=False):
        first = used_mb()
        began = time.perf_counter()
        findings = await look(shop, lambda check, seconds: print(f"  {seconds:8.1f} s  {check}", flush=True))
        seconds, busy = time.perf_counter() - began, time.process_time()
    wrong = [sentence for finding in findings for sentence in finding.wrong]
    for sentence in wrong[:20]:
        print(f"  ✗ {sentence}")
    print(
        f"  {seconds:8.1f} s  all ({busy:.1f} s of CPU), {len(wrong)} things wrong; {used_mb():.0f} MB at most, {first:.0f} MB before"
    )


def floor(folder: Path) -> None:
    """In a separate process: every row of the same tables, by raw SQL, with its JSON decoded."""
    began, count = time.perf_counter(), 0
    decode = msgspec.json.Decoder().decode
    for service, tables in READ.items():
        connection = sqlite3.connect(folder / f"{service}.db")
        for table in tables:
            cursor = connection.execute(f"SELECT * FROM {table}")
            positions = [n for n, column in enumerate(cursor.description) if column[0] in {"body", "taxes", "data"}]
            while rows := cursor.fetchmany(1000):
                count += len(rows)
                for row in rows:
                    for place in positions:
                        if row[place]:
                            decode(row[place])
    print(
        f"  {time.perf_counter() - began:8.1f} s ({time.process_time():.1f} s of CPU)  floor: {count:,} rows read and decoded; {used_mb():.0f} MB at most"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--part", choices=("floor", "examine"))
    arguments = parser.parse_args()
    if arguments.part == "floor":
        return floor(arguments.data)
    if arguments.part == "examine":
        return asyncio.run(examine(arguments.data))
    with tempfile.TemporaryDirectory(prefix="shopwright-doctor-") as made:
        folder = arguments.data or Path(made)
        began = time.perf_counter()
        asyncio.run(make(folder, arguments.orders))
        size = sum(path.stat().st_size for path in folder.glob("*.db")) / 2**30
        print(f"{arguments.orders:,} orders, {size:.1f} GB ({time.perf_counter() - began:.0f} s)")
        for part in ("floor", "examine"):
            command = [sys.executable, __file__, "--part", part, "--data", str(folder)]
            subprocess.run(
                command,
                check=True,
                env={name: one for name, one in os.environ.items() if not name.startswith("SHOPWRIGHT_")},
            )
    return None


if __name__ == "__main__":
    main()
