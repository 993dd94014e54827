"""What the doctor looks at in the books: chains without gaps, sums that agree, orders that are booked as they stand."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import Any

from shopwright.app import Shop
from shopwright.kit.clock import to_micros
from shopwright.kit.database import Row
from shopwright.kit.errors import Missing
from shopwright.services.books import document_store, issuing, model, service, statement_store, store
from shopwright.services.books.contract import EntryKind

MANY = 1_000  # entries, documents or orders looked at together
MOST = 20  # sentences of one kind


async def ledger_adds_up(shop: Shop) -> list[str]:
    """Each entry follows the one before, balances, and is as it was written; the sums that statements are made of are theirs."""
    work = shop.works["books"]
    wrong: list[str] = []
    days, taxes = Counter[tuple[Any, ...]](), defaultdict[tuple[Any, ...], list[int]](lambda: [0, 0, 0])
    last, digest = 0, ""
    kinds = {number: store.told_kind(kind) for number, kind in (await store.kinds(work)).items()}
    closed = await statement_store.closings(work)
    async for row, postings in _entries(shop):
        if row["seq"] != last + 1:
            wrong.append(f"After entry {last} of the ledger comes {row['seq']}.")
        if off := sum(one["amount"] for one in postings):
            wrong.append(f"Entry {row['seq']} of the ledger does not balance: its postings add up to {off}.")
        said = [[*(one[name] for name in store.HASHED), kinds.get(one["tax_kind"], "")] for one in postings]
        if store.entry_hash(digest, row, said) != row["sha256"]:
            wrong.append(f"Entry {row['seq']} of the ledger is not as it was written, or one before it is not.")
        last, digest = row["seq"], row["sha256"]
        wrong += _late(row, closed)
        for one in postings:
            key = (row["period"], row["day"], one["account"], one["provider"], one["currency"])
            days[(*key, "debit" if one["amount"] > 0 else "credit")] += abs(one["amount"])
            if one["account"] == "tax" and one["tax_kind"] is not None:
                sums = taxes[row["period"], one["tax_kind"], one["currency"]]
                sums[0] -= one["base"] or 0
                sums[1] -= one["amount"]
                sums[2] += row["kind"] == "sale"
        if len(wrong) >= MOST:
            return wrong
    if (last, digest) != await store.head_of(work, store.LEDGER):
        wrong.append(f"The last entry of the ledger is {last}, but another one was written last.")
    wrong += [
        f"{model.month_name(one['period'])} was closed at entry {one['last']}, which is missing."
        for one in closed
        if one["last"] > last
    ]
    return [*wrong, *await _sums_agree(shop, days, taxes)]


def _late(row: Row, closed: Sequence[Row]) -> list[str]:
    """What is against the months that were closed."""
    return [
        f"{model.month_name(one['period'])} was closed at entry {one['last']}, which was another then."
        if row["seq"] == one["last"]
        else f"Entry {row['seq']} was written into {model.month_name(row['period'])} after it was closed."
        for one in closed
        if (row["seq"] == one["last"] and row["sha256"] != one["sha256"])
        or (row["seq"] > one["last"] and row["period"] <= one["period"])
    ]


async def _entries(shop: Shop) -> AsyncIterator[tuple[Row, list[Row]]]:
    """All of them, some at a time."""
    work = shop.works["books"]
    after = 0
    while rows := await store.rows_after(work, after, MANY):
        found: dict[int, list[Row]] = {}
        for one in await store.postings_between(work, rows[0]["seq"], rows[-1]["seq"]):
            found.setdefault(one["seq"], []).append(one)
        for row in rows:
            yield row, found.get(row["seq"], [])
        after = rows[-1]["seq"]


async def _sums_agree(
    shop: Shop, days: Counter[tuple[Any, ...]], taxes: defaultdict[tuple[Any, ...], list[int]]
) -> list[str]:
    wrong = []
    work = shop.works["books"]
    for row in await statement_store.all_day_sums(work):
        key = tuple(row[name] for name in ("period", "day", "account", "provider", "currency"))
        sides = [side for side in ("debit", "credit") if days.pop((*key, side), 0) != row[side]]
        wrong += [
            f"What is said of {row['account']} on day {row['day']} is not what its entries come to." for _ in sides
        ]
    wrong += [
        f"Nothing is said of {key[2]} on day {key[1]}, though there are entries." for key, sum_ in days.items() if sum_
    ]
    for row in await statement_store.all_tax_sums(work):
        key = (row["period"], row["tax_kind"], row["currency"])
        if taxes.pop(key, [0, 0, 0]) != [row["base"], row["tax"], row["sales"]]:
            wrong.append(
                f"What is said of the taxes of {model.month_name(row['period'])} is not what its entries come to."
            )
    wrong += [f"The taxes of {model.month_name(key[0])} are not said, though there are entries." for key in taxes]
    return list(dict.fromkeys(wrong))[:MOST]


async def documents_add_up(shop: Shop) -> list[str]:
    """In each series each number is there, and each document is as it was issued."""
    work = shop.works["books"]
    wrong: list[str] = []
    last: dict[str, tuple[int, str]] = {}
    place = ("", 0)
    while rows := await document_store.rows_after(work, place, MANY):
        place = rows[-1]["series"], rows[-1]["number"]
        for row in rows:
            number, digest = last.get(row["series"], (0, ""))
            if row["number"] != number + 1:
                wrong.append(f"In the series {row['series']}, {row['number']} comes after {number}.")
            if row["before"] != digest:
                wrong.append(f"{row['name']} does not follow the document before it.")
            body = document_store.body_of(row, shop.vault)
            if not body and row["keep_until"] > to_micros(shop.clock.now()):
                wrong.append(f"What stood in {row['name']} is gone before its time.")
            if body and issuing.document_hash(row["before"], row, body) != row["sha256"]:
                wrong.append(f"{row['name']} is not as it was issued.")
            last[row["series"]] = row["number"], row["sha256"]
        if len(wrong) >= MOST:
            return wrong
    done = await statement_store.place(work, issuing.ISSUED)
    wrong += [
        f"No document was issued for entry {seq} of the ledger."
        for seq in await document_store.without_paper(work, int(done or 0), MOST)
    ]
    heads = await store.heads(work)
    wrong += [
        f"{series}: the last number is {told[0]}, but {heads.get(series, (0, ''))[0]} were given."
        for series, told in last.items()
        if heads.get(series) != told
    ]
    wrong += [
        f"{series}: {told[0]} numbers were given, but there is no document."
        for series, told in heads.items()
        if series not in last and told[0]
    ]
    return wrong


async def unbooked_orders(shop: Shop) -> list[tuple[str, str]]:
    """Orders that are not booked as they stand: a sentence, and the order. What is of before the books may still be taken in."""
    work = shop.works["books"]
    ended = await statement_store.place(work, service.BEFORE) == service.ENDED
    began = await statement_store.place(work, issuing.BEGAN)
    wrong: list[tuple[str, str]] = []
    last = ""
    while rows := await shop.works["orders"].fetch(
        "SELECT id, number FROM orders WHERE id > :last AND source = '' ORDER BY id LIMIT :many", last=last, many=MANY
    ):
        last = rows[-1]["id"]
        for row in rows:
            booked = await store.booked(work, row["id"])
            try:
                order = await shop.orders.get(row["id"])
            except Missing:
                continue
            if not booked and not ended and (began is None or to_micros(order.placed_at) < int(began)):
                continue
            payments = await shop.payments.of_order(row["id"])
            wrong += [
                (sentence, row["id"]) for sentence in _differs(row["number"], booked, model.targets(order, payments))
            ]
    return wrong


def _differs(
    number: int, booked: dict[EntryKind, dict[model.Key, model.Sum]], targets: dict[EntryKind, model.Sums]
) -> Sequence[str]:
    kinds: tuple[EntryKind, ...] = ("sale", "return", "payment")
    found = [
        f"Order {number}: {one.amount.amount} is not booked on {one.account}, though its {kind} comes to it."
        for kind in kinds
        for one in targets.get(kind, model.Sums("")).less(booked.get(kind, {}))
    ]
    return found[:1]
