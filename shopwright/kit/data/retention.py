"""How long the rows of each table are kept, as declarations that one job carries out and docs/data.md is made from.

Every table of every service is declared: with what its rows grow, and what ends them. Where time does, an `Expiry` says so,
and `end_old` deletes those rows, a few at a time, the oldest first.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from shopwright.kit.clock import EPOCH, from_micros, to_micros
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.events import Event
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.personal import is_personal, redacted

log = logging.getLogger("shopwright.retention")
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
# A transaction ends so many rows: others wait for it no longer than a page takes.
BATCH = 500
MOST_BATCHES = 200
# A clock that is wrong for an hour ends at most what would have ended within a day.
FASTEST = timedelta(days=1)
REACHED = "retention"
Grows = Literal["orders", "customers", "products", "staff", "days", "strangers", "requests", "not at all"]


Purpose = Literal["account", "orders", "messages", "marketing", "behaviour", "reviews", "books", "security", "running"]


class Kept(msgspec.Struct, frozen=True):
    """Why something of a person is kept: what it is, whose, and what the law calls the ground."""

    title: str
    whose: str
    why: str


PURPOSES: dict[Purpose, Kept] = {
    "account": Kept(
        "Account, addresses, cart and wishlist",
        "customers and staff; carts of guests, too",
        "to serve who has an account or a cart (GDPR, article 6 (1) (b))",
    ),
    "orders": Kept(
        "Orders",
        "customers and guests",
        "to send what was ordered and answer for it (GDPR, article 6 (1) (b))",
    ),
    "messages": Kept("Messages", "customers, guests and staff", "to tell what happened to an order or an account (GDPR, article 6 (1) (b))"),
    "marketing": Kept("What somebody wants to hear of", "customers and guests", "with their consent, which they may withdraw (GDPR, article 6 (1) (a))"),
    "behaviour": Kept("What somebody looked at and bought", "customers", "for recommendations, with their consent (GDPR, article 6 (1) (a))"),
    "reviews": Kept("Reviews and votes", "customers", "to show what buyers say (GDPR, article 6 (1) (f))"),
    "books": Kept("Books and documents", "customers, guests and who wrote them", "tax law asks for them (GDPR, articles 6 (1) (c) and 17 (3) (b))"),
    "security": Kept("Sign-ins, tries and the audit log", "customers, guests and staff", "to keep others out, and to answer for what was done (GDPR, article 6 (1) (f))"),
    "running": Kept("What services tell each other", "customers, guests and staff", "so that nothing is done twice or lost (GDPR, article 6 (1) (f))"),
}  # fmt: skip


class Expiry(msgspec.Struct, frozen=True, kw_only=True):
    """Rows end `days` after `since`: a column with a time in `unit`s since 1970, or, with a `prefix`, with an id of that kind.

    `what` says in words since when, and which rows; `where` says the latter in SQL, with `:old` for the moment. `key`: the
    columns that name a row. `children`: tables whose rows go with it, and their column that names it. `heard`: only of facts that nobody has still to hear.
    """

    days: int
    what: str
    since: str
    prefix: str = ""
    unit: timedelta = MICROSECOND
    where: str = ""
    key: tuple[str, ...] = ("id",)
    children: tuple[tuple[str, str], ...] = ()
    heard: bool = False

    def words(self) -> str:
        """When, in a sentence."""
        days = "a day" if self.days == 1 else f"{self.days} days"
        return f"{days} after {self.what}" if self.days else f"when {self.what}"


class StoredBody(msgspec.Struct, frozen=True):
    """JSON that a column keeps, plain or encrypted, and the type that declares what of it is personal.

    `of`: the column by whose value `erase_bodies` finds the rows; "" where they go with the person, or by the rule of the table.
    """

    column: str
    kind: Any
    of: str = ""


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """A table: what a row of it is, with what it grows, and how a row ends beside or without an `Expiry` (`end`, and by which job).

    `personal`: why it may tell of a person; None where it tells of none. Every text column says what it is: one of `bodies`,
    one that `tells` of a person, or `silent`. Ids, currencies and states need not.
    """

    table: str
    rows: str
    grows: Grows
    personal: Purpose | None = None
    bodies: tuple[StoredBody, ...] = ()
    tells: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    expiries: tuple[Expiry, ...] = ()
    end: str = ""
    job: str = ""

    def ends(self) -> str:
        """When its rows end, in words."""
        return "; ".join([one.words() for one in self.expiries] + ([self.end] if self.end else []))


UNHEARD = "NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.fact_id = facts.id)"
KIT: tuple[Retention, ...] = (
    Retention(
        table="facts",
        rows="what this service told",
        grows="orders",
        personal="running",
        expiries=(
            Expiry(
                days=7,
                what="it was told, once everyone has heard it",
                since="id",
                prefix="evt",
                where=UNHEARD,
            ),
        ),
        bodies=(StoredBody("data", Event),),
        silent=("type", "subject", "trace", "request"),
    ),
    Retention(
        table="deliveries",
        rows="a fact on its way to who hears it",
        grows="orders",
        end="when it was handled; one that was given up stays until staff replay it (an alert tells of it)",
        job="the bus",
        silent=("hearer", "subject", "problem"),
    ),
    Retention(
        table="inbox",
        rows="a fact or a request that was handled, so that it is handled once",
        grows="orders",
        personal="running",
        expiries=(
            Expiry(
                days=7,
                what="the fact was told, while nothing older is on its way",
                since="key",
                prefix="evt",
                where="key > 'evt_'",
                key=("key",),
                heard=True,
            ),
            Expiry(
                days=90,
                what="the request, for those that are no facts",
                since="time",
                where="key < 'evt_'",
                key=("key",),
            ),
        ),
        tells=("key",),
    ),
    Retention(
        table="idempotency",
        rows="the answer to an Idempotency-Key",
        grows="requests",
        personal="running",
        expiries=(Expiry(days=1, what="the first request with it", since="time", key=("scope", "key")),),
        tells=("scope", "answer"),
        silent=("key", "fingerprint"),
    ),
    Retention(
        table="timers",
        rows="when a timer is due",
        grows="not at all",
        end="never: one for each timer",
        silent=("name",),
    ),
    Retention(
        table="shop_marks",
        rows="a mark of the whole shop",
        grows="not at all",
        end="never: a handful",
        silent=("name",),
    ),
)


async def end_old(work: ServiceDatabase, rules: Sequence[Retention], unheard_since: datetime | None = None) -> int:
    """A job: end what is old by these declarations; answers how many rows. `unheard_since`: the oldest fact on its way here."""
    now = await _reach(work)
    count = 0
    for rule in rules:
        for expiry in rule.expiries:
            until = now - timedelta(days=expiry.days)
            if expiry.heard and unheard_since is not None:
                until = min(until, unheard_since - DAY)
            count += await _end(work, rule.table, expiry, until)
    if count:
        log.info("%s: %s old rows were ended", work.name, count)
    return count


async def erase_bodies(tx: Transaction, rules: Sequence[Retention], subject: str) -> None:
    """What is personal in the bodies about this subject is erased, in every table that keeps some."""
    for rule in rules:
        for body in rule.bodies:
            if body.of and is_personal(body.kind):
                await _erase_bodies(tx, rule.table, body, subject)


async def _erase_bodies(tx: Transaction, table: str, body: StoredBody, subject: str) -> None:
    column = body.column
    rows = await tx.fetch(
        f"SELECT id, {column} FROM {table} WHERE {body.of} = :subject AND {column} IS NOT NULL", subject=subject
    )
    found = [(row["id"], redacted(decode_tolerant(row[column], body.kind))) for row in rows]
    await tx.run_many(
        f"UPDATE {table} SET {column} = :clean WHERE id = :id",
        [{"id": key, "clean": msgspec.json.encode(clean).decode()} for key, clean in found],
    )


async def believed(source: ServiceDatabase | Transaction) -> datetime:
    """The time of day, unless it is ahead of what has passed as far as `end_old` knows: then that."""
    now = source.now() if isinstance(source, ServiceDatabase) else source.now
    row = await source.one("SELECT time FROM shop_marks WHERE name = :name", name=REACHED)
    return now if row is None else min(now, from_micros(row["time"]))


async def _reach(work: ServiceDatabase) -> datetime:
    """The moment up to which time is believed to have passed: a clock that is ahead gets there by a day with each run."""
    async with work.begin() as tx:
        row = await tx.one("SELECT time FROM shop_marks WHERE name = :name", name=REACHED)
        reached = tx.now if row is None else min(tx.now, from_micros(row["time"]) + FASTEST)
        await tx.run(
            "INSERT INTO shop_marks (name, time) VALUES (:name, :time) ON CONFLICT (name) DO UPDATE SET time = :time",
            name=REACHED,
            time=to_micros(reached),
        )
    return reached


async def _end(work: ServiceDatabase, table: str, expiry: Expiry, until: datetime) -> int:
    """All rows of a table that are older than that."""
    key = ", ".join(expiry.key)
    is_old = f"{expiry.since} < :old" + (f" AND ({expiry.where})" if expiry.where else "")
    # Said twice: whoever changes a row in the moment before its lock is ours keeps it.
    chosen = f"({key}) IN (SELECT {key} FROM {table} WHERE {is_old} ORDER BY {expiry.since} LIMIT {BATCH}) AND {is_old}"
    old = work.ids.at(expiry.prefix, until) if expiry.prefix else (until - EPOCH) // expiry.unit
    count = 0
    for _ in range(MOST_BATCHES):
        async with work.begin() as tx:
            rows = await tx.fetch(f"DELETE FROM {table} WHERE {chosen} RETURNING {key}", old=old)
            for child, column in expiry.children:
                await tx.run_many(
                    f"DELETE FROM {child} WHERE {column} = :id", [{"id": row[expiry.key[0]]} for row in rows]
                )
        count += len(rows)
        if len(rows) < BATCH:
            break
    return count
