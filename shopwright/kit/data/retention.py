"""Retention: how long rows of each table are kept, declared for one job and for docs/data.md.

Every table of every service is declared: what its rows grow with, and what ends them. If it is time, an `Expiry` says
so, and `end_old` deletes those rows in batches, oldest first.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from shopwright.kit.clock import EPOCH, from_micros, to_micros
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.events import Event
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.personal import is_personal, redacted
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import ngettext

log = logging.getLogger("shopwright.retention")
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
# The rows a transaction deletes, so that others wait no longer than a page takes.
BATCH = 500
MOST_BATCHES = 200
# A clock that is wrong for an hour deletes at most what would expire within a day.
FASTEST = timedelta(days=1)
REACHED = "retention"
Grows = Literal["orders", "customers", "products", "staff", "days", "visitors", "requests", "not at all"]


Purpose = Literal["account", "orders", "messages", "marketing", "behaviour", "reviews", "books", "security", "running"]


class RetainedData(msgspec.Struct, frozen=True):
    """Why personal data is stored: what, whose, and its legal ground."""

    title: str
    whose: str
    why: str


PURPOSES: dict[Purpose, RetainedData] = {
    "account": RetainedData(
        "Account, addresses, cart and wishlist",
        "customers and staff; carts of guests, too",
        "to provide accounts and carts (GDPR, article 6 (1) (b))",
    ),
    "orders": RetainedData(
        "Orders",
        "customers and guests",
        "to fulfil orders and handle claims (GDPR, article 6 (1) (b))",
    ),
    "messages": RetainedData("Messages", "customers, guests and staff", "to report the progress of orders and accounts (GDPR, article 6 (1) (b))"),
    "marketing": RetainedData("Marketing preferences", "customers and guests", "with their consent, which they may withdraw (GDPR, article 6 (1) (a))"),
    "behaviour": RetainedData("Product views and purchases", "customers", "for recommendations, with their consent (GDPR, article 6 (1) (a))"),
    "reviews": RetainedData("Reviews and votes", "customers", "to show the opinions of buyers (GDPR, article 6 (1) (f))"),
    "books": RetainedData("Accounting records and documents", "customers, guests and the staff who wrote them", "because tax law requires them (GDPR, articles 6 (1) (c) and 17 (3) (b))"),
    "security": RetainedData("Sign-ins, failed attempts and the audit log", "customers, guests and staff", "to prevent abuse and to account for actions (GDPR, article 6 (1) (f))"),
    "running": RetainedData("Events between services", "customers, guests and staff", "so that no event is lost or handled twice (GDPR, article 6 (1) (f))"),
}  # fmt: skip


class Expiry(msgspec.Struct, frozen=True, kw_only=True):
    """Rows expire `days` after `since`: a time column in `unit`s since 1970 or, with a `prefix`, a column of such ids.

    `what` describes start and rows in words; `where` selects them in SQL, with `:old` for the moment. `key`: the
    columns that identify a row. `children`: dependent tables with their foreign key. `after_delivery`: only
    events that all handlers have handled. `setting`: the setting that gives the days; `days` is its default.
    """

    days: int
    what: str
    since: str
    prefix: str = ""
    unit: timedelta = MICROSECOND
    where: str = ""
    key: tuple[str, ...] = ("id",)
    children: tuple[tuple[str, str], ...] = ()
    after_delivery: bool = False
    setting: str = ""

    def words(self) -> str:
        """The rule as a sentence."""
        what = _(self.what)
        if self.setting:
            return _("`{setting}` days after {what}", setting=f"SHOPWRIGHT_{self.setting.upper()}", what=what)
        if not self.days:
            return _("when {what}", what=what)
        return ngettext("a day after {what}", "{count} days after {what}", self.days, what=what)


class StoredBody(msgspec.Struct, frozen=True):
    """A JSON column, plain or encrypted, and the type that declares its personal fields.

    `of`: the column by which `erase_bodies` finds rows; "" if they are deleted with the person or by the table's rule.
    """

    column: str
    kind: Any
    of: str = ""


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """A table: its rows, what they grow with, and how they end beside or without an `Expiry` (`end`, and the job).

    `personal`: why it may contain personal data, or None. Every text column is classified as one of `bodies`, as one
    that is one of `personal_columns`, or `silent`; ids, currencies and states are exempt.
    """

    table: str
    rows: str
    grows: Grows
    personal: Purpose | None = None
    bodies: tuple[StoredBody, ...] = ()
    personal_columns: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    expiries: tuple[Expiry, ...] = ()
    end: str = ""
    job: str = ""

    def ends(self) -> str:
        """When its rows end, in words."""
        return "; ".join([one.words() for one in self.expiries] + ([_(self.end)] if self.end else []))


DELIVERED = "NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.fact_id = facts.id)"
KIT: tuple[Retention, ...] = (
    Retention(
        table="facts",
        rows="an event this service emitted",
        grows="orders",
        personal="running",
        expiries=(
            Expiry(
                days=7,
                what="it was emitted, once all handlers have handled it",
                since="id",
                prefix="evt",
                where=DELIVERED,
            ),
        ),
        bodies=(StoredBody("data", Event),),
        silent=("type", "subject", "trace", "request"),
    ),
    Retention(
        table="deliveries",
        rows="the delivery of an event to a handler",
        grows="orders",
        end="when it was handled; a dead one stays until staff replay it (there is an alert)",
        job="the bus",
        silent=("hearer", "subject", "problem"),
    ),
    Retention(
        table="inbox",
        rows="the key of a handled event or request, so that it is handled once",
        grows="orders",
        personal="running",
        expiries=(
            Expiry(
                days=7,
                what="the event was emitted, unless something older is undelivered",
                since="key",
                prefix="evt",
                where="key > 'evt_'",
                key=("key",),
                after_delivery=True,
            ),
            Expiry(
                days=90,
                what="the request, for requests",
                since="time",
                where="key < 'evt_'",
                key=("key",),
            ),
        ),
        personal_columns=("key",),
    ),
    Retention(
        table="idempotency",
        rows="the answer to an Idempotency-Key",
        grows="requests",
        personal="running",
        expiries=(Expiry(days=1, what="the first request with it", since="time", key=("scope", "key")),),
        personal_columns=("scope", "answer"),
        silent=("key", "fingerprint"),
    ),
    Retention(
        table="timers",
        rows="the due time of a scheduled job",
        grows="not at all",
        end="never: one per job",
        silent=("name",),
    ),
    Retention(
        table="shop_marks",
        rows="a shared flag of the shop",
        grows="not at all",
        end="never: a handful of rows",
        silent=("name",),
    ),
)


async def end_old(
    work: ServiceDatabase,
    rules: Sequence[Retention],
    undelivered_since: datetime | None = None,
    days: Mapping[str, int] | None = None,
) -> int:
    """Scheduled job: delete expired rows. Returns how many.

    `undelivered_since`: the oldest undelivered event; `days`: those of settings.
    """
    now = await _reach(work)
    count = 0
    for rule in rules:
        for expiry in rule.expiries:
            until = now - timedelta(days=(days or {}).get(expiry.setting, expiry.days))
            if expiry.after_delivery and undelivered_since is not None:
                until = min(until, undelivered_since - DAY)
            count += await _end(work, rule.table, expiry, until)
    if count:
        log.info("%s: %s expired rows were removed", work.name, count)
    return count


async def erase_bodies(tx: Transaction, rules: Sequence[Retention], subject: str) -> None:
    """Erase personal fields in all bodies about this subject."""
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
    """The time of day, or if it is ahead of the time `end_old` believes to have passed, that."""
    now = source.now() if isinstance(source, ServiceDatabase) else source.now
    row = await source.one("SELECT time FROM shop_marks WHERE name = :name", name=REACHED)
    return now if row is None else min(now, from_micros(row["time"]))


async def _reach(work: ServiceDatabase) -> datetime:
    """The time believed to have passed; a clock that is ahead gains at most a day per run."""
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
    """Delete rows of a table older than this."""
    key = ", ".join(expiry.key)
    is_old = f"{expiry.since} < :old" + (f" AND ({expiry.where})" if expiry.where else "")
    # Checked twice: a row changed just before we lock it is kept.
    chosen = f"({key}) IN (SELECT {key} FROM {table} WHERE {is_old} ORDER BY {expiry.since} LIMIT {BATCH}) AND {is_old}"
    old = work.ids.at(expiry.prefix, until) if expiry.prefix else (until - EPOCH) // expiry.unit
    count = 0
    for _batch in range(MOST_BATCHES):
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
