"""Doctor's checks for missing orders: numbers, event log and reservations."""

from collections.abc import Sequence
from contextlib import suppress

import msgspec

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.database import Row
from shopwright.kit.data.events import decode
from shopwright.kit.data.spans import Span, pages
from shopwright.kit.money import write
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.operations.collecting import page_done
from shopwright.operations.counters import FIRST_NUMBER, gaps_in, known_gaps
from shopwright.operations.findings import Finding, Sentences
from shopwright.operations.lost_orders import missing
from shopwright.operations.open_questions import OpenQuestion, OpenQuestions
from shopwright.operations.shop_snapshot import ShopSnapshot
from shopwright.services.orders.contract import Refund
from shopwright.services.orders.contract.events import OrderPlaced
from shopwright.services.payments import store as payments_store

GRACE_S = 60
MANY = 500
BELONG = gettext_noop("open reservations belong to open orders")
OVER = frozenset({"paid", "shipped", "delivered", "cancelled"})


async def numbers_have_no_gaps(snapshot: ShopSnapshot) -> list[str]:
    """Check that each given number exists, or is recorded as lost."""
    orders = snapshot.of("orders")
    counter = await orders.one("SELECT value FROM counters WHERE name = 'order_number'")
    known = await known_gaps(orders)
    gaps, last = await gaps_in(orders)
    wrong = Sentences()
    wrong.say(
        *(
            _("Order {before} is followed by {after}.", before=before, after=after)
            for before, after in gaps
            if known.get(before) != after - 1
        )
    )
    last = FIRST_NUMBER if last is None else last
    if counter is not None and counter["value"] != known.get(last, last):
        wrong.say(_("The last order is {last}, but {value} numbers were assigned.", last=last, value=counter["value"]))
    return wrong.whole()


async def orders_are_there(snapshot: ShopSnapshot) -> list[str]:
    """Check that the orders placed according to the event log exist."""
    gaps = await known_gaps(snapshot.of("orders"))
    wrong = Sentences()
    sql = "SELECT seq, subject, time, data FROM journal WHERE type = 'OrderPlaced' AND seq > :last ORDER BY seq LIMIT :many"
    async for rows in pages(snapshot.of("insights"), sql, "seq", -1, MANY):
        placed = {row["subject"]: row for row in rows}
        for order_id in await missing(snapshot.shop, placed):
            event = decode("OrderPlaced", placed[order_id]["data"])
            if not isinstance(event, OrderPlaced):
                continue
            if any(before < int(event.number) <= upto for before, upto in gaps.items()):
                continue
            day = f"{from_micros(placed[order_id]['time']):%Y-%m-%d}"
            wrong.say(
                _(
                    "Order {number} ({order_id}) of {day} over {total} is missing.",
                    number=event.number,
                    order_id=event.order_id,
                    day=day,
                    total=write(event.total),
                )
            )
    return wrong.whole()


async def lists_know_refunds(snapshot: ShopSnapshot) -> list[str]:
    """Check that lists of orders add up the amounts of refunds as they were written."""
    wrong = Sentences()
    sql = "SELECT id, order_id, amount, body FROM order_refunds WHERE id > :last ORDER BY id LIMIT :many"
    async for rows in pages(snapshot.of("orders"), sql, "id", "", MANY):
        for row in rows:
            with suppress(msgspec.MsgspecError):  # another check reports unreadable rows
                amount = decode_tolerant(row["body"], Refund).amount.amount
                if row["amount"] != amount:
                    wrong.say(
                        _(
                            "Refund {id} of order {order_id} is {amount}, lists have {listed}.",
                            id=row["id"],
                            order_id=row["order_id"],
                            amount=amount,
                            listed=row["amount"],
                        )
                    )
        await page_done()
    return wrong.whole()


async def reservations_belong(snapshot: ShopSnapshot, ids: Sequence[str] = ()) -> Finding:
    """Check that reservations, of all orders or these, belong to waiting orders."""
    found = OpenQuestions(BELONG, snapshot.under_way)
    inventory = snapshot.of("inventory")
    sql = "SELECT order_id, expires_at FROM reservations WHERE state = 'open' AND "
    if ids:
        await _look(snapshot, await Span(ids=tuple(ids)).fetch(inventory, f"{sql}{{these}}"), found)
        return found.finding()
    async for rows in pages(inventory, f"{sql}order_id > :last ORDER BY order_id LIMIT :many", "order_id", "", MANY):
        await _look(snapshot, rows, found)
    return found.finding()


async def _look(snapshot: ShopSnapshot, rows: Sequence[Row], found: OpenQuestions) -> None:
    over = to_micros(snapshot.shop.clock.now()) - GRACE_S * 1_000_000
    ids = [row["order_id"] for row in rows]
    orders = await snapshot.of("orders").fetch_in("SELECT id, status FROM orders WHERE id IN (:each)", ids)
    statuses = {row["id"]: row["status"] for row in orders}
    wrong = [row["order_id"] for row in rows if statuses.get(row["order_id"]) in OVER or row["expires_at"] < over]
    payments = await payments_store.of_orders(snapshot.of("payments"), Span(ids=tuple(wrong))) if wrong else {}
    for order_id in wrong:
        sentence = _(
            "Goods are reserved for order {order_id}, which is {status}.",
            order_id=order_id,
            status=statuses.get(order_id) or _("not there"),
        )
        found.say(
            OpenQuestion(sentence, order_id, frozenset({order_id, *(one.id for one in payments.get(order_id, ()))}))
        )
