"""SQL for finding orders, always by an index."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.pieces import joined, looked_for, terms_of
from shopwright.kit.text import like_literal
from shopwright.services.orders import list_store, past_store, store, whole_store
from shopwright.services.orders.contract import Order, OrderSummary, Shipment
from shopwright.services.orders.model import national_digits, phone_spelt
from shopwright.services.orders.sale_store import SaleOfOrder

LOOKED_THROUGH = 50_000  # most candidates that are checked for a match
FEW = 10_000
FEW_FIRST = "orders.number + 0"  # sorted by what is no index: one would be gone through from end to end


class FindIndex(msgspec.Struct, frozen=True):
    """One way to find orders: tables, sort order and conditions."""

    conditions: Sequence[str]
    given: Mapping[str, Any]
    tables: str = "orders"
    by: str = "orders.number"


# --- writing


async def insert(
    tx: Transaction, order: Order, expires_at: int, cart_version: int, sale: SaleOfOrder | None = None
) -> None:
    """Insert a new order and its search terms. Raises UniqueViolation if its id or its cart already has one."""
    personal = _personal(order.shipping_address, order.billing_address)
    await store.insert(tx, order, expires_at, cart_version, _joined(personal), sale or SaleOfOrder())
    await _write(tx, int(order.number), personal | {joined(line.sku) for line in order.lines})


async def write_tracking(tx: Transaction, order: Order, tracking_number: str) -> None:
    """Add a tracking number to the search terms."""
    await _write(tx, int(order.number), {joined(tracking_number)})


async def forget(tx: Transaction, order: Order) -> None:
    """Remove the buyer's search terms, whichever version wrote them."""
    number = int(order.number)
    row = await tx.one("SELECT personal_terms FROM orders WHERE number = :number", number=number)
    terms = (row["personal_terms"] or "").split() if row else []
    await tx.run_many(
        "DELETE FROM order_terms WHERE term = :term AND number = :number",
        [{"term": term, "number": number} for term in terms],
    )
    await tx.run("UPDATE orders SET personal_terms = '' WHERE number = :number", number=number)
    await _write_item_terms(tx, order.id, number)  # a word of theirs may be the name of a thing, too


async def write_missing(tx: Transaction, most: int) -> int:
    """Write the search terms of older orders. Returns how many were written."""
    rows = await tx.fetch(
        "UPDATE orders SET personal_terms = ''"
        " WHERE id IN (SELECT id FROM orders WHERE personal_terms IS NULL ORDER BY id DESC LIMIT :most) RETURNING *",
        most=most,
    )
    for row in rows:
        if not row["erasing"]:
            body = decode_tolerant(row["body"], whole_store.OrderBody)
            await _write_personal(tx, row["number"], _personal(body.shipping_address, body.billing_address))
        await _write_item_terms(tx, row["id"], row["number"])
    return len(rows)


async def _write_item_terms(tx: Transaction, order_id: str, number: int) -> None:
    lines = await tx.fetch("SELECT body FROM order_lines WHERE order_id = :id", id=order_id)
    parcels = await tx.fetch("SELECT body FROM shipments WHERE order_id = :id", id=order_id)
    await _write(tx, number, {*map(_sku, lines), *map(_tracking, parcels)})


def _sku(row: Row) -> str:
    return joined(decode_tolerant(row["body"], whole_store.LineBody).sku)


def _tracking(row: Row) -> str:
    return joined(decode_tolerant(row["body"], Shipment).tracking_number)


def _personal(*addresses: Address) -> set[str]:
    """Search terms of addresses; the e-mail address has its own index."""
    found = {term for one in addresses for term in terms_of(f"{one.name} {one.company} {one.city} {one.postal_code}")}
    found |= {joined(one.postal_code) for one in addresses}
    return found | {national_digits(one.phone) for one in addresses if one.phone}


async def _write_personal(tx: Transaction, number: int, terms: set[str]) -> None:
    await tx.run(
        "UPDATE orders SET personal_terms = :terms WHERE number = :number", terms=_joined(terms), number=number
    )
    await _write(tx, number, terms)


def _joined(terms: set[str]) -> str:
    return " ".join(sorted(terms - {""}))


async def _write(tx: Transaction, number: int, terms: set[str]) -> None:
    await tx.run_many(
        "INSERT INTO order_terms (term, number) VALUES (:term, :number) ON CONFLICT (term, number) DO NOTHING",
        [{"term": term, "number": number} for term in sorted(terms - {""})],
    )


# --- finding


async def search(
    source: ServiceDatabase, *, customer_id: str, status: str, text: str, paid_by: Sequence[str], after: str, limit: int
) -> list[OrderSummary]:
    """List orders, newest first. `paid_by`: orders whose payment has this name.

    The first kind of match that finds anything decides, whatever else is filtered by: number or name as typed, then
    words, then parts of words, then a substring of name or address among the newest orders, as that one scans.
    """
    where, values = ["1 = 1"], dict[str, Any]()
    if customer_id:
        where.append("customer_id = :customer_id")
        values["customer_id"] = customer_id
    if status:
        met, more = list_store.condition(status)
        where, values = [*where, met], values | more
    if not text.strip():
        return await store.summaries(source, *_after(where, values, after), limit)
    below = await _number(source, after) if after else store.LARGEST_NUMBER
    where, values = [*where, "orders.number < :below"], {**values, "below": below}
    for alternatives in await _ways(source, text.strip(), paid_by, status):
        if not any([await _is_any(source, alternative) for alternative in alternatives]):
            continue
        found: dict[str, OrderSummary] = {}
        for alternative in alternatives:
            given = {**values, **alternative.given}
            some = await store.summaries(
                source, [*alternative.conditions, *where], given, limit, tables=alternative.tables, by=alternative.by
            )
            found |= {one.id: one for one in some}
        return sorted(found.values(), key=lambda one: int(one.number), reverse=True)[:limit]
    return await _partly(source, where, values, text.strip().lower(), limit)


def _after(where: Sequence[str], values: Mapping[str, Any], after: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    return ([*where, "id < :after"], {**values, "after": after}) if after else (where, values)


async def _number(source: ServiceDatabase, order_id: str) -> int:
    """Return the number of an order; 0 if there is none, so that nothing follows."""
    row = await source.one("SELECT number FROM orders WHERE id = :id", id=order_id)
    return int(row["number"]) if row else 0


async def _ways(source: ServiceDatabase, text: str, paid_by: Sequence[str], status: str) -> list[list[FindIndex]]:
    """Return the kinds of match, the most exact first; within a kind all matches count alike."""
    number = text.lstrip("#")
    exactly, given = past_store.known_as(number)
    given |= {"lower": text.lower()}
    if number.isdecimal() and len(number) <= store.LONGEST_NUMBER:
        exactly, given["number"] = f"(orders.number = :number OR {exactly})", int(number)
    first = [FindIndex([exactly], given, by=FEW_FIRST)]
    if paid_by:
        names = {f"paid{place}": order_id for place, order_id in enumerate(paid_by)}
        first.append(FindIndex([f"id IN ({', '.join(f':{name}' for name in names)})"], names, by=FEW_FIRST))
    all_terms, *others = looked_for(text) or [[]]
    terms = [[one] for one in dict.fromkeys((*all_terms, *phone_spelt(text))) if one]
    first += [await _by_terms(source, one, status) for one in terms]
    return [first, *[[await _by_terms(source, one, status)] for one in others]]


async def _by_terms(source: ServiceDatabase, terms: Sequence[str], status: str) -> FindIndex:
    """Match orders with all these terms, starting from the rarest term or the status."""
    counts = {term: await _few(source, "order_terms WHERE term = :term", {"term": term}) for term in terms}
    terms = sorted(terms, key=lambda term: counts[term])
    given = {f"term{place}": term for place, term in enumerate(terms)}
    has = "EXISTS (SELECT 1 FROM order_terms o WHERE o.term = :{} AND o.number = {})"
    if status and counts[terms[0]] >= FEW:
        met, more = list_store.condition(status)
        if await _few(source, f"orders WHERE {met}", more) < FEW:
            return FindIndex([has.format(name, "orders.number") for name in given], given, by=FEW_FIRST)
    # SQLite keeps this order of tables; otherwise it would scan all orders, as they are sorted already.
    if len(terms) == 1 and not status:
        tables = "order_terms met CROSS JOIN orders"
        return FindIndex(["met.term = :term0", "orders.number = met.number"], given, tables, "met.number")
    newest = (
        "SELECT number FROM order_terms WHERE term = :term0 AND number < :below"
        f" ORDER BY number DESC LIMIT {LOOKED_THROUGH}"
    )
    others = [has.format(name, "met.number") for name in list(given)[1:]]
    return FindIndex(["orders.number = met.number", *others], given, f"({newest}) met CROSS JOIN orders", "met.number")


async def _few(source: ServiceDatabase, among: str, given: Mapping[str, Any]) -> int:
    row = await source.one(f"SELECT count(*) AS n FROM (SELECT 1 FROM {among} LIMIT :few) few", few=FEW, **given)
    return int(row["n"]) if row else 0


async def _is_any(source: ServiceDatabase, alternative: FindIndex) -> bool:
    found = await source.one(
        f"SELECT 1 AS found FROM {alternative.tables} WHERE {' AND '.join(alternative.conditions)} LIMIT 1",
        **{"below": store.LARGEST_NUMBER, **alternative.given},
    )
    return found is not None


async def _partly(
    source: ServiceDatabase, where: Sequence[str], values: Mapping[str, Any], text: str, limit: int
) -> list[OrderSummary]:
    oldest = await source.one("SELECT id FROM orders ORDER BY id DESC LIMIT 1 OFFSET :looked", looked=LOOKED_THROUGH)
    if oldest is not None:
        where, values = [*where, "id > :oldest"], {**values, "oldest": oldest["id"]}
    like = {"like": f"%{like_literal(text)}%"}
    where = [*where, "(lower(email) LIKE :like ESCAPE '!' OR lower(name) LIKE :like ESCAPE '!')"]
    return await store.summaries(source, where, {**values, **like}, limit)
