"""`shopwright doctor`: does everything add up? Each finding is a sentence that says what is wrong.

What a fact would mend that is still on its way is not wrong: the services have not heard of each other yet.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from shopwright.app import Shop
from shopwright.backup_age import backup_ages, overdue
from shopwright.book_checks import documents_add_up, ledger_adds_up, unbooked_orders
from shopwright.counters import FIRST_NUMBER, known_gaps
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.clock_watch import behind_s
from shopwright.kit.errors import Damaged, ShopError
from shopwright.kit.facts import UnderWay, decode
from shopwright.kit.health import Health
from shopwright.kit.money import write
from shopwright.lost_orders import lost_orders_are_noted
from shopwright.order_sums import orders_add_up, untold_taxes
from shopwright.payment_checks import PAYMENTS, RECEIVED, kept_money, payments_are_known, without_order
from shopwright.pictures import compare, unreadable_pictures
from shopwright.services.notifications.delivery import sentences
from shopwright.services.orders.contract import PAID
from shopwright.services.orders.contract.facts import OrderPlaced
from shopwright.services.pricing.contract import TaxRate
from shopwright.unfinished_restore import unfinished_restore

GRACE_S = 60
PATIENCE_S = 5.0  # a shop that starts has brought home by then what was on its way
AGAIN_S = 0.5
MESSAGES_LATE_S = 900.0
PRODUCTS = 500
DELIVERED = "every fact was delivered, or is on its way"
log = logging.getLogger("shopwright")


class Finding(msgspec.Struct, frozen=True):
    """A check, what it found wrong (nothing: all is well), what is on its way, and what else may be of interest."""

    check: str
    wrong: list[str]
    under_way: list[str] = []
    notes: list[str] = []


class Open(msgspec.Struct, frozen=True):
    """What does not add up, and whom facts are about that would mend it when `hearer` hears them."""

    sentence: str
    subjects: frozenset[str]
    hearer: str = "orders"


async def look(shop: Shop) -> list[Finding]:
    """All checks, once everything that can be delivered was; a living shop is given a moment to do what it is at.

    What three looks find alike while no fact is under way is as it is: nobody is at it.
    """
    whole = await databases_are_whole(shop)
    until = time.monotonic() + PATIENCE_S
    looks: list[list[Finding]] = []
    while True:
        if not whole.wrong:
            await shop.bus.settle()
        findings = [whole, *await examine(shop), *[await _examined(shop, name, check) for name, check in LIVING]]
        findings.append(await _pictures_are_there(shop))
        looks = [*looks[-2:], findings]
        stays = looks == [findings] * 3 and not await _under_way(shop)
        if whole.wrong or stays or time.monotonic() > until or not any(one.wrong or one.under_way for one in findings):
            return findings
        await asyncio.sleep(AGAIN_S)


async def examine(shop: Shop) -> list[Finding]:
    """All checks of what is written, in order: also of a copy that nobody lives in."""
    before = await _under_way(shop)
    findings = [await _examined(shop, name, check) for name, check in CHECKS]
    findings.append(await _taxes_are_known(shop))
    under_way = [*before, *await _under_way(shop)]  # also what was delivered or told meanwhile
    for name, mendable in MENDABLE:
        try:
            found = await mendable(shop)
        except Exception as error:  # noqa: BLE001 -- the other checks go on
            findings.append(Finding(name, [_unchecked(error)]))
            continue
        on_its_way = [one for one in found if _mends(under_way, one)]
        wrong = [one.sentence for one in found if one not in on_its_way]
        findings.append(Finding(name, wrong, [one.sentence for one in on_its_way]))
    try:
        return [*findings, await _facts_are_delivered(shop)]
    except ShopError as error:
        return [*findings, Finding(DELIVERED, [_unchecked(error)])]


async def _under_way(shop: Shop) -> Sequence[UnderWay]:
    try:
        return await shop.bus.under_way()
    except ShopError:  # what cannot be read is said by each check that needs it
        return ()


async def _examined(shop: Shop, name: str, check: Callable[[Shop], Awaitable[list[str]]]) -> Finding:
    try:
        return Finding(name, await check(shop))
    except Exception as error:  # noqa: BLE001 -- the other checks go on
        return Finding(name, [_unchecked(error)])


def _unchecked(error: Exception) -> str:
    """Why a check came to no end."""
    if isinstance(error, Damaged):
        return f"It cannot be checked: {error.data.get('place') or error.detail} is damaged."
    if isinstance(error, ShopError):
        return f"It cannot be checked: {error.detail}"
    log.error("a check came to no end", exc_info=error)
    return f"It cannot be checked: something that is kept cannot be understood ({type(error).__name__}: {error})."


async def databases_are_whole(shop: Shop) -> Finding:
    """All of each is read; where it is damaged, its place is named."""
    wrong: dict[str, None] = {}
    for work in shop.works.values():
        try:
            await work.database.look_for_damage()
        except ShopError as error:
            wrong[error.detail] = None
        if said := work.database.damaged:
            wrong[said] = None
    return Finding("every database can be read", list(wrong))


def _mends(under_way: Sequence[UnderWay], found: Open) -> bool:
    return any(
        one.hearer.startswith(f"{found.hearer}.") and (one.subjects is None or one.subjects & found.subjects)
        for one in under_way
    )


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
            wrong[error.detail] = None
            continue
        engine = health.engine
        wrong |= dict.fromkeys(health.wrong)
    return Finding(f"database: {engine or 'none answers'}", list(wrong))


async def _payments_match(shop: Shop) -> list[Open]:
    wrong: list[Open] = []

    def say(sentence: str, *subjects: str) -> None:
        wrong.append(Open(sentence, frozenset(subjects)))

    statuses = {row["id"]: row["status"] for row in await shop.works["orders"].fetch("SELECT id, status FROM orders")}
    captured: dict[str, int] = {}
    for row in await shop.works["payments"].fetch(PAYMENTS):
        if row["order_id"] not in statuses and row["refunded"] < row["amount"]:
            say(without_order(row), row["order_id"], row["id"])
        # One of nothing stands, too: there is nothing that could be given back.
        if row["status"] in RECEIVED and (row["refunded"] < row["amount"] or not row["amount"]):
            captured[row["order_id"]] = captured.get(row["order_id"], 0) + 1
        if row["status"] in RECEIVED and statuses.get(row["order_id"]) == "cancelled":
            for sentence in kept_money(row):
                say(sentence, row["order_id"], row["id"])
        if row["status"] in RECEIVED and statuses.get(row["order_id"]) in {"placed", "expired"}:
            say(
                f"Payment {row['id']} has been received, but order {row['order_id']} does not know.",
                row["order_id"],
                row["id"],
            )
    refunded = {
        row["order_id"]
        for row in await shop.works["payments"].fetch("SELECT order_id FROM payments WHERE status = 'refunded'")
    }
    past = {row["id"] for row in await shop.works["orders"].fetch("SELECT id FROM orders WHERE source <> ''")}
    for order_id, status in statuses.items():
        if order_id in past:
            continue  # paid in an earlier shop
        if status in PAID and captured.get(order_id, 0) != 1 and order_id not in refunded:
            say(f"Order {order_id} is {status}, but {captured.get(order_id, 0)} payments for it stand.", order_id)
    return wrong


async def _orders_are_booked(shop: Shop) -> list[Open]:
    found = []
    for sentence, order_id in await unbooked_orders(shop):
        payments = await shop.payments.of_order(order_id)
        found.append(Open(sentence, frozenset({order_id, *(one.id for one in payments)}), "books"))
    return found


async def _orders_are_there(shop: Shop) -> list[str]:
    """Those that the log of facts knows to have been placed."""
    there = {row["id"] for row in await shop.works["orders"].fetch("SELECT id FROM orders")}
    gaps = await known_gaps(shop)
    rows = await shop.works["insights"].fetch("SELECT subject, time, data FROM journal WHERE type = 'OrderPlaced'")
    wrong = []
    for row in rows:
        if row["subject"] in there:
            continue
        told = decode("OrderPlaced", row["data"])
        if not isinstance(told, OrderPlaced) or any(before < int(told.number) <= last for before, last in gaps.items()):
            continue
        wrong.append(
            f"Order {told.number} ({told.order_id}) of {from_micros(row['time']):%Y-%m-%d} over {write(told.total)} is missing."
        )
    return wrong


async def _numbers_have_no_gaps(shop: Shop) -> list[str]:
    rows = await shop.works["orders"].fetch("SELECT number FROM orders ORDER BY number")
    numbers = [row["number"] for row in rows]
    counter = await shop.works["orders"].one("SELECT value FROM counters WHERE name = 'order_number'")
    gaps = await known_gaps(shop)
    wrong = [
        f"After order {before} comes {after}."
        for before, after in itertools.pairwise([FIRST_NUMBER, *numbers])
        if after != before + 1 and gaps.get(before) != after - 1
    ]
    last = numbers[-1] if numbers else FIRST_NUMBER
    if counter is not None and counter["value"] != gaps.get(last, last):
        wrong.append(f"The last order is {last}, but {counter['value']} numbers were given out.")
    return wrong


async def _reservations_belong(shop: Shop) -> list[Open]:
    statuses = {row["id"]: row["status"] for row in await shop.works["orders"].fetch("SELECT id, status FROM orders")}
    now = to_micros(shop.clock.now())
    rows = await shop.works["inventory"].fetch("SELECT order_id, expires_at FROM reservations WHERE state = 'open'")
    wrong = []
    for row in rows:
        ended = statuses.get(row["order_id"]) in {"paid", "shipped", "delivered", "cancelled"}
        if ended or row["expires_at"] < now - GRACE_S * 1_000_000:
            payments = await shop.payments.of_order(row["order_id"])
            sentence = f"Goods are set aside for order {row['order_id']}, which is {statuses.get(row['order_id'], 'not there')}."
            wrong.append(Open(sentence, frozenset({row["order_id"], *(one.id for one in payments)})))
    return wrong


async def _facts_are_delivered(shop: Shop) -> Finding:
    wrong = [
        f"{one.source} told {one.fact_id}, and {one.hearer} has not handled it"
        + (f" ({one.problem})." if one.problem else ".")
        for one in await shop.bus.dead()
    ]
    waiting = await shop.bus.under_way()
    count = sum(one.count for one in waiting)
    oldest = max((one.oldest_s for one in waiting), default=0.0)
    hearers = ", ".join(sorted({one.hearer for one in waiting}))
    told = f"{count} facts are on their way, the oldest for {oldest:.0f} s; they wait for {hearers}."
    return Finding(DELIVERED, wrong, [told] if waiting else [])


async def _taxes_are_known(shop: Shop) -> Finding:
    """An order of an earlier shop or version may not tell: that is told, and wrong with nothing."""
    check = "the tax of each sale is known by line and rate"
    try:
        return Finding(check, [], notes=await untold_taxes(shop))
    except Exception as error:  # noqa: BLE001 -- the other checks go on
        return Finding(check, [_unchecked(error)])


async def _pictures_are_there(shop: Shop) -> Finding:
    """Of the whole shop, not of `examine`: a copy that an upgrade is tried on has no files."""
    check = "every picture of a product is in the file store, and can be read"
    try:
        found = await compare(shop)
        unreadable = await unreadable_pictures(shop, found)
    except Exception as error:  # noqa: BLE001 -- what else was found is said
        return Finding(check, [_unchecked(error)])
    note = f"{len(found.unnamed)} files are named by no product, such as {found.unnamed[0]}." if found.unnamed else ""
    return Finding(check, [*([found.sentence()] if found.missing else []), *unreadable], notes=[note] if note else [])


async def _messages_leave(shop: Shop) -> list[str]:
    return [*sentences(await shop.notifications.delivery_report(), MESSAGES_LATE_S)]


async def _backups_are_recent(shop: Shop) -> list[str]:
    return overdue(await backup_ages(shop.users, shop.clock.now()))


async def _restore_was_finished(shop: Shop) -> list[str]:
    return [wrong] if (wrong := unfinished_restore(Path(shop.settings.data))) else []


async def _clock_is_right(shop: Shop) -> list[str]:
    behind = {name: await behind_s(work) for name, work in shop.works.items()}
    return [
        f"The clock is {seconds:.0f} seconds behind what {name} has told: it was ahead then, or is behind now."
        for name, seconds in behind.items()
        if seconds > GRACE_S
    ]


async def _tax_rates_follow_each_other(shop: Shop) -> list[str]:
    """Of those for the same goods, place and authority one applies at a time."""
    last: dict[tuple[str, ...], TaxRate] = {}
    wrong = []
    lasting = [
        one for one in await shop.pricing.tax_rate_history() if one.valid_from and one.valid_from != one.valid_to
    ]
    for one in sorted(lasting, key=lambda one: (one.valid_from, one.id)):
        key = (one.country, one.region, one.postcodes, one.tax_class, one.authority)
        if (before := last.get(key)) and one.valid_from and one.holds(one.valid_from) and before.holds(one.valid_from):
            wrong.append(
                f"The tax rates {before.id} and {one.id} of {one.country} apply at the same time; end one of them."
            )
        last[key] = one
    return wrong


async def _everything_can_be_read(shop: Shop) -> list[str]:
    """What is set aside is set aside again when it is read, and named."""
    await shop.pricing.promotions()
    await shop.pricing.coupons()
    await shop.pricing.tax_rate_history()
    await shop.pricing.tax_rules()
    await shop.catalog.collections()
    await shop.catalog.product_types()
    after = ""
    while found := await shop.catalog.list_products(after=after, limit=PRODUCTS):
        after = found[-1].id
    return [sentence for work in shop.works.values() for sentence in work.aside.sentences()]


CHECKS: tuple[tuple[str, Callable[[Shop], Awaitable[list[str]]]], ...] = (
    (
        "stock is the sum of its movements, and what is reserved is in open reservations",
        lambda one: one.inventory.damage(),
    ),
    ("lines + tax + shipping − discount = total, and each unit is to ship, shipped or refunded", orders_add_up),
    ("the ledger balances and agrees with the payments", lambda one: one.payments.damage()),
    ("order numbers have no gaps", _numbers_have_no_gaps),
    ("every order that was placed is there", _orders_are_there),
    ("every order that stock and messages know is there", lost_orders_are_noted),
    ("whatever is kept can be read", _everything_can_be_read),
    ("one rate of tax applies at a time", _tax_rates_follow_each_other),
    ("the books balance, entry by entry, and nothing was changed in them", ledger_adds_up),
    ("documents have no gaps and are as they were issued", documents_add_up),
    ("the audit log is whole and as it was written", lambda one: one.users.log.damage()),
)
LIVING: tuple[tuple[str, Callable[[Shop], Awaitable[list[str]]]], ...] = (
    ("the clock is not behind what was written by it", _clock_is_right),
    ("messages are sent", _messages_leave),
    ("backups are recent", _backups_are_recent),
    ("the newest payments are as in the books of their providers", lambda one: one.payments.compare()),
    ("every payment that providers have received is known", payments_are_known),
    ("no restore was broken off", _restore_was_finished),
)
MENDABLE: tuple[tuple[str, Callable[[Shop], Awaitable[list[Open]]]], ...] = (
    ("every paid order was paid, in full, and every payment has its order", _payments_match),
    ("open reservations belong to orders that wait or are on their way", _reservations_belong),
    ("every order is booked as it stands", _orders_are_booked),
)
