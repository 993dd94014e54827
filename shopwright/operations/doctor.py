"""`shopwright doctor`: does everything add up? Each finding is a sentence.

A difference that a pending event would resolve is not reported. All data are read in pages from a snapshot of each
database, so memory use is independent of the number of orders.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from shopwright.app import Shop
from shopwright.kit.clock_watch import behind_s
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import ShopError
from shopwright.kit.observability.health import Health
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.operations.backup_age import backup_ages, overdue
from shopwright.operations.book_checks import (
    STOCK_BOOKED,
    CostsAreBooked,
    OrdersAreBooked,
    documents_add_up,
    ledger_adds_up,
    stock_is_booked,
)
from shopwright.operations.collecting import at_page_ends
from shopwright.operations.findings import MOST, Finding, unchecked
from shopwright.operations.gift_card_checks import OWED, GiftCardsMatch, cards_are_owed
from shopwright.operations.lost_orders import lost_orders_are_noted
from shopwright.operations.order_checks import (
    BELONG,
    lists_know_refunds,
    numbers_have_no_gaps,
    orders_are_there,
    reservations_belong,
)
from shopwright.operations.order_sums import OrdersAddUp, TaxesAreKnown
from shopwright.operations.order_walk import walk
from shopwright.operations.payment_checks import PaymentsMatch, payments_are_known
from shopwright.operations.pictures import compare, unreadable_pictures
from shopwright.operations.shop_snapshot import ShopSnapshot, snapshot_of, under_way
from shopwright.operations.unfinished_restore import unfinished_restore
from shopwright.services.pricing.contract import TaxRate

GRACE_S = 60
PATIENCE_S = 5.0  # a shop that starts has brought home by then what was on its way
AGAIN_S = 0.5
MESSAGES_LATE_S = 900.0
PRODUCTS = 500
TOGETHER = 2  # databases read through at once: a disk waits less
DELIVERED = gettext_noop("every event was delivered or is being delivered")
Timed = Callable[[str, float], None]  # receives each check and its seconds


def _untimed(_check: str, _seconds: float) -> None:
    """Ignore timings."""


async def look(shop: Shop, timed: Timed = _untimed, patience_s: float = PATIENCE_S) -> list[Finding]:
    """Run all checks, again after delivery if events are pending. A live shop gets a moment to finish.

    What three looks find alike without pending events is final.
    """
    until = time.monotonic() + patience_s
    for work in shop.databases.values():  # a file that is gone is known before others look for something in it
        with suppress(ShopError):
            await work.database.look_for_damage(within_s=0)
    # Files are read alongside the first look, which uses the processor while they use the disk.
    intact, checked = await asyncio.gather(_databases_intact(shop, timed), _checked(shop, timed))
    looks: list[list[Finding]] = []
    while True:
        findings = [intact, *checked]
        looks = [*looks[-2:], findings]
        stays = looks == [findings] * 3 and not await under_way(shop)
        if intact.wrong or stays or not any(one.wrong or one.under_way for one in findings):
            return findings
        if time.monotonic() > until:
            return await _confirmed(shop, findings)
        await asyncio.sleep(AGAIN_S)
        await shop.bus.settle()
        checked = await _checked(shop, timed)


async def _databases_intact(shop: Shop, timed: Timed) -> Finding:
    began = time.monotonic()
    found = await databases_are_whole(shop)
    timed(found.check, time.monotonic() - began)
    return found


async def _checked(shop: Shop, timed: Timed) -> list[Finding]:
    return [
        *await examine(shop, timed),
        *[await _timed(name, check(shop), timed) for name, check in LIVING],
        await _pictures_are_there(shop),
    ]


async def _confirmed(shop: Shop, findings: list[Finding]) -> list[Finding]:
    """Check orders with disagreeing services twice more, as a full look at a large shop takes minutes."""
    for _look in range(2):
        ids = sorted({order_id for finding in findings for order_id in finding.orders})
        if not ids or len(ids) > MOST:
            break
        await asyncio.sleep(AGAIN_S)
        await shop.bus.settle()
        async with snapshot_of(shop) as snapshot:
            again = {one.check: one for one in await _between_services(snapshot, ids)}
        findings = [_alike(one, again[one.check]) if one.orders else one for one in findings]
    return findings


def _alike(before: Finding, now: Finding) -> Finding:
    """The part of a finding that both looks share."""
    wrong = [sentence for sentence in now.wrong if sentence in before.wrong]
    return msgspec.structs.replace(now, wrong=wrong, under_way=list(dict.fromkeys([*before.under_way, *now.under_way])))


async def examine(shop: Shop, timed: Timed = _untimed) -> list[Finding]:
    """Run all checks of stored data in order, also on an unused copy."""
    async with snapshot_of(shop) as snapshot:
        with at_page_ends():
            findings = [await _timed(name, check(snapshot), timed) for name, check in CHECKS]
            findings += await _between_services(snapshot, (), timed)
            findings.append(await _stock_is_booked(snapshot, timed))
            findings.append(await _cards_are_owed(snapshot))
    try:
        return [*findings, await _events_are_delivered(shop)]
    except ShopError as error:
        return [*findings, Finding(DELIVERED, [unchecked(error)])]


async def _between_services(snapshot: ShopSnapshot, ids: Sequence[str], timed: Timed = _untimed) -> list[Finding]:
    """Check each order, all or these, and whether its services agree."""
    checks = (
        OrdersAddUp(),
        TaxesAreKnown(),
        PaymentsMatch(snapshot),
        OrdersAreBooked(snapshot),
        CostsAreBooked(snapshot),
        GiftCardsMatch(snapshot),
    )
    sums, taxes, payments, booked, costs, cards = await walk(snapshot, checks, ids, timed)
    began = time.monotonic()
    try:
        belong = await reservations_belong(snapshot, ids)
    except Exception as error:  # noqa: BLE001 -- what else was found is said
        belong = Finding(BELONG, [unchecked(error)])
    timed(BELONG, time.monotonic() - began)
    return [sums, taxes, payments, belong, booked, costs, cards]


async def _cards_are_owed(snapshot: ShopSnapshot) -> Finding:
    try:
        return await cards_are_owed(snapshot)
    except Exception as error:  # noqa: BLE001 -- what else was found is said
        return Finding(OWED, [unchecked(error)])


async def _stock_is_booked(snapshot: ShopSnapshot, timed: Timed) -> Finding:
    began = time.monotonic()
    try:
        return await stock_is_booked(snapshot)
    except Exception as error:  # noqa: BLE001 -- what else was found is said
        return Finding(STOCK_BOOKED, [unchecked(error)])
    finally:
        timed(STOCK_BOOKED, time.monotonic() - began)


async def _timed(name: str, check: Awaitable[list[str]], timed: Timed) -> Finding:
    began = time.monotonic()
    try:
        return Finding(name, await check)
    except Exception as error:  # noqa: BLE001 -- the other checks go on
        return Finding(name, [unchecked(error)])
    finally:
        timed(name, time.monotonic() - began)


async def databases_are_whole(shop: Shop) -> Finding:
    """Read all databases, two at a time, and describe damage."""
    turn = asyncio.Semaphore(TOGETHER)
    found = await asyncio.gather(*(_damage_of(work, turn) for work in shop.databases.values()))
    return Finding(
        gettext_noop("every database can be read"), list(dict.fromkeys(one for some in found for one in some))
    )


async def _damage_of(work: ServiceDatabase, turn: asyncio.Semaphore) -> list[str]:
    wrong = []
    async with turn:
        try:
            await work.database.look_for_damage()
        except ShopError as error:
            wrong.append(error.detail)
    return [*wrong, known] if (known := work.database.damaged) else wrong


async def examine_engines(shop: Shop) -> list[Finding]:
    """Check every engine: version, access, and settings that risk data."""
    checks: list[tuple[str, Callable[[], Awaitable[Health]]]] = [
        ("documents", shop.documents.examine),
        *((name, cache.examine) for name, cache in shop.caches.items()),
        ("files", shop.files.examine),
        ("search", shop.index.examine),
        ("bus", shop.bus.examine),
        *((f"messages by {channel}", transport.examine) for channel, transport in shop.transports.items()),
    ]
    findings = [await _databases(shop)]
    for name, check in checks:
        try:
            health = await check()
        except ShopError as error:
            findings.append(Finding(name, [error.detail]))
        else:
            findings.append(Finding(f"{name}: {health.engine}", list(health.wrong)))
    return findings


async def _databases(shop: Shop) -> Finding:
    """Check databases, which share a server or folder, so each problem is reported once."""
    engine, wrong = "", dict[str, None]()
    for work in shop.databases.values():
        try:
            health = await work.database.examine()
        except ShopError as error:
            wrong[error.detail] = None
            continue
        engine = health.engine
        wrong |= dict.fromkeys(health.wrong)
    return Finding(f"database: {engine or 'none answers'}", list(wrong))


async def _events_are_delivered(shop: Shop) -> Finding:
    wrong = [
        _(
            "{source} emitted {event_id}, and {handler} has not handled it",
            source=one.source,
            event_id=one.event_id,
            handler=one.hearer,
        )
        + (f" ({one.problem})." if one.problem else ".")
        for one in await shop.bus.dead()
    ]
    waiting = await shop.bus.under_way()
    count = sum(one.count for one in waiting)
    oldest = max((one.oldest_s for one in waiting), default=0.0)
    handlers = ", ".join(sorted({one.hearer for one in waiting}))
    sentence = _(
        "{count} events are being delivered, the oldest for {oldest} s; they wait for {handlers}.",
        count=count,
        oldest=f"{oldest:.0f}",
        handlers=handlers,
    )
    return Finding(DELIVERED, wrong, [sentence] if waiting else [])


async def _pictures_are_there(shop: Shop) -> Finding:
    """Check pictures; not part of `examine`, as an upgrade rehearsal's copy has no files."""
    check = _("every picture of a product is in the file store, and can be read")
    try:
        found = await compare(shop)
        unreadable = await unreadable_pictures(shop, found)
    except Exception as error:  # noqa: BLE001 -- what else was found is said
        return Finding(check, [unchecked(error)])
    note = (
        _(
            "{count} files are named by no product, such as {unnamed}.",
            count=len(found.unnamed),
            unnamed=found.unnamed[0],
        )
        if found.unnamed
        else ""
    )
    return Finding(check, [*([found.sentence()] if found.missing else []), *unreadable], notes=[note] if note else [])


async def _messages_leave(shop: Shop) -> list[str]:
    return (await shop.notifications.delivery_report()).problems(MESSAGES_LATE_S)


async def _backups_are_recent(shop: Shop) -> list[str]:
    return overdue(await backup_ages(shop.users, shop.clock.now()))


async def _restore_was_finished(shop: Shop) -> list[str]:
    return [wrong] if (wrong := unfinished_restore(Path(shop.settings.data))) else []


async def _clock_is_right(shop: Shop) -> list[str]:
    behind = {name: await behind_s(work) for name, work in shop.databases.items()}
    return [
        _(
            "The clock is {seconds} seconds behind the newest event of {name}: it was ahead then, or is behind now.",
            seconds=f"{seconds:.0f}",
            name=name,
        )
        for name, seconds in behind.items()
        if seconds > GRACE_S
    ]


async def _tax_rates_follow_each_other(shop: Shop) -> list[str]:
    """Check that one rate applies at a time for the same goods, place and authority."""
    last: dict[tuple[str, ...], TaxRate] = {}
    wrong = []
    lasting = [
        one for one in await shop.pricing.tax_rate_history() if one.valid_from and one.valid_from != one.valid_to
    ]
    for one in sorted(lasting, key=lambda one: (one.valid_from, one.id)):
        key = (one.country, one.region, one.postcodes, one.tax_class, one.authority)
        if (before := last.get(key)) and one.valid_from and one.holds(one.valid_from) and before.holds(one.valid_from):
            wrong.append(
                _(
                    "The tax rates {id} and {other} of {country} apply at the same time; end one of them.",
                    id=before.id,
                    other=one.id,
                    country=one.country,
                )
            )
        last[key] = one
    return wrong


async def _everything_can_be_read(shop: Shop) -> list[str]:
    """Read everything, so that unreadable rows are quarantined and named."""
    await shop.pricing.promotions()
    await shop.pricing.coupons()
    await shop.pricing.tax_rate_history()
    await shop.pricing.tax_rules()
    await shop.catalog.collections()
    await shop.catalog.product_types()
    after = ""
    while found := await shop.catalog.list_products(after=after, limit=PRODUCTS):
        after = found[-1].id
    return [sentence for work in shop.databases.values() for sentence in work.aside.sentences()]


CHECKS: tuple[tuple[str, Callable[[ShopSnapshot], Awaitable[list[str]]]], ...] = (
    (
        gettext_noop(
            "stock and its value equal the sum of their movements, and reserved units are in open reservations"
        ),
        lambda one: one.shop.inventory.check_consistency(),
    ),
    (
        gettext_noop("gift card balances equal the sum of their movements, and held amounts are in open holds"),
        lambda one: one.shop.giftcards.check_consistency(),
    ),
    (
        gettext_noop("the ledger balances and agrees with the payments"),
        lambda one: one.shop.payments.check_consistency(),
    ),
    (gettext_noop("order numbers have no gaps"), numbers_have_no_gaps),
    (gettext_noop("order lists show the refunds that were made"), lists_know_refunds),
    (gettext_noop("no placed order is missing"), orders_are_there),
    (gettext_noop("no order that stock or messages refer to is missing"), lost_orders_are_noted),
    (gettext_noop("every stored row can be read"), lambda one: _everything_can_be_read(one.shop)),
    (gettext_noop("tax rates do not overlap"), lambda one: _tax_rates_follow_each_other(one.shop)),
    (gettext_noop("the ledger balances entry by entry, and no entry was changed"), ledger_adds_up),
    (gettext_noop("documents have no gaps and were not changed"), documents_add_up),
    (gettext_noop("the audit log is complete and unchanged"), lambda one: one.shop.users.log.check_consistency()),
)
LIVING: tuple[tuple[str, Callable[[Shop], Awaitable[list[str]]]], ...] = (
    (gettext_noop("the clock is not behind stored times"), _clock_is_right),
    (gettext_noop("messages are sent"), _messages_leave),
    (gettext_noop("backups are recent"), _backups_are_recent),
    (gettext_noop("the newest payments match the records of their providers"), lambda one: one.payments.compare()),
    (gettext_noop("no payment at a provider is missing here"), payments_are_known),
    (gettext_noop("no restore was interrupted"), _restore_was_finished),
)
