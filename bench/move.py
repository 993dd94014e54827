"""A large shop moves there and back while it sells: the duration, and how long writes are refused.

python bench/move.py [--products 100000] [--orders 100000]      SHOPWRIGHT_TEST_POSTGRES, _MONGODB and _S3 say where to
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.growth import fill
from bench.measuring import free_port, start, stop
from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.money import Money
from shopwright.services.inventory.contract import Adjustment
from shopwright.services.orders.contract import PastLine, PastOrder
from shopwright.settings import Settings, complete

SHOPPERS = 2
TOGETHER = 200
MINUTES = 5
SOMEWHERE = Address(name="Ada Lovelace", line1="Torstraße 1", city="Berlin", postal_code="10119", country="DE")


async def order(folder: Path, count: int) -> None:
    """Add this many orders of the last years."""
    shop = Shop(complete(Settings(data=str(folder))))
    products = await shop.catalog.list_products(limit=200)
    kettle = await shop.catalog.get("harbour-kettle")
    for variant in kettle.variants:
        await shop.inventory.adjust([Adjustment(variant_id=variant.id, delta=1_000_000, reason="delivery")])
    first = datetime(2024, 1, 1, tzinfo=UTC)
    nothing = Money(0, "EUR")
    for begin in range(0, count, TOGETHER):
        async with shop.databases["orders"].batch():
            for n in range(begin, min(begin + TOGETHER, count)):
                product = products[n % len(products)]
                price = Money(1000 + n % 900, "EUR")
                line = PastLine(
                    product_id=product.id, variant_id=product.variants[0].id, sku=product.variants[0].sku,
                    title=product.title, quantity=1, unit_price=price,
                )  # fmt: skip
                past = PastOrder(
                    source=f"bench:{n}", number=str(n), status="delivered", email=f"buyer{n % 20_000}@example.com",
                    customer_id=None, currency="EUR", lines=(line,), discount=nothing, shipping=nothing, tax=nothing,
                    total=price, refunded=nothing, shipping_address=SOMEWHERE, billing_address=SOMEWHERE,
                    shipping_title="Standard", placed_at=first + timedelta(minutes=9 * n),
                )  # fmt: skip
                await shop.orders.import_order(past)
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    await shop.close()


def environment(folder: Path, engines: Mapping[str, str]) -> dict[str, str]:
    return {
        "SHOPWRIGHT_DATA": str(folder),
        "SHOPWRIGHT_LIMITS": "off",
        "SHOPWRIGHT_PAYMENTS": "pretend:",
        **{f"SHOPWRIGHT_{name.upper()}": url for name, url in engines.items()},
    }


async def shop_on(url: str, done: asyncio.Event, acknowledged: set[str]) -> None:
    """A shopper who buys repeatedly."""
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        product = (await client.get("/v1/products/harbour-kettle")).json()
        skus = [variant["sku"] for variant in product["variants"]]
        n = 0
        while not done.is_set():
            n += 1
            cart = await client.post("/v1/carts")
            if cart.status_code != 201:
                await asyncio.sleep(0.2)
                continue
            at = f"/v1/carts/{cart.json()['id']}"
            await client.post(f"{at}/lines", json={"sku": skus[n % len(skus)], "quantity": 1})
            details = {
                "email": f"late{n}@example.com",
                "shipping_address": _plain(),
                "shipping_option_id": "shr_standard",
            }
            ready = await client.patch(at, json=details)
            if not ready.is_success:
                continue
            body = {
                "cart_id": cart.json()["id"], "expected_total": ready.json()["totals"]["total"],
                "payment": {"provider": "pretend", "token": "pretend_ok", "return_url": ""},
            }  # fmt: skip
            answer = await client.post("/v1/orders", json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
            if answer.status_code == 201:
                acknowledged.add(answer.json()["id"])


def _plain() -> dict[str, str]:
    return {"name": "Ada", "line1": "Torstraße 1", "city": "Berlin", "postal_code": "10119", "country": "DE"}


async def move(folder: Path, source: Mapping[str, str], target: Mapping[str, str]) -> set[str]:
    """Move while shoppers buy; returns the orders acknowledged to them."""
    port = free_port()
    here = environment(folder, source)
    server = start([sys.executable, "-m", "shopwright", "serve", "--quiet", "--port", str(port)], port, **here)
    done, acknowledged = asyncio.Event(), set[str]()
    shoppers = [asyncio.create_task(shop_on(f"http://127.0.0.1:{port}", done, acknowledged)) for _ in range(SHOPPERS)]
    options = [part for name in ("documents", "files", "search") for part in (f"--{name}", target[name])]
    began = time.perf_counter()
    moving = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "shopwright", "move", "--to", target["database"], *options,
        env={**os.environ, **here}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    output = (await moving.communicate())[0].decode()
    elapsed = time.perf_counter() - began
    done.set()
    await asyncio.gather(*shoppers)
    stop(server)
    if moving.returncode:
        raise SystemExit(output)
    found = re.search(r"moved: (\d+) rows.*for ([\d.]+) s", output)
    rows, read_only = (found.group(1), found.group(2)) if found else ("0", "?")
    print(f"{elapsed:8.1f} s for {rows} rows ({int(rows) / elapsed:,.0f}/s), nothing written for {read_only} s,")
    print(f"         {len(acknowledged)} orders placed meanwhile")
    return acknowledged


async def settled(shop: Shop) -> None:
    """Work that was pending when the shop moved is completed in its new place."""
    for _ in range(MINUTES * 60):
        await shop.bus.settle()
        if not [
            row
            for work in shop.databases.values()
            for row in await work.fetch("SELECT fact_id FROM deliveries LIMIT 1")
        ]:
            return
        await asyncio.sleep(1)


async def judge(folder: Path, engines: Mapping[str, str], acknowledged: set[str]) -> None:
    """Check that nothing acknowledged is missing, and everything adds up."""
    shop = Shop(complete(Settings(data=str(folder), **engines)))
    known = {row["id"] for row in await shop.databases["orders"].fetch("SELECT id FROM orders")}
    await settled(shop)
    await shop.close()
    if lost := acknowledged - known:
        raise SystemExit(f"{len(lost)} orders were lost")
    doctor = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "shopwright", "doctor", env={**os.environ, **environment(folder, engines)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    output = (await doctor.communicate())[0].decode()
    print("         doctor: " + output.strip().splitlines()[-1])
    if doctor.returncode:
        raise SystemExit(output)


async def main() -> None:
    """There and back."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--no-mongodb", action="store_true", help="leave documents in the database")
    arguments = parser.parse_args()
    postgres, mongo, s3 = (os.environ[f"SHOPWRIGHT_TEST_{name}"] for name in ("POSTGRES", "MONGODB", "S3"))
    for one in [one for one in os.environ if one.startswith("SHOPWRIGHT_")]:  # no settings of the measured shops
        del os.environ[one]
    name = f"bench_{uuid.uuid4().hex[:8]}"
    connection = await asyncpg.connect(postgres)
    await connection.execute(f"CREATE DATABASE {name}")
    with tempfile.TemporaryDirectory(prefix="shopwright-move-") as made:
        folder = Path(made)
        began = time.perf_counter()
        await fill(folder / "first", arguments.products)
        await order(folder / "first", arguments.orders)
        print(
            f"{arguments.products} products and {arguments.orders} orders were made in {time.perf_counter() - began:.0f} s"
        )

        def embedded(where: str) -> dict[str, str]:
            at = folder / where
            return {"database": f"sqlite://{at}", "documents": "database:", "files": f"file://{at}/files", "search": f"tantivy://{at}/search"}  # fmt: skip

        servers = {
            "database": f"{postgres.rpartition('/')[0]}/{name}", "documents": "database:" if arguments.no_mongodb else f"{mongo.rpartition('/')[0]}/{name}",
            "files": s3.replace("?", f"/{name}?"), "search": f"tantivy://{folder}/servers/search",
        }  # fmt: skip
        print(f"SQLite → PostgreSQL, {servers['documents'].partition(':')[0]}, S3")
        await judge(folder, servers, await move(folder, embedded("first"), servers))
        print("… and back")
        await judge(folder, embedded("home"), await move(folder, servers, embedded("home")))
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
