"""SQL for the ledger: entries are added, never changed."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.spans import Span
from shopwright.kit.data.unit_of_work import Reader, Transaction
from shopwright.kit.days import day_number, numbered_day
from shopwright.kit.money import Money
from shopwright.services.books import model
from shopwright.services.books.contract import Account, Entry, EntryKind, Posting, TaxKind

LEDGER = "ledger"


class NewEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry to write. `day`: of the event."""

    kind: EntryKind
    text: str
    order_id: str = ""
    number: str = ""
    day: date
    postings: tuple[Posting, ...]
    who: str = ""
    paper: bool = False


# --- chains


async def next_of(tx: Transaction, chain: str) -> tuple[int, str]:
    """Return the next number of a chain and the previous hash; the chain is locked until the transaction ends."""
    row = await tx.one("UPDATE chains SET last = last + 1 WHERE name = :name RETURNING last, sha256", name=chain)
    if row is None:
        await tx.run(
            "INSERT INTO chains (name, last, sha256) VALUES (:name, 0, '') ON CONFLICT (name) DO NOTHING", name=chain
        )
        return await next_of(tx, chain)
    return int(row["last"]), str(row["sha256"])


async def link(tx: Transaction, chain: str, digest: str) -> None:
    """Store the hash of what was just added."""
    await tx.run("UPDATE chains SET sha256 = :digest WHERE name = :name", name=chain, digest=digest)


async def head_of(source: Reader, chain: str) -> tuple[int, str]:
    """Return the last number of a chain and its hash."""
    row = await source.one("SELECT last, sha256 FROM chains WHERE name = :name", name=chain)
    return (int(row["last"]), str(row["sha256"])) if row else (0, "")


async def heads(source: Reader) -> dict[str, tuple[int, str]]:
    """Return the last numbers and hashes of all document series."""
    rows = await source.fetch("SELECT name, last, sha256 FROM chains WHERE name <> :ledger", ledger=LEDGER)
    return {row["name"]: (int(row["last"]), str(row["sha256"])) for row in rows}


def hashed(before: str, *parts: object) -> str:
    """SHA-256 of the previous hash and these parts, as JSON."""
    return hashlib.sha256(msgspec.json.encode((before, *parts))).hexdigest()


def hashed_values(posting: Row | dict[str, Any], tax: str) -> list[object]:
    """The hashed fields of a posting; `tax`: its kind as stored."""
    return [posting["account"], posting["provider"], posting["currency"], posting["amount"], posting["base"], tax]


def entry_hash(before: str, row: Row | dict[str, Any], postings: Sequence[Sequence[object]]) -> str:
    """The hash over all fields of an entry."""
    values = [row[name] for name in ("seq", "kind", "text", "order_id", "number", "booked", "day", "period", "who")]
    return hashed(before, values, postings)


# --- writing


async def turn_of(source: Reader, order_id: str) -> int:
    """Return how often the order was booked."""
    row = await source.one("SELECT turn FROM followed_orders WHERE order_id = :id", id=order_id)
    return int(row["turn"]) if row else 0


async def followed(source: Reader, order_ids: Sequence[str]) -> set[str]:
    """Return which of these orders were booked."""
    rows = await source.fetch_in("SELECT order_id FROM followed_orders WHERE order_id IN (:each)", order_ids)
    return {str(row["order_id"]) for row in rows}


async def take_turn(tx: Transaction, order_id: str, turn: int) -> bool:
    """Claim the order for booking. Returns False if another process has booked it since it was read."""
    if not turn:
        return bool(
            await tx.run(
                "INSERT INTO followed_orders (order_id, turn) VALUES (:id, 1) ON CONFLICT (order_id) DO NOTHING",
                id=order_id,
            )
        )
    return bool(
        await tx.run(
            "UPDATE followed_orders SET turn = :turn + 1 WHERE order_id = :id AND turn = :turn", id=order_id, turn=turn
        )
    )


async def write(tx: Transaction, new: NewEntry) -> int:
    """Add an entry in the month of its day or the first open one after it. Returns its number.

    Raises ValueError if it does not balance.
    """
    if wrong := model.unbalanced(new.postings):
        raise ValueError(f"{new.text}: the postings come to {wrong}")
    seq, before = await next_of(tx, LEDGER)
    row: dict[str, Any] = {
        "seq": seq,
        "kind": new.kind,
        "text": new.text,
        "order_id": new.order_id,
        "number": new.number,
        "booked": to_micros(tx.now),
        "day": day_number(new.day),
        "period": await _open_month(tx, model.month_of(new.day)),
        "who": new.who,
        "paper": int(new.paper),
    }
    rows = []
    for line, one in enumerate(new.postings):
        rows.append({
            "seq": seq, "line": line, "account": one.account, "provider": one.provider, "currency": one.amount.currency,
            "amount": one.amount.amount, "tax_kind": await _tax_kind(tx, one.tax) if one.tax else None,
            "base": one.base.amount if one.base is not None else None,
        })  # fmt: skip
    values = [hashed_values(one, kind_id(given.tax)) for one, given in zip(rows, new.postings, strict=True)]
    digest = entry_hash(before, row, values)
    await tx.run(
        "INSERT INTO entries (seq, kind, text, order_id, number, booked, day, period, who, paper, sha256)"
        " VALUES (:seq, :kind, :text, :order_id, :number, :booked, :day, :period, :who, :paper, :sha256)",
        **row,
        sha256=digest,
    )
    await tx.run_many(
        "INSERT INTO postings (seq, line, account, provider, currency, amount, tax_kind, base)"
        " VALUES (:seq, :line, :account, :provider, :currency, :amount, :tax_kind, :base)",
        rows,
    )
    await link(tx, LEDGER, digest)
    await _add_up(tx, row, rows)
    return seq


async def _open_month(tx: Transaction, month: int) -> int:
    last = await tx.one("SELECT MAX(period) AS period FROM closed_periods")
    closed = int(last["period"] or 0) if last else 0
    return month if month > closed else model.next_month(closed)


def kind_id(kind: TaxKind | None) -> str:
    """A tax kind as stored."""
    return msgspec.json.encode(kind).decode() if kind is not None else ""


async def _tax_kind(tx: Transaction, kind: TaxKind) -> int:
    """The number of a tax kind, given on first use."""
    text = kind_id(kind)
    found = await tx.one("SELECT id FROM tax_kinds WHERE kind = :kind", kind=text)
    if found is None:
        found = await tx.one(
            "INSERT INTO tax_kinds (id, kind) SELECT COALESCE(MAX(id), 0) + 1, :kind FROM tax_kinds RETURNING id",
            kind=text,
        )
    return int(found["id"]) if found else 0


async def _add_up(tx: Transaction, entry: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """Update the sums that statements are made of."""
    await tx.run_many(
        "INSERT INTO day_sums (period, day, account, provider, currency, debit, credit)"
        " VALUES (:period, :day, :account, :provider, :currency, :debit, :credit)"
        " ON CONFLICT (period, day, account, provider, currency) DO UPDATE"
        " SET debit = day_sums.debit + excluded.debit, credit = day_sums.credit + excluded.credit",
        [
            {
                **{name: one[name] for name in ("account", "provider", "currency")},
                "period": entry["period"],
                "day": entry["day"],
                "debit": max(one["amount"], 0),
                "credit": max(-one["amount"], 0),
            }
            for one in rows
        ],
    )
    await tx.run_many(
        "INSERT INTO tax_sums (period, tax_kind, currency, base, tax, sales)"
        " VALUES (:period, :tax_kind, :currency, :base, :tax, :sales) ON CONFLICT (period, tax_kind, currency) DO UPDATE"
        " SET base = tax_sums.base + excluded.base, tax = tax_sums.tax + excluded.tax, sales = tax_sums.sales + excluded.sales",
        [
            {
                "period": entry["period"],
                "tax_kind": one["tax_kind"],
                "currency": one["currency"],
                "base": -(one["base"] or 0),
                "tax": -one["amount"],
                "sales": int(entry["kind"] == "sale"),
            }
            for one in rows
            if one["account"] == "tax" and one["tax_kind"] is not None
        ],
    )


# --- reading


async def kinds(source: Reader) -> dict[int, TaxKind]:
    """Return all tax kinds by number; a shop has some dozens."""
    rows = await source.fetch("SELECT id, kind FROM tax_kinds")
    return {int(row["id"]): msgspec.json.decode(row["kind"], type=TaxKind) for row in rows}


BOOKED = (
    "SELECT e.order_id, e.kind, p.account, p.provider, p.currency, k.kind AS tax, p.amount, p.base"
    " FROM entries e JOIN postings p ON p.seq = e.seq LEFT JOIN tax_kinds k ON k.id = p.tax_kind WHERE {these}"
)
Booked = dict[EntryKind, dict[model.Key, model.Sum]]


async def booked(source: Reader, order_id: str) -> Booked:
    """Return what is booked for an order, by kind of entry."""
    return (await booked_of(source, Span(ids=(order_id,)))).get(order_id, {})


async def booked_of(source: Reader, span: Span) -> dict[str, Booked]:
    """Return what is booked for the orders of a span."""
    found: dict[str, Booked] = {}
    for row in await span.fetch(source, BOOKED, "e.order_id"):
        sums = found.setdefault(row["order_id"], {}).setdefault(row["kind"], {})
        key = _key(row["account"], row["provider"], row["currency"], row["tax"])
        before = sums.get(key, model.NOTHING)
        sums[key] = model.Sum(before.amount + row["amount"], before.base + (row["base"] or 0))
    return found


@lru_cache(maxsize=4096)
def _key(account: Account, provider: str, currency: str, tax: str | None) -> model.Key:
    """The key of stored postings, cached, as a shop has some hundreds."""
    return model.Key(account, provider, currency, msgspec.json.decode(tax, type=TaxKind) if tax else None)


async def entries(
    source: Reader, *, first: int, last: int, account: str = "", after: tuple[int, int] = (-1, 0), limit: int
) -> list[Entry]:
    """Return entries from day `first` through `last`, by day and number; `account`: those that move it."""
    chosen: dict[str, str] = {}
    only, first = "", max(first, after[0])
    if account:
        days = await _days_of(
            source, account, first, last, limit + 1
        )  # each has one at least, but for what came before
        if not days:
            return []
        first, last = days[0], days[-1]
        only = (
            " AND e.day IN (SELECT day FROM day_sums WHERE account = :account AND day >= :first AND day <= :last)"
            " AND EXISTS (SELECT 1 FROM postings p WHERE p.seq = e.seq AND p.account = :account)"
        )
        chosen = {"account": account}
    rows = await source.fetch(
        "SELECT * FROM entries e WHERE e.day >= :first AND e.day <= :last"
        f" AND (e.day > :day OR e.day = :day AND e.seq > :seq){only} ORDER BY e.day, e.seq LIMIT :limit",
        first=first,
        last=last,
        day=after[0],
        seq=after[1],
        limit=limit,
        **chosen,
    )
    return await _whole(source, rows)


async def _days_of(source: Reader, account: str, first: int, last: int, limit: int) -> list[int]:
    """Return the first days on which an account moves."""
    rows = await source.fetch(
        "SELECT DISTINCT day FROM day_sums WHERE account = :account AND day >= :first AND day <= :last"
        " ORDER BY day LIMIT :limit",
        account=account,
        first=first,
        last=last,
        limit=limit,
    )
    return [int(row["day"]) for row in rows]


async def rows_after(source: Reader, seq: int, limit: int) -> Sequence[Row]:
    """Return stored entries by number."""
    return await source.fetch("SELECT * FROM entries WHERE seq > :seq ORDER BY seq LIMIT :limit", seq=seq, limit=limit)


async def postings_between(source: Reader, first: int, last: int) -> Sequence[Row]:
    """Return the stored postings of these entries in order."""
    return await source.fetch(
        "SELECT * FROM postings WHERE seq >= :first AND seq <= :last ORDER BY seq, line", first=first, last=last
    )


async def corrections_upto(source: Reader, order_id: str, seq: int) -> int:
    """Count the tax corrections of an order up to this entry."""
    row = await source.one(
        "SELECT COUNT(*) AS count FROM entries WHERE order_id = :id AND kind = 'correction' AND seq <= :seq",
        id=order_id,
        seq=seq,
    )
    return int(row["count"]) if row else 0


async def entry(source: Reader, seq: int) -> Entry:
    """Return an existing entry by number."""
    [found] = await _whole(source, await source.fetch("SELECT * FROM entries WHERE seq = :seq", seq=seq))
    return found


async def _whole(source: Reader, rows: Iterable[Row]) -> list[Entry]:
    """Add postings, previous hash and document to entries."""
    found = list(rows)
    if not found:
        return []
    named = await kinds(source)
    by_seq: dict[int, list[Posting]] = {}
    numbers = [row["seq"] for row in found]
    for row in await source.fetch_in("SELECT * FROM postings WHERE seq IN (:each) ORDER BY seq, line", numbers):
        by_seq.setdefault(row["seq"], []).append(_posting(row, named))
    hashes = await source.fetch_in("SELECT seq, sha256 FROM entries WHERE seq IN (:each)", [n - 1 for n in numbers])
    before = {row["seq"]: row["sha256"] for row in hashes}
    papers = await source.fetch_in("SELECT entry, id FROM issued_documents WHERE entry IN (:each)", numbers)
    document = {row["entry"]: row["id"] for row in papers}
    return [
        Entry(
            seq=row["seq"],
            kind=row["kind"],
            text=row["text"],
            order_id=row["order_id"],
            number=row["number"],
            booked=from_micros(row["booked"]),
            day=numbered_day(row["day"]),
            period=model.month_name(row["period"]),
            postings=tuple(by_seq.get(row["seq"], ())),
            who=row["who"],
            document=document.get(row["seq"], ""),
            sha256=row["sha256"],
            before=before.get(row["seq"] - 1, ""),
        )
        for row in found
    ]


def _posting(row: Row, named: dict[int, TaxKind]) -> Posting:
    return Posting(
        account=row["account"],
        amount=Money(row["amount"], row["currency"]),
        provider=row["provider"],
        tax=named.get(row["tax_kind"]) if row["tax_kind"] is not None else None,
        base=Money(row["base"], row["currency"]) if row["base"] is not None else None,
    )


async def entries_of_months(source: Reader, first: int, last: int, after: int, limit: int) -> list[Entry]:
    """Return the entries that count in these months, by number."""
    rows = await source.fetch(
        "SELECT * FROM entries WHERE period >= :first AND period <= :last AND seq > :after ORDER BY seq LIMIT :limit",
        first=first,
        last=last,
        after=after,
        limit=limit,
    )
    return await _whole(source, rows)


async def account_numbers(source: Reader) -> dict[str, str]:
    """Return the shop's account numbers by purpose."""
    return {row["name"]: row["number"] for row in await source.fetch("SELECT name, number FROM account_numbers")}


async def set_account_number(tx: Transaction, name: str, number: str) -> None:
    """Set an account number; "" removes it."""
    await tx.run("DELETE FROM account_numbers WHERE name = :name", name=name)
    if number:
        await tx.run("INSERT INTO account_numbers (name, number) VALUES (:name, :number)", name=name, number=number)
