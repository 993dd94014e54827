"""Lost orders that other services still refer to: stock movements and messages."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from shopwright.app import Shop
from shopwright.kit.data.spans import pages
from shopwright.kit.data.unit_of_work import Reader
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.operations.counters import FIRST_NUMBER, known_gaps
from shopwright.operations.shop_snapshot import ShopSnapshot

MANY, NEAR = (
    500,
    1_000,
)  # rows looked at together; orders before a lost one among which is the one with the number before
# Texts of staff may also begin with “order”.
TAKEN = re.compile(r"order (ord_[0-9a-z]+)(, on backorder)?")
STOCK, MESSAGE = gettext_noop("stock was taken for it"), gettext_noop("there is a message about it")
# Service → query, the column to page by, and what refers to an order.
KNOWN: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "inventory": (
        # All rows, as an index by state would be sorted for each page.
        ("SELECT order_id, CASE WHEN state = 'taken' THEN order_id ELSE '' END AS known FROM reservations WHERE order_id > :last", "order_id", STOCK),
        ("SELECT id, reason AS known FROM movements WHERE reason LIKE 'order %' AND id > :last", "id", STOCK),
        ("SELECT DISTINCT order_id, order_id AS known FROM owed WHERE order_id > :last", "order_id", gettext_noop("stock is promised to it")),
    ),
    "notifications": (
        ("SELECT id, order_id AS known FROM messages WHERE order_id <> '' AND id > :last", "id", MESSAGE),
    ),
}  # fmt: skip


async def missing(shop: Shop, ids: Iterable[str]) -> list[str]:
    """Return which of these orders do not exist now, as an order may be newer than a snapshot."""
    wanted = list(dict.fromkeys(ids))
    rows = await shop.databases["orders"].fetch_in("SELECT id FROM orders WHERE id IN (:each)", wanted)
    there = {row["id"] for row in rows}
    return [order_id for order_id in wanted if order_id not in there]


async def lost_orders(shop: Shop, reader_of: Callable[[str], Reader] | None = None) -> dict[str, list[str]]:
    """Return the ids of lost orders in order, and who refers to them.

    `reader_of`: the reader of each service; by default its current data.
    """
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for service, questions in KNOWN.items():
        source = reader_of(service) if reader_of is not None else shop.databases[service]
        for sql, column, words in questions:
            async for rows in pages(source, f"{sql} ORDER BY {column} LIMIT :many", column, "", MANY):
                for order_id in await missing(shop, filter(None, (_named(row["known"]) for row in rows))):
                    found[order_id][words] = None
    return {order_id: list(found[order_id]) for order_id in sorted(found)}


def _named(known: str) -> str:
    """The order id in a reference; "" for other text."""
    reason = TAKEN.fullmatch(known)
    order_id = reason.group(1) if reason else known
    return order_id if order_id.startswith("ord_") else ""


async def lost_orders_are_noted(snapshot: ShopSnapshot) -> list[str]:
    """Report lost orders outside recorded gaps; ids sort by time, like numbers."""
    lost = await lost_orders(snapshot.shop, snapshot.of)
    orders = snapshot.of("orders")
    gaps = await known_gaps(orders)
    wrong = []
    for order_id, known in lost.items():
        row = await orders.one(
            "SELECT MAX(number) AS number FROM (SELECT number FROM orders WHERE id < :id ORDER BY id DESC LIMIT :near) before",
            id=order_id,
            near=NEAR,
        )
        before = row["number"] if row and row["number"] is not None else FIRST_NUMBER
        if before not in gaps:
            wrong.append(
                _(
                    "Order {order_id} is missing: {names}. It came after order {before}.",
                    order_id=order_id,
                    names=", ".join(_(one) for one in known),
                    before=before,
                )
            )
    return wrong
