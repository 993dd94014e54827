"""Orders that are lost, and that other services still know: stock that left for them, and messages about them."""

import re
from collections import defaultdict
from collections.abc import Mapping

from shopwright.app import Shop
from shopwright.counters import FIRST_NUMBER, known_gaps

# Words of staff may begin with “order”, too.
TAKEN = re.compile(r"order (ord_[0-9a-z]+)(, on backorder)?")
STOCK, MESSAGE = "stock was taken for it", "there is a message about it"
# Service → what is asked there, and what it says of an order.
KNOWN: Mapping[str, tuple[tuple[str, str], ...]] = {
    "inventory": (
        ("SELECT order_id AS known FROM reservations WHERE state = 'taken'", STOCK),
        ("SELECT DISTINCT reason AS known FROM movements WHERE reason LIKE 'order %'", STOCK),
        ("SELECT order_id AS known FROM owed", "stock is promised to it"),
    ),
    "notifications": (("SELECT DISTINCT order_id AS known FROM messages WHERE order_id <> ''", MESSAGE),),
}


async def lost_orders(shop: Shop) -> dict[str, list[str]]:
    """The ids of orders that others know and that are not there, in order, and how they are known."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for service, questions in KNOWN.items():
        for sql, words in questions:
            for row in await shop.works[service].fetch(sql):
                reason = TAKEN.fullmatch(row["known"])
                order_id = reason.group(1) if reason else row["known"]
                if order_id.startswith("ord_"):
                    found[order_id][words] = None
    there = {row["id"] for row in await shop.works["orders"].fetch("SELECT id FROM orders")}
    return {order_id: list(found[order_id]) for order_id in sorted(found) if order_id not in there}


async def lost_orders_are_noted(shop: Shop) -> list[str]:
    """Those that are in no gap of the numbers that is noted; ids sort by time, as numbers do."""
    lost = await lost_orders(shop)
    gaps = await known_gaps(shop)
    rows = await shop.works["orders"].fetch("SELECT id, number FROM orders ORDER BY number")
    wrong = []
    for order_id, known in lost.items():
        before = max((row["number"] for row in rows if row["id"] < order_id), default=FIRST_NUMBER)
        if before not in gaps:
            wrong.append(f"Order {order_id} is missing: {' and '.join(known)}. It came after order {before}.")
    return wrong
