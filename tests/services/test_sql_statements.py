"""Statements: their number does not grow with the data, and each uses an index."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from shopwright import event_handlers
from shopwright.app import Shop
from shopwright.engines.database.parameters import positional
from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.clock import HandClock
from shopwright.services.orders.contract import (
    NewRefund,
    NewShipment,
    Order,
    PastLine,
    PastOrder,
    PaymentChoice,
    PlaceOrder,
)
from shopwright.services.reviews.contract import NewReview
from shopwright.web.application import build
from tests.builders.customers import BERLIN, sign_in
from tests.builders.environment import POSTGRES, need
from tests.builders.goods import sell
from tests.builders.orders import fill_cart
from tests.builders.shops import OWNER, QUICK, make_settings
from tests.builders.statements import Looking, Statement

pytestmark = pytest.mark.slow


class Traffic:
    """A shop, a client, and the recorded statements."""

    def __init__(self, shop: Shop, client: httpx.AsyncClient, statements: list[Statement]) -> None:
        self.shop, self.client, self.asked = shop, client, statements
        self.cart = ""
        self.ada: Caller | None = None
        self.orders: list[str] = []
        self.size = 0

    async def grow(self, count: int) -> None:
        """Add this many products in one category, lines in a cart, orders of one customer, reviews of one product."""
        shop = self.shop
        if not self.cart:
            await shop.catalog.put_category("things", "Things")
            user = await shop.users.register("ada@example.com", "harbour at seven", "Ada")
            self.ada = Caller(user_id=user.id, email="ada@example.com", name="Ada")
            self.cart = (await shop.carts.create(None)).id
        products = [
            await sell(shop, f"Thing {self.size + n}", colours=("Red", "Blue"), categories=("things",), on_hand=50)
            for n in range(count)
        ]
        first = await shop.catalog.get("thing-0")
        for n, product in enumerate(products):
            await shop.carts.add(self.cart, product.variants[0].id, 1)
            who = await shop.users.register(f"b{self.size + n}@example.com", "harbour at seven", "B")
            buyer = Caller(user_id=who.id, email=f"b{self.size + n}@example.com", name="B")
            for caller, what in ((self.ada, product), (buyer, first)):
                order = await self.buy(caller, what)
                self.orders.append(order)
            await shop.reviews.write(first.id, NewReview(rating=4, title="Fine", body="It stands."), buyer)
        await shop.bus.settle()
        await shop.search.bring_up_to_date()
        self.size += count

    async def buy(self, who: Caller, product: Any) -> str:
        cart = await fill_cart(self.shop, (product, 1), email=who.email, customer=who.user_id)
        payment = PaymentChoice(provider="pretend", token="pretend_ok")
        wanted = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=payment)
        order = await self.shop.orders.place(wanted, cart.id, who)
        await self.shop.bus.settle()
        return order.id

    async def count(self, path: str, headers: dict[str, str]) -> int:
        await self.client.get(path, headers=headers)
        del self.asked[:]
        answer = await self.client.get(path, headers=headers)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
        return len(self.asked)


@pytest.fixture
async def traffic(data: tuple[Path, str]) -> AsyncIterator[Traffic]:
    async def webhook(provider: str, headers: Any, body: bytes) -> bool:
        await shop.payments.webhook(provider, headers, body)
        return True

    looking = Looking()
    shop = Shop(make_settings(*data), clock=HandClock(), hasher=QUICK, around=looking, send_webhook=webhook)
    await shop.pretend.prepare()
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield Traffic(shop, client, looking.asked)
    await shop.close()


async def test_the_number_of_statements_does_not_grow_with_the_data(traffic: Traffic) -> None:
    await traffic.grow(3)
    staff = await sign_in(traffic.client, *OWNER)
    ada = await sign_in(traffic.client, "ada@example.com", "harbour at seven")
    paths = {
        "/": {}, "/c/things": {}, "/p/thing-0": {}, "/search?q=thing": {}, "/v1/products?limit=24": {},
        "/v1/products?category=things": {}, "/v1/products/thing-0": {}, "/v1/search?q=thing": {}, "/v1/categories": {},
        f"/v1/carts/{traffic.cart}": {}, "/v1/orders": ada, f"/v1/orders/{traffic.orders[0]}": ada, "/v1/me/addresses": ada,
        "/v1/orders?limit=100": staff, "/v1/inventory": staff, "/v1/events": staff,
        "/v1/products/thing-0/reviews": {}, "/v1/products/thing-0/recommendations": {}, "/sitemap.xml": {},
    }  # fmt: skip
    known = {
        path: headers
        for path, headers in paths.items()
        if (await traffic.client.get(path, headers=headers)).status_code != 404
    }
    assert len(known) >= 15, known.keys()
    few = {path: await traffic.count(path, headers) for path, headers in known.items()}
    await traffic.grow(6)
    many = {path: await traffic.count(path, headers) for path, headers in known.items()}
    assert {path: (few[path], many[path]) for path in known if many[path] > few[path]} == {}
    assert {path: count for path, count in many.items() if count > 40} == {}


# Tables that stay small however large the shop.
SMALL = {
    "counters", "coupons", "promotions", "tax_rates", "dated_tax_rates", "tax_changes", "tax_rules", "tax_classes", "untaxed_places", "shipping_rates", "locations", "journal_head", "generations", "secrets",
    "signing_keys", "timers", "stock_rules", "feature_counts",
    "few",  # entries of an index at most, to be counted
}  # fmt: skip

# Checks the whole index: once, when a process starts.
FULL_COUNT = "SELECT count(*) AS n FROM entries WHERE visible = 1 AND body <> '' AND indexed > 0"


async def scenario(traffic: Traffic) -> None:
    """Typical use of a shop."""
    await traffic.grow(4)
    shop = traffic.shop
    staff = await sign_in(traffic.client, *OWNER)
    ada = await sign_in(traffic.client, "ada@example.com", "harbour at seven")
    for path, headers in (
        ("/", {}), ("/c/things?colour=red", {}), ("/p/thing-0", {}), ("/search?q=thing", {}), ("/v1/products", {}),
        ("/v1/products/thing-0", {}), (f"/v1/carts/{traffic.cart}", {}), ("/v1/orders", ada), ("/v1/orders", staff),
        (f"/v1/orders/{traffic.orders[0]}", ada), ("/v1/orders?status=paid", staff), ("/v1/me", ada),
        ("/v1/me/export", ada), ("/v1/inventory", staff), ("/v1/events", staff),
    ):  # fmt: skip
        await traffic.client.get(path, headers=headers)
    await shop.orders.search(text="ada@example.com", limit=10)
    await shop.orders.ship(traffic.orders[0], NewShipment(carrier="DHL", tracking_number="1"), SYSTEM)
    order = await shop.orders.get(traffic.orders[1])
    await shop.orders.refund(order.id, NewRefund(amount=order.lines[0].unit_price, reason="x"), "r", SYSTEM)
    await shop.orders.import_order(past_order(order))
    for timer in event_handlers.scheduled_jobs(shop):
        await timer.handler()
    await shop.bus.settle()


def past_order(like: Order) -> PastOrder:
    """An order of an earlier shop."""
    price = like.lines[0].unit_price
    nothing = msgspec.structs.replace(price, amount=0)
    return PastOrder(
        source="elsewhere:1", number="1", status="delivered", email="ada@example.com", customer_id=None, currency="EUR",
        lines=(PastLine(sku="X", title="X", quantity=1, unit_price=price),), discount=nothing, shipping=nothing, tax=nothing,
        total=price, refunded=nothing, shipping_address=BERLIN, billing_address=BERLIN, shipping_title="Standard",
        placed_at=like.placed_at,
    )  # fmt: skip


async def test_an_idle_worker_sends_two_statements_per_service_whatever_the_number_of_jobs(
    traffic: Traffic,
) -> None:
    await traffic.shop.bus.settle()
    del traffic.asked[:]
    assert await traffic.shop.bus.settle() == 0
    statements = Counter(name for name, _, _ in traffic.asked)
    assert set(statements) <= set(traffic.shop.databases)
    assert max(statements.values()) == 2, statements


async def test_every_statement_uses_an_index(traffic: Traffic) -> None:
    if not traffic.shop.settings.database.startswith("sqlite"):
        pytest.skip("SQLite tells its plans without statistics; PostgreSQL's are looked at with a million rows")
    await scenario(traffic)
    wrong: dict[str, str] = {}
    for service, sql, params in list(traffic.asked):
        if not sql.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
            continue
        if sql == FULL_COUNT:
            continue
        plan = await traffic.shop.databases[service].database.fetch(f"EXPLAIN QUERY PLAN {sql}", params)
        for row in plan:
            words = row["detail"].split()
            if words[0] == "SCAN" and "INDEX" not in words and words[1] not in {"CONSTANT", *SMALL}:
                wrong[f"{service}: {sql}"] = row["detail"]
    assert not wrong, "\n".join(f"{plan} by {sql}" for sql, plan in wrong.items())
    assert len({sql for _, sql, _ in traffic.asked}) > 150


LARGE = {
    "orders": ("orders", "order_lines", "order_terms", "facts", "placements"),
    "catalog": ("documents", "document_index", "document_unique"),
    "inventory": ("stock", "movements", "reservations"),
    "pricing": ("prices",),
    "carts": ("carts", "cart_lines"),
    "payments": ("payments",),
    "users": ("users", "sessions"),
    "search": ("entries",),
    "notifications": ("messages",),
    "insights": ("journal",),
}
ROWS = 1_000_000
COLUMNS = (
    "SELECT a.attname AS name, format_type(a.atttypid, -1) AS kind, EXISTS (SELECT 1 FROM pg_index i"
    " WHERE i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY (i.indkey)) AS unique"
    " FROM pg_attribute a WHERE a.attrelid = ($1 || '.' || $2)::regclass AND a.attnum > 0 AND NOT a.attisdropped"
)
FEW = {"collection", "field", "currency", "position", "location", "location_id", "account", "rating", "value"}


async def multiply(connection: Any, schema: str, table: str) -> bool:
    """Insert a million rows like the existing ones, each with unique keys; False where there are none."""
    count = await connection.fetchval(f"SELECT count(*) FROM {schema}.{table}")
    if not count:
        return False
    await connection.execute(f"ALTER TABLE {schema}.{table} SET UNLOGGED")  # twice as fast, and planned the same
    columns = await connection.fetch(COLUMNS, schema, table)
    values = []
    for column in columns:
        name, other = column["name"], column["name"].endswith(("id", "key", "subject", "email", "about"))
        if name in FEW or not (column["unique"] or other):
            values.append(f"r.{name}")
        elif column["kind"] == "text":
            values.append(f"r.{name} || '~' || g")
        else:
            values.append(f"r.{name} + 10000000 + g")
    names = ", ".join(column["name"] for column in columns)
    await connection.execute(
        f"INSERT INTO {schema}.{table} ({names}) SELECT {', '.join(values)} FROM generate_series(1, {ROWS}) g"
        f" JOIN (SELECT *, row_number() OVER () AS rn FROM {schema}.{table}) r ON r.rn = 1 + g % {count}"
        " ON CONFLICT DO NOTHING",
        timeout=300,
    )
    await connection.execute(f"ANALYZE {schema}.{table}", timeout=300)
    return (
        await connection.fetchval(f"SELECT reltuples FROM pg_class WHERE oid = '{schema}.{table}'::regclass") > ROWS / 2
    )


@pytest.mark.soak
async def test_on_postgresql_with_a_million_rows_no_table_is_scanned(traffic: Traffic) -> None:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    await scenario(traffic)
    statements = {(service, sql): params for service, sql, params in traffic.asked}
    large: dict[str, list[str]] = {}
    connection = await asyncpg.connect(traffic.shop.settings.database.partition("?")[0])
    try:
        pool = await asyncpg.create_pool(traffic.shop.settings.database.partition("?")[0], min_size=1, max_size=2)

        async def fill(schema: str, tables: Sequence[str]) -> None:
            async with pool.acquire() as filling:
                large[schema] = [table for table in tables if await multiply(filling, schema, table)]

        await asyncio.gather(*(fill(schema, tables) for schema, tables in LARGE.items()))
        await pool.close()
        assert sum(map(len, large.values())) >= 16, large
        wrong: dict[str, str] = {}
        for (service, sql), params in statements.items():
            if service not in large or not sql.lstrip().startswith(("SELECT", "UPDATE", "DELETE")) or sql == FULL_COUNT:
                continue
            text, names = positional(sql)
            await connection.execute(f"SET search_path = {service}")
            plan = await connection.fetch(f"EXPLAIN {text}", *(params[name] for name in names))
            for (line,) in plan:
                if any(f"Seq Scan on {table}" in line for table in large[service]):
                    wrong[f"{service}: {sql}"] = line.strip()
    finally:
        await connection.close()
    assert not wrong, "\n".join(f"{plan} by {sql}" for sql, plan in wrong.items())
