"""Invariants: some hold after every action, all once the shop is at rest."""

from collections import Counter

from shopwright.kit.data.events import Event
from shopwright.kit.errors import ShopError
from shopwright.operations.doctor import examine
from shopwright.services.orders.contract import PAID, Order
from shopwright.simulation.harness import LIMITED, Harness


async def always(harness: Harness) -> list[str]:
    """Checks after every action."""
    return [*await harness.shop.inventory.check_consistency(), *await harness.shop.payments.check_consistency()]


async def at_rest(harness: Harness) -> list[str]:
    """Checks when nothing is pending."""
    wrong = [sentence for finding in await examine(harness.shop) for sentence in finding.wrong]
    orders = [
        await harness.shop.orders.get(row["id"])
        for row in await harness.shop.databases["orders"].fetch("SELECT id FROM orders")
    ]
    wrong += await _nothing_acknowledged_is_lost(harness)
    wrong += harness.complaints
    wrong += _nothing_waits(orders)
    wrong += [
        f"{len(harness.refunds.get(one.id, ()))} refunds of order {one.number} were asked for, {_charged(one)} are there."
        for one in orders
        if _charged(one) > len(harness.refunds.get(one.id, ()))
    ]
    wrong += await _goods(harness, orders)
    wrong += await _money(harness, orders)
    wrong += await _coupons(harness, orders)
    wrong += await _messages(harness, orders)
    wrong += await _readers(harness, orders)
    return wrong


async def _nothing_acknowledged_is_lost(harness: Harness) -> list[str]:
    wrong = []
    for key, sold in harness.confirmed.items():
        try:
            found = await harness.shop.orders.get(sold.order_id)
        except ShopError:
            wrong.append(f"Order {sold.order_id} (key {key}) was acknowledged and is gone.")
            continue
        if found.totals.total != sold.total:
            wrong.append(f"Order {sold.order_id} was acknowledged over {sold.total}, and is over {found.totals.total}.")
    by_order = Counter(sold.order_id for sold in harness.confirmed.values())
    return wrong + [f"Two keys placed order {order_id}." for order_id, n in by_order.items() if n > 1]


def _nothing_waits(orders: list[Order]) -> list[str]:
    return [f"Order {one.number} still waits for its payment." for one in orders if one.status == "placed"]


async def _goods(harness: Harness, orders: list[Order]) -> list[str]:
    """Stock equals opening stock plus arrivals less sales."""
    expected = dict(harness.opening)
    backordered: Counter[str] = Counter()
    for adjustment in harness.adjusted:
        expected[adjustment.variant_id] += adjustment.delta or 0
    for one in orders:
        lines = {line.id: line for line in one.lines}
        backordered.update(await harness.shop.inventory.backordered(one.id))
        if one.status in PAID:
            for line in one.lines:
                expected[line.variant_id] -= line.quantity
            for refund in one.refunds:
                for part in refund.lines if refund.restock else refund.freed or ():
                    expected[lines[part.line_id].variant_id] += part.quantity
    stock = await harness.shop.inventory.stock(harness.variants)
    return [
        f"Of {variant_id} there should be {count}, and are {stock[variant_id].on_hand}, of which {backordered[variant_id]} are owed."
        for variant_id, count in expected.items()
        if stock[variant_id].on_hand - backordered[variant_id] != count
        or (backordered[variant_id] and stock[variant_id].on_shelf)
    ]


async def _money(harness: Harness, orders: list[Order]) -> list[str]:
    """The provider's payments and refunds equal the orders'."""
    rows = await harness.shop.databases["pretend"].fetch("SELECT * FROM intents")
    intents = {row["reference"]: row for row in rows}
    held: dict[str, int] = {}
    wrong = []
    for row in await harness.shop.databases["payments"].fetch("SELECT * FROM payments"):
        intent = intents.pop(row["reference"], None)
        if intent is not None and intent["status"] == "captured":
            held[row["order_id"]] = held.get(row["order_id"], 0) + intent["amount"] - intent["refunded"]
        if row["status"] in {"pending", "requires_action"}:
            wrong.append(f"Payment {row['id']} is still {row['status']}.")
    wrong += [
        f"The provider holds {row['amount']} nobody knows of."
        for row in intents.values()
        if row["status"] == "captured"
    ]
    for one in orders:
        back = sum(refund.amount.amount for refund in one.refunds)
        due = one.totals.total.amount - back if one.status in PAID else 0
        if held.get(one.id, 0) != due:
            wrong.append(f"Order {one.number} is {one.status}: {due} should be held for it, {held.get(one.id, 0)} are.")
        if any(refund.status == "asked" for refund in one.refunds):
            wrong.append(f"A refund of order {one.number} was asked for and never settled.")
    return wrong


async def _coupons(harness: Harness, orders: list[Order]) -> list[str]:
    living = [one for one in orders if one.status not in {"cancelled", "expired"}]
    wrong = []
    for coupon in await harness.shop.pricing.coupons():
        used = [one for one in living if coupon.code in one.coupons]
        if coupon.used != len(used):
            wrong.append(f"{coupon.code} was used by {len(used)} orders, and counts {coupon.used}.")
        if coupon.code == LIMITED and len(used) > coupon.limit_total:
            wrong.append(f"{coupon.code} was used {len(used)} times, more than {coupon.limit_total}.")
        by = Counter(one.customer_id or one.email for one in used)
        if coupon.limit_per_customer and any(n > coupon.limit_per_customer for n in by.values()):
            wrong.append(f"{coupon.code} was used more than once by someone.")
    return wrong


async def _messages(harness: Harness, orders: list[Order]) -> list[str]:
    """Each step of an order was e-mailed once."""
    rows = await harness.shop.databases["notifications"].fetch("SELECT subject FROM viewer WHERE channel = 'email'")
    sent = Counter(row["subject"] for row in rows)
    wrong = []
    for one in orders:
        for subject, expected in (
            (f"We have your order {one.number}", 1),
            (f"Payment received for order {one.number}", _times(one, "Payment received")),
            (f"Order {one.number} has shipped", len(one.shipments)),
            (f"Order {one.number} has arrived", int(one.status == "delivered")),
            (f"Order {one.number} is cancelled", int(one.status == "cancelled")),
            (f"Refund for order {one.number}", _charged(one)),
        ):
            if sent[subject] != expected:
                wrong.append(f"“{subject}” was written {sent[subject]} times, not {expected}.")
    return wrong


def _charged(one: Order) -> int:
    """Refunds, without those of cancellations."""
    return sum(not refund.of_all for refund in one.refunds)


def _times(one: Order, what: str) -> int:
    return sum(entry.what == what for entry in one.timeline)


def _back(one: Order) -> int:
    return sum(refund.amount.amount for refund in one.refunds if refund.status == "settled")


def _all_back(one: Order) -> bool:
    return bool(one.refunds) and _back(one) == one.totals.total.amount


async def _readers(harness: Harness, orders: list[Order]) -> list[str]:
    """Services that follow events know each once, and what is available at which price."""
    events: set[str] = set()
    for work in harness.shop.databases.values():
        rows = await work.fetch("SELECT id, type FROM facts")
        events |= {row["id"] for row in rows if not Event.types[row["type"]].PRIVATE}
    logged = [row["id"] for row in await harness.shop.databases["insights"].fetch("SELECT id FROM journal")]
    wrong = (
        []
        if sorted(logged) == sorted(events)
        else [f"{len(events)} events were emitted, {len(logged)} are in the log."]
    )
    paid = [
        one for one in orders if _times(one, "Payment received") and one.status != "cancelled" and not _all_back(one)
    ]
    days = await harness.shop.insights.days(count=400)
    counted = sum(day.orders for day in days)
    if counted != len(paid):
        wrong.append(f"{len(paid)} orders were paid and kept, the dashboard counts {counted}.")
    net_sales = sum(one.totals.total.amount - _back(one) for one in paid)
    revenue = sum(day.revenue.amount for day in days)
    if revenue != net_sales:
        wrong.append(f"{net_sales} was paid and kept, the dashboard says {revenue}.")
    stock = await harness.shop.inventory.stock(harness.variants)
    prices = await harness.shop.pricing.prices(harness.variants, "EUR")
    for row in await harness.shop.databases["search"].fetch("SELECT variant_id, amount, available FROM offers"):
        known = row["variant_id"]
        if known in stock and (row["amount"], row["available"]) != (
            prices[known].amount.amount,
            stock[known].available,
        ):
            wrong.append(f"Search shows {row['available']} of {known} for {row['amount']}.")
    return wrong
