"""A shop with very many orders, in minutes.

A hundred are placed, paid, shipped, refunded and cancelled through the shop, and their rows are copied with other ids,
numbers and days. Chains of hashes continue from one to the next.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from shopwright.app import Shop
from shopwright.demo.load import SELLER, load_rules
from shopwright.kit.addresses import Address
from shopwright.kit.auth import GUEST, SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.money import Money
from shopwright.services.books import issuing, store
from shopwright.services.carts.contract import CartChange
from shopwright.services.catalog.contract import Product
from shopwright.services.orders.contract import LineQuantity, NewRefund, NewShipment, Order, PaymentChoice, PlaceOrder
from shopwright.settings import Settings, complete
from shopwright.web.product_view import write

TEMPLATE = 100
# Ids of one window of time begin alike, so that a piece of text makes ids of another window of them.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ALIKE, WINDOW_MS = 5, 32**5
DAY_MS = 86_400_000
FIRST = datetime(2015, 1, 5, tzinfo=UTC)
ADDRESSES = (("Berlin", "10119", "DE"), ("Wien", "1010", "AT"), ("Paris", "75009", "FR"), ("København", "1050", "DK"))
# Service → table → the column whose id says when the row was made.
CLONED = {
    "orders": {
        "orders": "id", "order_lines": "id", "shipments": "id", "order_refunds": "id", "timeline": "id", "placements": "order_id",
    },
    "payments": {"payments": "id", "refunds": "payment_id", "ledger": "payment_id"},
    "inventory": {"reservations": "order_id", "reservation_lines": "order_id", "movements": "id"},
    "insights": {"journal": "id"},
    "notifications": {"messages": "id"},
    "books": {"followed_orders": "order_id"},
}  # fmt: skip
RETAINED = 18  # windows whose messages are not deleted yet: a week
MOMENTS = frozenset({"placed_at", "expires_at", "time", "created_at", "settled_at", "asked_at", "tried_at"})


class Clone(msgspec.Struct, frozen=True):
    """A copy of the template: the prefix of its ids, and how many windows and orders later it is."""

    number: int
    old: str
    new: str

    @property
    def micros(self) -> int:
        return self.number * WINDOW_MS * 1000


def beginning(window: int) -> str:
    """Prefixes of ids of a window, including the type prefix."""
    return "_" + "".join(ALPHABET[window >> shift & 31] for shift in range(5 * (ALIKE - 1), -1, -5))


def window_of(moment: datetime) -> int:
    return int(moment.timestamp() * 1000) // WINDOW_MS


async def make(folder: Path, count: int) -> None:
    """A shop with this many orders, made once."""
    made = folder / "orders-made"
    if made.is_file() and made.read_text() == str(count):
        shop = open_shop(folder, HandClock(FIRST))
        await shop.migrate()
        await shop.close()
        return
    if made.is_file() or (folder / "orders.db").is_file():
        raise SystemExit(f"{folder} holds another shop, or one that was not finished")
    window = window_of(FIRST) + 1
    await template(folder, datetime.fromtimestamp(window * WINDOW_MS / 1000, UTC))
    clones = [Clone(n, beginning(window), beginning(window + n)) for n in range(1, count // TEMPLATE)]
    for service, tables in CLONED.items():
        with closing(opened(folder, service)) as connection:
            for table, key in tables.items():
                clone_table(connection, table, key, clones[-RETAINED:] if service == "notifications" else clones)
            finish(connection, service, count)
    with closing(opened(folder, "books")) as connection:
        clone_entries(connection, clones)
        clone_documents(connection, clones)
    made.write_text(str(count))


# --- the template


async def template(folder: Path, begin: datetime) -> None:
    """A hundred orders within one window of time."""
    clock = HandClock(begin - timedelta(days=1))
    shop = open_shop(folder, clock)
    await shop.migrate()
    await load_rules(shop)
    products = [await sell(shop, n) for n in range(24)]
    await shop.bus.settle()
    clock.set_wrong(seconds=(begin - clock.now()).total_seconds() + 1)
    for n in range(TEMPLATE):
        if n == TEMPLATE // 3:
            await shop.pricing.set_seller(SELLER)  # documents of earlier sales are elsewhere
        await live(shop, await buy(shop, products, n), n)
        await settled(shop, clock)
        clock.move(minutes=4)
    await shop.close()


async def settled(shop: Shop, clock: HandClock) -> None:
    """Deliver everything, including later retries."""
    settling = asyncio.create_task(shop.bus.settle())
    while not settling.done():
        await asyncio.wait({settling}, timeout=0.2)
        clock.move(seconds=5)


def open_shop(folder: Path, clock: HandClock) -> Shop:
    settings = complete(Settings(data=str(folder), limits="off", payments="pretend:", url="http://shop.test"))
    return Shop(settings, clock=clock)


async def sell(shop: Shop, n: int) -> Product:
    variants = (write.VariantWrite(price=Money(990 + 370 * n, "EUR"), on_hand=9_000_000, weight=900),)
    new = write.ProductWrite(title=f"Harbour Kettle {n}", status="published", variants=variants)
    return await write.create(shop.product_views, new, "opening stock")


async def buy(shop: Shop, products: Sequence[Product], n: int) -> Order:
    city, postal_code, country = ADDRESSES[n % len(ADDRESSES)]
    address = Address(name="Ada Lovelace", line1="Long Street 1", city=city, postal_code=postal_code, country=country)
    cart = await shop.carts.create(None)
    for line in range(1 + n % 3):
        product = products[(n * 5 + line * 7) % len(products)]
        cart = await shop.carts.add(cart.id, product.variants[0].id, 1 + (n + line) % 2)
    details = CartChange(email=f"buyer{n}@example.com", shipping_address=address, shipping_option_id="shr_standard")
    cart = await shop.carts.change(cart.id, details)
    choice = PaymentChoice(provider="pretend", token="pretend_ok", return_url="http://shop.test/back/{order_id}")
    wanted = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
    return await shop.orders.place(wanted, f"bench-{n}", GUEST)


async def live(shop: Shop, order: Order, n: int) -> None:
    """Of ten: two are pending, one is cancelled, seven are shipped; of these three arrive and two are returned in part."""
    kind, key = n % 10, f"refund-{order.id}"
    if kind < 2:
        return
    if kind == 2:
        await shop.orders.cancel(order.id, "It was ordered twice.", SYSTEM)
        return
    await shop.orders.ship(order.id, NewShipment(carrier="DHL", tracking_number=f"00340434{n}"), SYSTEM)
    if kind < 6:
        await shop.orders.deliver(order.id, SYSTEM)
    if kind == 8:
        first = (LineQuantity(order.lines[0].id, 1),)
        await shop.orders.refund(order.id, NewRefund(reason="Broken", lines=first, returned=True, restock=True), key, SYSTEM)  # fmt: skip
    if kind == 9:
        await shop.orders.refund(order.id, NewRefund(reason="It came late", amount=300), key, SYSTEM)


# --- copies of rows


def opened(folder: Path, service: str) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / f"{service}.db")
    connection.row_factory = sqlite3.Row
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def clone_table(connection: sqlite3.Connection, table: str, key: str, clones: Sequence[Clone]) -> None:
    """The rows written in the window of the template, once for each clone."""
    if not clones:
        return
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    texts = {row["name"] for row in columns if row["type"] in {"TEXT", "JSONB"}}
    names = [row["name"] for row in columns]
    connection.execute(
        f"CREATE TEMP TABLE model AS SELECT * FROM {table} WHERE instr({key}, :old) > 0 ORDER BY rowid",
        {"old": clones[0].old},
    )
    numbered = {"number": TEMPLATE, "seq": connection.execute("SELECT count(*) FROM model").fetchone()[0]}
    values = ", ".join(
        f"replace({name}, :old, :new)" if name in texts
        else f"{name} + :micros" if name in MOMENTS
        else f"{name} + :n * {numbered[name]}" if name in numbered
        else name
        for name in names
    )  # fmt: skip
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM model",
        ({"old": one.old, "new": one.new, "micros": one.micros, "n": one.number} for one in clones),
    )
    connection.execute("DROP TABLE model")
    connection.commit()


def finish(connection: sqlite3.Connection, service: str, count: int) -> None:
    """Counts and totals, which follow from the rows."""
    statements = {
        "orders": (f"UPDATE counters SET value = 1000 + {count} WHERE name = 'order_number'",),
        "inventory": (
            "UPDATE stock SET on_hand = (SELECT sum(delta) FROM movements m WHERE m.variant_id = stock.variant_id)",
        ),
        "insights": ("UPDATE journal_head SET seq = (SELECT max(seq) FROM journal)",),
        "notifications": ("UPDATE messages SET state = 'sent'",),
        "payments": ("UPDATE payments SET look_at = 0",),  # its provider deletes data after half a year
    }
    for sql in statements.get(service, ()):
        connection.execute(sql)
    connection.commit()


# --- the books


def clone_entries(connection: sqlite3.Connection, clones: Sequence[Clone]) -> None:
    """Entries with the hash of the previous one, their postings, and the sums of both."""
    entries = [dict(row) for row in connection.execute("SELECT * FROM entries ORDER BY seq")]
    postings = [dict(row) for row in connection.execute("SELECT * FROM postings ORDER BY seq, line")]
    kinds = {row["id"]: row["kind"] for row in connection.execute("SELECT * FROM tax_kinds")}
    rows: dict[int, list[list[object]]] = {}
    for one in postings:
        rows.setdefault(one["seq"], []).append(store.hashed_values(one, kinds.get(one["tax_kind"], "")))
    digest = entries[-1]["sha256"]

    def written() -> Iterator[dict[str, Any]]:
        nonlocal digest
        for clone in clones:
            for one in entries:
                row = moved(one, clone, len(entries))
                digest = row["sha256"] = store.entry_hash(digest, row, rows[one["seq"]])
                yield row

    insert(connection, "entries", list(entries[0]), written())
    names = list(postings[0])
    values = ", ".join(f"seq + :n * {len(entries)}" if name == "seq" else name for name in names)
    connection.execute("CREATE TEMP TABLE model AS SELECT * FROM postings")
    connection.executemany(
        f"INSERT INTO postings ({', '.join(names)}) SELECT {values} FROM model", ({"n": one.number} for one in clones)
    )
    connection.execute("UPDATE chains SET last = :last, sha256 = :digest WHERE name = 'ledger'",
        {"last": len(entries) * (len(clones) + 1), "digest": digest})  # fmt: skip
    add_up(connection)
    connection.commit()


def moved(one: dict[str, Any], clone: Clone, entries: int) -> dict[str, Any]:
    """An entry of the template, as one of a clone."""
    day = one["day"] + clone.number * WINDOW_MS // DAY_MS
    then = datetime.fromtimestamp(day * DAY_MS / 1000, UTC)
    number = str(int(one["number"]) + clone.number * TEMPLATE)
    return one | {
        "seq": one["seq"] + clone.number * entries,
        "order_id": one["order_id"].replace(clone.old, clone.new),
        "number": number,
        "text": one["text"].replace(one["number"], number),
        "booked": one["booked"] + clone.micros,
        "day": day,
        "period": then.year * 100 + then.month,
    }


def add_up(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM day_sums")
    connection.execute("DELETE FROM tax_sums")
    connection.execute(
        "INSERT INTO day_sums (period, day, account, provider, currency, debit, credit)"
        " SELECT e.period, e.day, p.account, p.provider, p.currency, sum(max(p.amount, 0)), sum(max(-p.amount, 0))"
        " FROM entries e JOIN postings p ON p.seq = e.seq GROUP BY 1, 2, 3, 4, 5"
    )
    connection.execute(
        "INSERT INTO tax_sums (period, tax_kind, currency, base, tax, sales) SELECT e.period, p.tax_kind, p.currency,"
        " sum(-coalesce(p.base, 0)), sum(-p.amount), sum(e.kind = 'sale') FROM entries e JOIN postings p ON p.seq = e.seq"
        " WHERE p.account = 'tax' AND p.tax_kind IS NOT NULL GROUP BY 1, 2, 3"
    )


def clone_documents(connection: sqlite3.Connection, clones: Sequence[Clone]) -> None:
    """Documents, each in the series of its year and with the hash of the previous one in it."""
    documents = [dict(row) for row in connection.execute("SELECT * FROM issued_documents ORDER BY id")]
    entries = connection.execute("SELECT max(last) FROM chains WHERE name = 'ledger'").fetchone()[0] // (
        len(clones) + 1
    )
    last = {row["name"]: (row["last"], row["sha256"]) for row in connection.execute("SELECT * FROM chains")}
    last_numbers = Counter({name: number for name, (number, _) in last.items()})
    digests = {name: digest for name, (_, digest) in last.items()}

    def written() -> Iterator[dict[str, Any]]:
        for clone in clones:
            for one in documents:
                issued = one["issued"] + clone.micros
                year = datetime.fromtimestamp(issued / 1_000_000, UTC).year
                series = f"{one['series'].partition('-')[0]}-{year}"
                last_numbers[series] += 1
                row = one | {
                    name: one[name].replace(clone.old, clone.new) for name in ("id", "refers_to", "order_id", "body")
                }
                row |= {
                    "series": series, "number": last_numbers[series], "name": f"{series}-{last_numbers[series]:06d}", "issued": issued,
                    "keep_until": one["keep_until"] + clone.micros, "entry": one["entry"] + clone.number * entries,
                    "before": digests.get(series, ""),
                }  # fmt: skip
                digests[series] = row["sha256"] = issuing.document_hash(row["before"], row, row["body"])
                yield row

    insert(connection, "issued_documents", list(documents[0]), written())
    connection.executemany(
        "INSERT INTO chains (name, last, sha256) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET last = excluded.last, sha256 = excluded.sha256",
        [(name, last_numbers[name], digests[name]) for name in last_numbers if name != "ledger"],
    )
    connection.commit()


def insert(connection: sqlite3.Connection, table: str, names: list[str], rows: Iterator[dict[str, Any]]) -> None:
    placeholders = ", ".join(f":{name}" for name in names)
    connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({placeholders})", rows)
