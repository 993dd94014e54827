"""Each sum of an order, its refunds and its books, changed by itself: the doctor finds it."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from shopwright.app import Shop
from shopwright.demo.load import SELLER
from shopwright.kit.auth import SYSTEM
from shopwright.operations import archive
from shopwright.operations.doctor import examine
from shopwright.services.orders.contract import LineQuantity, NewRefund, NewShipment, Order
from shopwright.services.pricing.contract import TaxRate
from tests.builders.goods import sell, sell_book
from tests.builders.health import wrong
from tests.builders.json_values import Path, plus_one
from tests.builders.orders import fill_cart, place_cart

# What is changed in JSON: service, table, column, the way to a number in it, and what is said when one is added to it.
NUMBERS: tuple[tuple[str, str, str, Path, str], ...] = (
    ("orders", "orders", "body", ("totals", "subtotal", "amount"), "its subtotal is 6801"),
    ("orders", "orders", "body", ("totals", "discount", "amount"), "add up to 680, its discount is 681"),
    ("orders", "orders", "body", ("totals", "shipping", "amount"), "its parts add up to 6611"),
    ("orders", "orders", "body", ("totals", "tax", "amount"), "add up to 78, its tax is 1"),
    ("orders", "orders", "body", ("totals", "included_tax", "amount"), "its totals have"),
    ("orders", "orders", "body", ("totals", "total", "amount"), "was charged"),
    ("orders", "order_lines", "body", ("unit_price", "amount"), "at 2901 is not 5800"),
    ("orders", "order_lines", "body", ("total", "amount"), "its lines add up to 6801"),
    ("orders", "order_lines", "body", ("discount", "amount"), "its discounts add up to 580"),
    ("orders", "order_lines", "body", ("tax", "amount"), "the taxes of its lines and shipping add up to 1"),
    ("orders", "orders", "taxes", (1, 0, 0, 1), "was paid for KETTLE, but its tax parts add up to 5221"),
    ("orders", "orders", "taxes", (2, 0, 1), "490 was paid for shipping, but its tax parts add up to 491"),
    ("orders", "orders", "taxes", (2, 0, 2), "the tax of its parts adds up to"),
    ("orders", "orders", "taxes", (0, 0, 1), "of tax was sold"),
    ("orders", "shipments", "body", ("lines", 0, "quantity"), "and its parcels contain 2"),
    ("orders", "order_refunds", "body", ("lines", 0, "quantity"), "and its refunds are for 2"),
    ("orders", "order_refunds", "body", ("amount", "amount"), "its parts add up to 3100"),
    ("orders", "order_refunds", "body", ("parts", 0, "tax_parts", 0, "tax", "amount"), "the taxes of a part of"),
    (
        "orders",
        "order_refunds",
        "body",
        ("parts", -1, "amount", "amount"),
        "1 more than was paid for a part of it was refunded",
    ),
)
STATEMENTS: tuple[tuple[str, str, str, str], ...] = (
    ("orders", "orders", "UPDATE orders SET items = items + 1", "its lines have 3 units, lists have 4"),
    ("orders", "orders", "UPDATE orders SET body = '{}'", "cannot be read: ValidationError"),
    ("orders", "order_lines", "UPDATE order_lines SET shipped = 2 WHERE quantity = 2", "1 refunded before shipping"),
    ("orders", "orders", "UPDATE orders SET number = number + 5 WHERE number = 1002", "Order 1001 is followed by 1007"),
    ("orders", "orders", "DELETE FROM orders WHERE number = 1001", "Order 1001 (ord_"),
    ("orders", "orders", "UPDATE orders SET payment_id = 'pay_x'", "cannot be read: There is no such payment"),
    ("payments", "payments", "UPDATE payments SET status = 'failed'", "but 0 of its payments are captured"),
    ("payments", "ledger", "UPDATE ledger SET currency = 'USD' WHERE account = 'customers'", "is in EUR and USD"),
    ("orders", "order_refunds", "UPDATE order_refunds SET amount = amount + 1", "is 3100, lists have 3101"),
    ("orders", "order_refunds", "DELETE FROM order_refunds", "refunded 3100, its order 0"),
    ("payments", "refunds", "DELETE FROM refunds", "its refunds add up to 0"),
    ("books", "postings", "UPDATE postings SET currency = 'USD' WHERE seq = 1 AND line = 0", "does not balance"),
    ("books", "day_sums", "DELETE FROM day_sums WHERE account = 'tax'", "The daily totals lack tax on"),
    ("books", "tax_sums", "UPDATE tax_sums SET base = base + 1", "The tax totals of 2026-03 differ"),
    ("books", "tax_sums", "UPDATE tax_sums SET sales = sales + 1", "The tax totals of 2026-03 differ"),
    ("books", "entries", "DELETE FROM entries WHERE seq = 2", "After entry 1 of the ledger comes 3"),
    ("books", "issued_documents", "UPDATE issued_documents SET before = 'x'", "does not follow the document before it"),
    (
        "books",
        "closed_periods",
        "INSERT INTO closed_periods (period, closed, who, last, sha256) SELECT 202603, 0, '', max(seq), 'x' FROM entries",
        "2026-03 was closed at entry",
    ),
)


async def sold(shop: Shop) -> Order:
    """Two kettles of 29.00 at 19 % and a novel of 10.00 at 7 %, less a tenth, with 4.90 for shipping: 66.10. One kettle was
    shipped, the other and the shipping were refunded. Another order waits.
    """
    await shop.pricing.set_seller(SELLER)
    await shop.pricing.put_tax_rate(TaxRate(country="DE", tax_class="reduced", rate=700))
    kettle, novel = await sell(shop, "Kettle", price=2900), await sell_book(shop, "Novel", 1000)
    await shop.bus.settle()
    cart = await fill_cart(shop, (kettle, 2), (novel, 1))
    order = await place_cart(shop, await shop.carts.set_coupons(cart.id, ("WELCOME10",)))
    one = (LineQuantity(order.lines[0].id, 1),)
    await shop.orders.ship(order.id, NewShipment(carrier="DHL", lines=one), SYSTEM)
    back = NewRefund(reason="Broken", lines=one, shipping=True)
    await shop.orders.refund(order.id, back, "key", SYSTEM)
    await place_cart(shop, await fill_cart(shop, (kettle, 1)))
    await shop.bus.settle()
    return order


async def findings_after(shop: Shop, service: str, table: str, damage: Callable[[Any], Any]) -> list[str]:
    """Findings of the doctor while a table is damaged, which is restored afterwards."""
    work = shop.databases[service]
    rows: list[Mapping[str, Any]] = [dict(row) for row in await work.fetch(f"SELECT * FROM {table}")]
    async with work.begin() as tx:
        await damage(tx)
    found = await wrong(shop)
    async with work.begin() as tx:
        await tx.run(f"DELETE FROM {table}")
        await archive.put(tx.session, table, [dict(row) for row in rows])
    return found


async def test_each_number_of_an_order_is_checked(local_shop: Shop) -> None:
    order = await sold(local_shop)
    key = {"orders": order.id, "order_lines": order.lines[0].id}
    missed = []
    for service, table, column, path, words in NUMBERS:

        async def damage(tx: Any, table: str = table, column: str = column, path: Path = path) -> None:
            where = f"id = '{key[table]}'" if table in key else "1 = 1"
            row = await tx.one(f"SELECT id, {column} AS body FROM {table} WHERE {where}")
            body = msgspec.json.encode(plus_one(msgspec.json.decode(row["body"]), path)).decode()
            await tx.run(f"UPDATE {table} SET {column} = :body WHERE id = :id", id=row["id"], body=body)

        findings = await findings_after(local_shop, service, table, damage)
        if not any(words in sentence for sentence in findings):
            missed.append((table, path, words, findings))
    assert missed == []
    assert [one.wrong for one in await examine(local_shop) if one.wrong] == []


async def test_each_row_of_an_order_and_its_books_is_checked(local_shop: Shop) -> None:
    await sold(local_shop)
    missed = []
    for service, table, sql, words in STATEMENTS:

        async def damage(tx: Any, sql: str = sql) -> None:
            await tx.run(sql)

        findings = await findings_after(local_shop, service, table, damage)
        if not any(words in sentence for sentence in findings):
            missed.append((sql, words, findings))
    assert missed == []
    assert [one.wrong for one in await examine(local_shop) if one.wrong] == []
