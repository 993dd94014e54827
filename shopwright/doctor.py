"""`shopwright doctor`: does everything add up? Each finding is a sentence that says what is wrong."""

import itertools
from collections.abc import Awaitable, Callable

import msgspec

from shopwright.app import Shop
from shopwright.kit.clock import to_micros
from shopwright.kit.errors import ShopError
from shopwright.kit.health import Health
from shopwright.services.orders.model import PAID

GRACE_S = 60
FIRST_NUMBER = 1000


class Finding(msgspec.Struct, frozen=True):
    """A check and what it found wrong (nothing: all is well)."""

    check: str
    wrong: list[str]


async def examine(shop: Shop) -> list[Finding]:
    """All checks, in order."""
    checks: list[tuple[str, Callable[[Shop], Awaitable[list[str]]]]] = [
        (
            "stock is the sum of its movements, and what is reserved is in open reservations",
            lambda one: one.inventory.damage(),
        ),
        ("lines + tax + shipping − discount = total", _totals_add_up),
        ("every paid order was paid, in full, and every payment has its order", _payments_match),
        ("the ledger balances and agrees with the payments", lambda one: one.payments.damage()),
        ("order numbers have no gaps", _numbers_have_no_gaps),
        ("open reservations belong to orders that wait or are on their way", _reservations_belong),
        ("every fact was delivered", _facts_are_delivered),
        ("the audit log is whole and as it was written", lambda one: one.users.log.damage()),
    ]
    return [Finding(name, await check(shop)) for name, check in checks]


async def examine_engines(shop: Shop) -> list[Finding]:
    """Every engine: what it is, whether it lets us in, and what about its settings risks data."""
    asked: list[tuple[str, Callable[[], Awaitable[Health]]]] = [
        ("documents", shop.documents.examine),
        *((name, cache.examine) for name, cache in shop.caches.items()),
        ("files", shop.files.examine),
        ("search", shop.index.examine),
        ("bus", shop.bus.examine),
        *((f"messages by {channel}", postbox.examine) for channel, postbox in shop.postboxes.items()),
    ]
    findings = [await _databases(shop)]
    for name, ask in asked:
        try:
            health = await ask()
        except ShopError as error:
            findings.append(Finding(name, [error.detail]))
        else:
            findings.append(Finding(f"{name}: {health.engine}", list(health.wrong)))
    return findings


async def _databases(shop: Shop) -> Finding:
    """All of them are on one server or in one folder: what is wrong with each is said once."""
    engine, wrong = "", dict[str, None]()
    for work in shop.works.values():
        try:
            health = await work.database.examine()
        except ShopError as error:
            return Finding("database", [error.detail])
        engine = health.engine
        wrong |= dict.fromkeys(health.wrong)
    return Finding(f"database: {engine}", list(wrong))


async def _totals_add_up(shop: Shop) -> list[str]:
    wrong = []
    for row in await shop.works["orders"].fetch("SELECT id, number, total FROM orders ORDER BY id"):
        try:
            order = await shop.orders.get(row["id"])
        except ShopError as error:
            wrong.append(f"Order {row['number']} cannot be read: {error.detail}")
            continue
        totals = order.totals
        lines = sum(line.total.amount for line in order.lines)
        whole = totals.subtotal.amount - totals.discount.amount + totals.shipping.amount + totals.tax.amount
        if lines != totals.subtotal.amount:
            wrong.append(
                f"Order {order.number}: its lines add up to {lines}, its subtotal says {totals.subtotal.amount}."
            )
        if whole != totals.total.amount or row["total"] != totals.total.amount:
            wrong.append(
                f"Order {order.number}: its parts add up to {whole}, its total says {totals.total.amount} (asked: {row['total']})."
            )
        if order.payment is not None and order.payment.amount != totals.total:
            wrong.append(
                f"Order {order.number}: {totals.total.amount} is its total, {order.payment.amount.amount} was asked for."
            )
    return wrong


async def _payments_match(shop: Shop) -> list[str]:
    wrong = []
    statuses = {row["id"]: row["status"] for row in await shop.works["orders"].fetch("SELECT id, status FROM orders")}
    captured: dict[str, int] = {}
    for row in await shop.works["payments"].fetch("SELECT id, order_id, status, amount, refunded FROM payments"):
        if row["order_id"] not in statuses:
            wrong.append(f"Payment {row['id']} is for order {row['order_id']}, which does not exist.")
        if row["status"] in {"captured", "part_refunded"} and row["refunded"] < row["amount"]:
            captured[row["order_id"]] = captured.get(row["order_id"], 0) + 1
        if (
            row["status"] in {"captured", "part_refunded"}
            and statuses.get(row["order_id"]) == "cancelled"
            and row["refunded"] == 0
        ):
            wrong.append(f"Order {row['order_id']} is cancelled, but its payment {row['id']} was not given back.")
        if row["status"] in {"captured", "part_refunded"} and statuses.get(row["order_id"]) in {"placed", "expired"}:
            wrong.append(f"Payment {row['id']} has been received, but order {row['order_id']} does not know.")
    refunded = {
        row["order_id"]
        for row in await shop.works["payments"].fetch("SELECT order_id FROM payments WHERE status = 'refunded'")
    }
    past = {row["id"] for row in await shop.works["orders"].fetch("SELECT id FROM orders WHERE source <> ''")}
    for order_id, status in statuses.items():
        if order_id in past:
            continue  # paid in an earlier shop
        if status in PAID and captured.get(order_id, 0) != 1 and order_id not in refunded:
            wrong.append(f"Order {order_id} is {status}, but {captured.get(order_id, 0)} payments for it stand.")
    return wrong


async def _numbers_have_no_gaps(shop: Shop) -> list[str]:
    rows = await shop.works["orders"].fetch("SELECT number FROM orders ORDER BY number")
    numbers = [row["number"] for row in rows]
    counter = await shop.works["orders"].one("SELECT value FROM counters WHERE name = 'order_number'")
    wrong = [
        f"After order {before} comes {after}." for before, after in itertools.pairwise(numbers) if after != before + 1
    ]
    last = numbers[-1] if numbers else FIRST_NUMBER
    if counter is not None and counter["value"] != last:
        wrong.append(f"The last order is {last}, but {counter['value']} numbers were given out.")
    return wrong


async def _reservations_belong(shop: Shop) -> list[str]:
    statuses = {row["id"]: row["status"] for row in await shop.works["orders"].fetch("SELECT id, status FROM orders")}
    now = to_micros(shop.clock.now())
    rows = await shop.works["inventory"].fetch("SELECT order_id, expires_at FROM reservations WHERE state = 'open'")
    return [
        f"Goods are set aside for order {row['order_id']}, which is {statuses.get(row['order_id'], 'not there')}."
        for row in rows
        if statuses.get(row["order_id"]) in {"paid", "shipped", "delivered", "cancelled"}
        or (row["expires_at"] < now - GRACE_S * 1_000_000)
    ]


async def _facts_are_delivered(shop: Shop) -> list[str]:
    wrong = []
    overdue = to_micros(shop.clock.now()) - GRACE_S * 1_000_000
    for name, work in shop.works.items():
        for row in await work.fetch(
            "SELECT fact_id, hearer, state, problem, due FROM deliveries WHERE state = 'dead' OR due < :overdue ORDER BY fact_id LIMIT 20",
            overdue=overdue,
        ):
            why = f" ({row['problem']})" if row["problem"] else ""
            wrong.append(f"{name} told {row['fact_id']}, and {row['hearer']} has not handled it{why}.")
    return wrong
