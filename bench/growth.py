"""The cost of size: products imported and indexed per second, and the same requests, in a small shop and in a large one.

python bench/growth.py [--sizes 1000 100000]
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.measuring import free_port, start, stop, wrk
from shopwright.app import Shop
from shopwright.demo.load import load
from shopwright.demo.many import load_many
from shopwright.settings import Settings, complete

MOST = 1.5
IMPORTED, INDEXED = 1_500, 10_000
PATHS = {
    "product JSON": "/v1/products/harbour-kettle",
    "list of 24": "/v1/products?limit=24",
    "search with facets": "/v1/search?q=mug&limit=24",
    "category page": "/c/table",
    "product page": "/p/harbour-kettle",
}


async def fill(folder: Path, size: int) -> dict[str, float]:
    """A shop of that size: how many products per second were imported, announced, and indexed."""
    shop = Shop(complete(Settings(data=str(folder))))
    await shop.migrate()
    await load(shop)
    await shop.bus.settle()
    started = time.perf_counter()
    made = await load_many(shop, size)
    imported_at = time.perf_counter()
    await shop.bus.settle()
    inserted_at = time.perf_counter()
    await shop.search.bring_up_to_date()
    await shop.search.rebuild()
    begun = time.perf_counter()
    indexed = await shop.search.bring_up_to_date()
    ended = time.perf_counter()
    await shop.close()
    return {
        "products taken": made / (imported_at - started),
        "taken and heard of": made / (inserted_at - started),
        "products indexed": indexed / (ended - begun),
    }


def ask(folder: Path, pages: str) -> dict[str, float]:
    """Requests a second."""
    port = free_port()
    command = [sys.executable, "-m", "shopwright", "serve", "--quiet", "--port", str(port), "--data", str(folder)]
    more = {"SHOPWRIGHT_PAGES": pages} if pages else {}
    server = start(
        command,
        port,
        SHOPWRIGHT_LIMITS="off",
        SHOPWRIGHT_PAYMENTS="pretend:",
        SHOPWRIGHT_OWNER_PASSWORD="bench-password",
        **more,
    )
    try:
        time.sleep(2)
        return {
            name + (", made anew" if pages else ""): wrk(f"http://127.0.0.1:{port}{path}", 3)
            for name, path in PATHS.items()
            if not pages or "page" in name
        }
    finally:
        stop(server)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs=2, default=[1_000, 100_000])
    sizes = parser.parse_args().sizes
    found = []
    for size in sizes:
        folder = Path(tempfile.mkdtemp(prefix="shopwright-bench-"))
        found.append(asyncio.run(fill(folder, size)) | ask(folder, "") | ask(folder, "fresh"))
        shutil.rmtree(folder)
    print(f"{'a second':26} {sizes[0]:>9} {sizes[1]:>9}  slower by (bar: {MOST})")
    bars = {"products taken": IMPORTED, "products indexed": INDEXED}
    for name, small in found[0].items():
        large = found[1][name]
        mark = "  BELOW" if small / large > MOST or min(small, large) < bars.get(name, 0) else ""
        print(f"{name:26} {small:9.0f} {large:9.0f}  {small / large:5.2f}{mark}")


if __name__ == "__main__":
    main()
