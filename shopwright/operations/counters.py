"""Counters never repeat a number: after a restore or loss they continue above the highest one ever given.

Skipped numbers are recorded beside the counter, so that `doctor` knows the gap.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from shopwright.app import Shop
from shopwright.kit.data.database import DatabaseSession
from shopwright.kit.data.events import decode
from shopwright.kit.data.spans import pages
from shopwright.kit.data.unit_of_work import Reader
from shopwright.kit.days import in_zone
from shopwright.kit.digits import is_number
from shopwright.kit.errors import ShopError
from shopwright.services.books.issuing import MOMENT, SERIES
from shopwright.services.orders.contract.events import OrderPlaced

GAP = "gap after "
FIRST_NUMBER = 1000  # the first order has the one after it
MANY = 10_000  # numbers read together
ORDERS, JOURNAL = "order numbers", "positions in the event log"
# Name → service, query for the highest number, and statement to set the counter.
COUNTERS: Mapping[str, tuple[str, tuple[str, str], str]] = {
    ORDERS: (
        "orders",
        ("SELECT max(number) AS n FROM orders", "SELECT value AS n FROM counters WHERE name = 'order_number'"),
        "UPDATE counters SET value = :n WHERE name = 'order_number' AND value < :n",
    ),
    JOURNAL: (
        "insights",
        ("SELECT max(seq) AS n FROM journal", "SELECT seq AS n FROM journal_head"),
        "UPDATE journal_head SET seq = :n WHERE seq < :n",
    ),
}


async def highest(shop: Shop) -> dict[str, int]:
    """The highest committed number of each counter; 0 if unreadable."""
    found = {name: await _highest(shop, service, column) for name, (service, column, _) in COUNTERS.items()}
    return found | {ORDERS: max(found[ORDERS], await _last_placed(shop))}


async def _last_placed(shop: Shop) -> int:
    """The number of the last placed order in the event log, in case the orders are unreadable."""
    try:
        row = await shop.databases["insights"].one(
            "SELECT data FROM journal WHERE type = 'OrderPlaced' ORDER BY seq DESC LIMIT 1"
        )
    except ShopError:
        return 0
    event = decode("OrderPlaced", row["data"]) if row is not None else None
    return int(event.number) if isinstance(event, OrderPlaced) else 0


async def _highest(shop: Shop, service: str, column: tuple[str, str]) -> int:
    found = [0]
    for sql in column:
        try:
            row = await shop.databases[service].one(sql)
        except ShopError:
            continue
        found.append(int(row["n"] or 0) if row is not None else 0)
    return max(found)


async def jump(shop: Shop, past: Mapping[str, int]) -> dict[str, int]:
    """Continue above these numbers and all given ones; returns the counters that jumped."""
    now = await highest(shop)
    jumped = {}
    for name, (service, _, sql) in COUNTERS.items():
        number = max(past.get(name, 0), now[name])
        async with shop.databases[service].begin() as tx:
            if await tx.run(sql, n=number):
                jumped[name] = number
    return jumped


async def jump_in(sessions: Mapping[str, DatabaseSession], past: Mapping[str, int]) -> dict[str, int]:
    """Do the same in transactions that replaced the tables; skipped orders are recorded as lost."""
    jumped = {}
    for name, (service, _, sql) in COUNTERS.items():
        session, number = sessions[service], past[name]
        if await session.run(sql, {"n": number}):
            jumped[name] = number
            last = int((await session.fetch(LAST_ORDER, {}))[0]["n"] or FIRST_NUMBER) if name == ORDERS else number
            if number > last:
                await session.run(NOTE_GAP, {"name": f"{GAP}{last}", "value": number})
    return jumped


async def begin_series(sessions: Mapping[str, DatabaseSession], shop: Shop) -> None:
    """Documents of this year get series of their own: numbers of the lost ones were sent to buyers, and have no gaps."""
    await sessions["books"].run(BEGIN_SERIES, {"name": SERIES, "place": moment_of_series(shop)})


def moment_of_series(shop: Shop) -> str:
    """Now, as the names of series say it."""
    return f"{in_zone(shop.clock.now(), shop.databases['books'].zone):{MOMENT}}"


async def may_have_given(sessions: Mapping[str, DatabaseSession], since: datetime, now: datetime) -> dict[str, int]:
    """The numbers a lost shop may have given since its archive: twice its busiest day's, every day."""
    days = max((now - since) / timedelta(days=1), 0.0)
    found = {}
    for name, (service, column, _) in COUNTERS.items():
        rows = [row for sql in column for row in await sessions[service].fetch(sql, {})]
        busiest = (await sessions[service].fetch(BUSIEST[name], {}))[0]["n"] or 0
        found[name] = max(int(row["n"] or 0) for row in rows) + int(2 * busiest * days)
    return found


DAY = 86_400_000_000
BUSIEST: Mapping[str, str] = {
    ORDERS: f"SELECT max(n) AS n FROM (SELECT count(*) AS n FROM orders WHERE source = '' GROUP BY placed_at / {DAY}) days",
    JOURNAL: f"SELECT max(n) AS n FROM (SELECT count(*) AS n FROM journal GROUP BY time / {DAY}) days",
}
BEGIN_SERIES = (
    "INSERT INTO progress (name, place) VALUES (:name, :place) ON CONFLICT (name) DO UPDATE SET place = excluded.place"
)
LAST_ORDER = "SELECT max(number) AS n FROM orders"
NOTE_GAP = "INSERT INTO counters (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value"


async def note_gaps(shop: Shop, gaps: Mapping[int, int]) -> None:
    """Record that the numbers after each of these, up to the given one, are lost."""
    async with shop.databases["orders"].begin() as tx:
        for before, last in gaps.items():
            await tx.run(NOTE_GAP, name=f"{GAP}{before}", value=last)


async def known_gaps(orders: Reader) -> dict[int, int]:
    """The recorded gaps: number before, and last number."""
    rows = await orders.fetch("SELECT name, value FROM counters")
    last = {row["name"].removeprefix(GAP): row["value"] for row in rows}
    return {int(name): number for name, number in last.items() if is_number(name)}


async def gaps_in(orders: Reader) -> tuple[list[tuple[int, int]], int | None]:
    """The gaps between numbers, and the last number; None if there is none."""
    sql = "SELECT number FROM orders WHERE number > :last ORDER BY number LIMIT :many"
    gaps, before, last = [], FIRST_NUMBER, None
    async for rows in pages(orders, sql, "number", -1, MANY):
        for row in rows:
            last = row["number"]
            if last != before + 1:
                gaps.append((before, last))
            before = last
    return gaps, last
