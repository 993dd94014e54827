"""SQL for refunds; refunds of zero, for free goods, have their own table."""

from collections.abc import Sequence

import msgspec

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.services.orders.contract import Refund


def to_json(refund: Refund) -> str:
    """Encode a refund for its column."""
    return msgspec.json.encode(refund).decode()


def from_row(row: Row) -> Refund:
    """Decode a row of either table; one with a `why` was refused."""
    return msgspec.structs.replace(
        decode_tolerant(row["body"], Refund),
        status="settled" if row["status"] == "settled" else "asked",
        why=(row["why"] or "It was refused.") if row["status"] == "refused" else "",
        reference=row["reference"],
        settled_at=None if row["settled_at"] is None else from_micros(row["settled_at"]),
    )


REFUNDS = (
    "SELECT order_id, id, status, body, why, reference, settled_at FROM order_refunds WHERE {these}"
    " UNION ALL SELECT order_id, id, status, body, '', '', NULL FROM order_returns WHERE {these} ORDER BY order_id, id"
)


def counted(rows: Sequence[Row]) -> tuple[tuple[Refund, ...], tuple[Refund, ...]]:
    """Split an order's refunds into those that count and those that were refused."""
    if not rows:
        return (), ()
    found = sorted(map(from_row, rows), key=lambda one: (one.created_at, one.of_all, one.id))
    return tuple(one for one in found if not one.why), tuple(one for one in found if one.why)


async def insert_refund(tx: Transaction, order_id: str, refund: Refund, key: str, fingerprint: str) -> bool:
    """Insert a refund. Returns False if its key is taken."""
    if not refund.amount.amount:
        return bool(
            await tx.run(
                "INSERT INTO order_returns (id, order_id, key, fingerprint, status, body)"
                " VALUES (:id, :order_id, :key, :fingerprint, :status, :body) ON CONFLICT (key) DO NOTHING",
                id=refund.id,
                order_id=order_id,
                key=key,
                fingerprint=fingerprint,
                status=refund.status,
                body=to_json(refund),
            )
        )
    return bool(
        await tx.run(
            "INSERT INTO order_refunds (id, order_id, key, fingerprint, amount, status, body, reference, settled_at, ask_at)"
            " VALUES (:id, :order_id, :key, :fingerprint, :amount, :status, :body, :reference, :settled_at, :now)"
            " ON CONFLICT (key) DO NOTHING",
            id=refund.id,
            order_id=order_id,
            key=key,
            fingerprint=fingerprint,
            amount=refund.amount.amount,
            status=refund.status,
            body=to_json(refund),
            reference=refund.reference,
            settled_at=None if refund.settled_at is None else to_micros(refund.settled_at),
            now=to_micros(tx.now),
        )
    )


async def rewrite(tx: Transaction, refund: Refund) -> None:
    """Replace the stored body of a refund."""
    for table in ("order_refunds", "order_returns"):
        await tx.run(f"UPDATE {table} SET body = :body WHERE id = :id", id=refund.id, body=to_json(refund))


async def refund_by_key(source: ServiceDatabase | Transaction, key: str) -> Row | None:
    """Return the refund requested with this key."""
    return await source.one(
        "SELECT id, fingerprint FROM order_refunds WHERE key = :key"
        " UNION ALL SELECT id, fingerprint FROM order_returns WHERE key = :key",
        key=key,
    )


async def settle_refund(tx: Transaction, refund_id: str, reference: str = "") -> bool:
    """Mark a pending refund as settled. Returns False if it is settled already or unknown."""
    settled = await tx.run(
        "UPDATE order_refunds SET status = 'settled', reference = :reference, settled_at = :now"
        " WHERE id = :id AND status = 'asked'",
        id=refund_id,
        reference=reference,
        now=to_micros(tx.now),
    )
    settled += await tx.run(
        "UPDATE order_returns SET status = 'settled' WHERE id = :id AND status = 'asked'", id=refund_id
    )
    return bool(settled)


async def refuse_refund(tx: Transaction, refund_id: str, why: str) -> bool:
    """Mark a refund as refused or returned. Returns False if it is already."""
    return bool(
        await tx.run(
            "UPDATE order_refunds SET status = 'refused', why = :why WHERE id = :id AND status <> 'refused'",
            id=refund_id,
            why=why,
        )
    )


async def open_refunds(source: ServiceDatabase, now: int, limit: int) -> list[tuple[str, Refund]]:
    """Return pending refunds that are due for a look-up, with their orders."""
    rows = await source.fetch(
        "SELECT id, order_id, body, COALESCE(ask_at, 0) AS ask_at FROM order_refunds"
        " WHERE status = 'asked' AND COALESCE(ask_at, 0) <= :now"
        " UNION ALL SELECT id, order_id, body, 0 FROM order_returns WHERE status = 'asked' ORDER BY ask_at, id LIMIT :limit",
        now=now,
        limit=limit,
    )
    return source.aside.readable(
        "refund", rows, lambda row: str(row["id"]), lambda row: (row["order_id"], decode_tolerant(row["body"], Refund))
    )


async def ask_later(tx: Transaction, refund_id: str, ask_at: int) -> None:
    """Postpone the next look-up of a refund, so that others go first."""
    await tx.run("UPDATE order_refunds SET ask_at = :ask_at WHERE id = :id", id=refund_id, ask_at=ask_at)
