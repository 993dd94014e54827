"""SQL for statements: balances, taxes and days, from sums written with each entry."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import Reader, Transaction
from shopwright.kit.money import Money
from shopwright.services.books import model
from shopwright.services.books.contract import Balance, Period, TaxKind, TaxLine
from shopwright.services.books.store import LEDGER


async def balances(source: Reader, first: int, last: int) -> list[Balance]:
    """Return all accounts for a range of months."""
    rows = await source.fetch(
        "SELECT account, provider, currency,"
        " SUM(CASE WHEN period < :first THEN debit - credit ELSE 0 END) AS opening,"
        " SUM(CASE WHEN period >= :first THEN debit ELSE 0 END) AS debit,"
        " SUM(CASE WHEN period >= :first THEN credit ELSE 0 END) AS credit"
        " FROM day_sums WHERE period <= :last GROUP BY account, provider, currency ORDER BY account, provider, currency",
        first=first,
        last=last,
    )
    found = []
    for row in rows:
        opening, debit, credit = (Money(int(row[name]), row["currency"]) for name in ("opening", "debit", "credit"))
        found.append(
            Balance(
                account=row["account"],
                provider=row["provider"],
                opening=opening,
                debit=debit,
                credit=credit,
                closing=opening + debit - credit,
            )
        )
    return found


async def taxes(source: Reader, first: int, last: int) -> list[TaxLine]:
    """Return taxes by month and rate."""
    rows = await source.fetch(
        "SELECT s.period, k.kind, s.currency, s.base, s.tax, s.sales FROM tax_sums s JOIN tax_kinds k ON k.id = s.tax_kind"
        " WHERE s.period >= :first AND s.period <= :last ORDER BY s.period, s.tax_kind, s.currency",
        first=first,
        last=last,
    )
    return [
        TaxLine(
            period=model.month_name(row["period"]),
            kind=msgspec.json.decode(row["kind"], type=TaxKind),
            base=Money(row["base"], row["currency"]),
            tax=Money(row["tax"], row["currency"]),
            gross=Money(row["base"] + row["tax"], row["currency"]),
            sales=row["sales"],
        )
        for row in rows
    ]


async def days(source: Reader, first: int, last: int, currency: str) -> dict[int, dict[str, int]]:
    """Return credits less debits by day and account, so that earnings are positive."""
    rows = await source.fetch(
        "SELECT day, account, SUM(credit - debit) AS earned FROM day_sums"
        " WHERE day >= :first AND day <= :last AND currency = :currency GROUP BY day, account",
        first=first,
        last=last,
        currency=currency,
    )
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["day"], {})[row["account"]] = int(row["earned"])
    return found


async def next_day(source: Reader, after: int | None) -> int | None:
    """Return the first day with entries or sums after this one (None: of all)."""
    where = "" if after is None else " WHERE day > :after"
    row = await source.one(
        f"SELECT MIN(day) AS day FROM (SELECT MIN(day) AS day FROM entries{where}"
        f" UNION ALL SELECT MIN(day) FROM day_sums{where}) days",
        **({} if after is None else {"after": after}),
    )
    return int(row["day"]) if row and row["day"] is not None else None


async def posted_on(source: Reader, day: int) -> Sequence[Row]:
    """Sum the postings of a day; `base` and `sales`: of taxes."""
    return await source.fetch(
        "SELECT e.period, p.account, p.provider, p.currency, p.tax_kind,"
        " CAST(SUM(CASE WHEN p.amount > 0 THEN p.amount ELSE 0 END) AS BIGINT) AS debit,"
        " CAST(SUM(CASE WHEN p.amount < 0 THEN -p.amount ELSE 0 END) AS BIGINT) AS credit,"
        " CAST(-SUM(COALESCE(p.base, 0)) AS BIGINT) AS base,"
        " SUM(CASE WHEN e.kind = 'sale' THEN 1 ELSE 0 END) AS sales"
        " FROM entries e JOIN postings p ON p.seq = e.seq WHERE e.day = :day"
        " GROUP BY e.period, p.account, p.provider, p.currency, p.tax_kind",
        day=day,
    )


async def day_sums_on(source: Reader, day: int) -> Sequence[Row]:
    """Return the stored sums of a day."""
    return await source.fetch("SELECT * FROM day_sums WHERE day = :day", day=day)


async def all_tax_sums(source: Reader) -> Sequence[Row]:
    """Return the stored tax sums, some rows for each month."""
    return await source.fetch("SELECT * FROM tax_sums")


# --- periods


async def periods(source: Reader) -> list[Period]:
    """Return months that have entries or are closed, newest first."""
    rows = await source.fetch(
        "SELECT p.period, c.closed, c.who FROM (SELECT DISTINCT period FROM day_sums"
        " UNION SELECT period FROM closed_periods) p LEFT JOIN closed_periods c ON c.period = p.period ORDER BY p.period DESC"
    )
    return [
        Period(
            period=model.month_name(row["period"]),
            closed=from_micros(row["closed"]) if row["closed"] is not None else None,
            who=row["who"] or "",
        )
        for row in rows
    ]


async def hold(tx: Transaction) -> tuple[int, str]:
    """Return the last entry and its hash, and keep others from adding entries until the transaction ends."""
    row = await tx.one("UPDATE chains SET last = last WHERE name = :name RETURNING last, sha256", name=LEDGER)
    return (int(row["last"]), str(row["sha256"])) if row else (0, "")


async def close(tx: Transaction, period: int, who: str, head: tuple[int, str]) -> None:
    """Close this month at this entry."""
    await tx.run(
        "INSERT INTO closed_periods (period, closed, who, last, sha256) VALUES (:period, :closed, :who, :last, :sha256)",
        period=period,
        closed=to_micros(tx.now),
        who=who,
        last=head[0],
        sha256=head[1],
    )


async def closings(source: Reader) -> Sequence[Row]:
    """Return each closed month with the last entry at its closing."""
    return await source.fetch("SELECT period, last, sha256 FROM closed_periods ORDER BY period")


async def closed_at(source: Reader, period: int) -> datetime | None:
    """Return when the month was closed."""
    row = await source.one("SELECT closed FROM closed_periods WHERE period = :period", period=period)
    return from_micros(row["closed"]) if row else None


async def first_open(source: Reader) -> int | None:
    """Return the first month with entries that is not closed."""
    row = await source.one(
        "SELECT MIN(period) AS period FROM day_sums WHERE period > (SELECT COALESCE(MAX(period), 0) FROM closed_periods)"
    )
    return int(row["period"]) if row and row["period"] is not None else None


# --- progress of jobs


async def place(source: Reader, name: str) -> str | None:
    """Return how far a job has come; None if it has not begun."""
    row = await source.one("SELECT place FROM progress WHERE name = :name", name=name)
    return str(row["place"]) if row else None


async def begin_at(tx: Transaction, name: str, where: str) -> None:
    """Record where a job begins, once."""
    await tx.run(
        "INSERT INTO progress (name, place) VALUES (:name, :place) ON CONFLICT (name) DO NOTHING",
        name=name,
        place=where,
    )


async def come_to(tx: Transaction, name: str, where: str) -> None:
    """Record how far a job has come."""
    await tx.run(
        "INSERT INTO progress (name, place) VALUES (:name, :place) ON CONFLICT (name) DO UPDATE SET place = excluded.place",
        name=name,
        place=where,
    )


async def stock_booked(source: Reader) -> dict[str, int]:
    """Return the booked stock value by currency, without manual entries."""
    rows = await source.fetch(
        "SELECT p.currency, CAST(sum(p.amount) AS BIGINT) AS amount FROM entries e JOIN postings p ON p.seq = e.seq"
        " WHERE e.kind = 'stock' AND p.account = 'stock' GROUP BY p.currency"
    )
    return {row["currency"]: int(row["amount"]) for row in rows}


async def costs_booked(source: Reader, order_ids: Sequence[str]) -> list[Row]:
    """Return the booked cost of these orders' goods by order and currency with its first day, without manual entries."""
    return await source.fetch_in(
        "SELECT e.order_id, p.currency, CAST(sum(p.amount) AS BIGINT) AS amount, min(e.day) AS day FROM entries e"
        " JOIN postings p ON p.seq = e.seq WHERE e.kind = 'stock' AND p.account = 'cost_of_goods'"
        " AND e.order_id IN (:each) GROUP BY e.order_id, p.currency",
        order_ids,
    )


async def vouchers_owed(source: Reader) -> dict[str, int]:
    """Return the booked voucher liability by currency, without manual entries."""
    rows = await source.fetch(
        "SELECT p.currency, CAST(SUM(p.amount) AS BIGINT) AS amount FROM postings p JOIN entries e ON e.seq = p.seq"
        " WHERE p.account = 'vouchers' AND e.kind <> 'correction' GROUP BY p.currency"
    )
    return {row["currency"]: -row["amount"] for row in rows}


async def providers(source: Reader) -> list[str]:
    """Payment providers that something was booked for."""
    rows = await source.fetch("SELECT DISTINCT provider FROM day_sums WHERE provider <> '' ORDER BY provider")
    return [str(row["provider"]) for row in rows]
