"""The size of an order, at once and as time passes; and a shop with a million of them beside the same shop with few.

python bench/orders.py [--orders 2000] [--grown 1000000]      on SQLite, by the shop's own contracts and jobs
"""

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from shopwright.app import Shop
from shopwright.demo.load import load_rules
from shopwright.event_handlers import tidy
from shopwright.kit.addresses import Address
from shopwright.kit.auth import GUEST
from shopwright.kit.clock import HandClock
from shopwright.kit.money import Money
from shopwright.services.carts.contract import CartChange
from shopwright.services.catalog.contract import Product
from shopwright.services.orders.contract import Order, PaymentChoice, PlaceOrder
from shopwright.settings import Settings, complete
from shopwright.web.product_view import write

LARGEST_PER_ORDER = 6_500  # 1,000 of it are the ledger, which tax law wants kept; invoices come on top
MOST = 1.5
BERLIN = Address(name="Ada Lovelace", line1="Torstraße 1", city="Berlin", postal_code="10119", country="DE")
AGES = {"placed": 0, "after a week": 9, "after a month": 40, "after 401 days": 401}
# How a row of an order becomes one of another order: each id gets another suffix.
GROWN: dict[str, dict[str, str]] = {
    "orders": {"orders": "id cart_id payment_id", "order_lines": "id order_id", "timeline": "id order_id"},
    "payments": {"payments": "id order_id reference", "ledger": "entry payment_id"},
    "inventory": {"movements": "id"},
}


async def open_shop(folder: Path, clock: HandClock) -> Shop:
    shop = Shop(
        complete(Settings(data=str(folder), limits="off", payments="pretend:", url="http://shop.test")), clock=clock
    )
    await shop.migrate()
    return shop


async def sell(shop: Shop) -> Product:
    variants = (write.VariantWrite(price=Money(6400, "EUR"), on_hand=5_000_000, weight=900),)
    new = write.ProductWrite(title="Harbour Kettle", status="published", variants=variants)
    return await write.create(shop.product_views, new, "opening stock")


async def buy(shop: Shop, product: Product, n: int) -> Order:
    cart = await shop.carts.create(None)
    await shop.carts.add(cart.id, product.variants[0].id, 1)
    details = CartChange(email=f"buyer{n}@example.com", shipping_address=BERLIN, shipping_option_id="shr_standard")
    cart = await shop.carts.change(cart.id, details)
    choice = PaymentChoice(provider="pretend", token="pretend_ok", return_url="http://shop.test/back/{order_id}")
    wanted = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
    return await shop.orders.place(wanted, f"bench-{n}", GUEST)


async def pass_days(shop: Shop, clock: HandClock, days: int) -> float:
    """Days pass, one day per hour of the jobs; returns the duration of the longest run of all jobs."""
    longest = 0.0
    for _ in range(days):
        clock.move(days=1)
        began = time.perf_counter()
        for work in shop.databases.values():
            await tidy(shop, work)
        longest = max(longest, time.perf_counter() - began)
    await shop.bus.settle()
    return longest


def size(folder: Path) -> int:
    """Bytes in use in all databases: free pages are used again, and released where they are many."""
    total = 0
    for path in folder.glob("*.db"):
        with sqlite3.connect(path) as connection:
            [pages], [free], [each] = (
                connection.execute(f"PRAGMA {name}").fetchone()
                for name in ("page_count", "freelist_count", "page_size")
            )
            total += (pages - free) * each
    return total


def grow(folder: Path, count: int, grown: int) -> None:
    """Copy each order with other ids and numbers until there are this many."""
    times = grown // count - 1
    for service, tables in GROWN.items():
        connection = sqlite3.connect(folder / f"{service}.db", isolation_level=None)
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-400000")
        connection.execute("BEGIN")
        for table, named in tables.items():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            other = {name: f"substr({name}, 1, length({name}) - 7) || printf('%07d', g)" for name in named.split()}
            other |= {
                "number": f"number + g * {count}",
                "key": f"replace(key, order_id, {other.get('order_id', 'key')})",
            }
            other |= {"source": "source", "email": "printf('%07d', g) || email"}
            values = ", ".join(other.get(name, name) for name in columns)
            connection.execute(
                f"WITH RECURSIVE n(g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM n WHERE g < {times})"
                f" INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM n, (SELECT * FROM {table})"
            )
        if service == "orders":
            connection.execute(
                "UPDATE counters SET value = (SELECT max(number) FROM orders) WHERE name = 'order_number'"
            )
        if service == "inventory":
            connection.execute(
                "UPDATE stock SET on_hand = (SELECT sum(delta) FROM movements m WHERE m.variant_id = stock.variant_id)"
            )
        connection.execute("COMMIT")
        connection.close()


async def quick(action: Callable[[], Awaitable[object]], times: int = 200) -> float:
    """The median of the milliseconds of many runs."""
    durations = []
    for _ in range(times):
        began = time.perf_counter()
        await action()
        durations.append(time.perf_counter() - began)
    return sorted(durations)[times // 2] * 1000


async def figures(shop: Shop, product: Product, order: Order, first: int) -> dict[str, float]:
    """Operations that buyers and staff wait for."""
    numbers = iter(range(first, first + 10_000))

    async def place() -> None:
        await buy(shop, product, next(numbers))

    return {
        "an order placed": await quick(place),
        "an order read": await quick(lambda: shop.orders.get(order.id)),
        "the last 50 orders": await quick(lambda: shop.orders.search(limit=50)),
        "orders of an e-mail address": await quick(lambda: shop.orders.search(text=order.email, limit=50)),
    }


async def measure(folder: Path, count: int, grown: int) -> int:
    clock = HandClock()
    shop = await open_shop(folder, clock)
    await load_rules(shop)
    product = await sell(shop)
    await shop.bus.settle()
    empty = size(folder)
    order = await buy(shop, product, 0)
    for n in range(1, count):
        await buy(shop, product, n)
        clock.move(seconds=20)
        if n % 100 == 0:
            await shop.bus.settle()
    clock.move(minutes=1)
    await shop.bus.settle()
    few = await figures(shop, product, order, count)
    await shop.bus.settle()
    placed = count + 200
    age, bad = 0, False
    for name, days in AGES.items():
        longest = await pass_days(shop, clock, days - age)
        age = days
        each = (size(folder) - empty) / placed
        bad |= name != "placed" and each > LARGEST_PER_ORDER
        print(f"{name:28} {each:9,.0f} bytes an order   (all jobs at most {longest:.2f} s an hour)")
    await shop.close()
    began = time.perf_counter()
    grow(folder, placed, grown)
    total = size(folder)
    print(
        f"{grown:,} orders: {total / 1e9:.2f} GB, {total / grown:,.0f} bytes each ({time.perf_counter() - began:.0f} s to make)"
    )
    shop = await open_shop(folder, clock)
    many = await figures(shop, product, order, 2 * grown)
    for name, durations in many.items():
        bad |= durations > MOST * few[name]
        print(
            f"{name:28} {few[name]:8.2f} ms with {placed:,}   {durations:8.2f} ms with {grown:,}   {durations / few[name]:5.2f}"
        )
    longest = await pass_days(shop, clock, 3)
    print(f"all jobs of an hour          {longest:8.2f} s")
    await shop.close()
    return int(bad)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--orders", type=int, default=2_000)
    arguments.add_argument("--grown", type=int, default=1_000_000)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder), options.orders, options.grown))


if __name__ == "__main__":
    sys.exit(main())
