"""SQL for refunds of payments. A payment's `refunded` column counts refunds that were requested and not refused."""

from collections.abc import Sequence

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.money import Money
from shopwright.services.payments.contract import PaymentRefund


def refund(row: Row, currency: str) -> PaymentRefund:
    """Decode a refund."""
    return PaymentRefund(
        key=row["key"],
        amount=Money(row["amount"], currency),
        state=row["state"],
        why=row["why"],
        reference=row["reference"],
        settled_at=None if row["settled_at"] is None else from_micros(row["settled_at"]),
        by_provider=bool(row["outside"]),
    )


async def of_payment(source: ServiceDatabase | Transaction, payment_id: str) -> Sequence[Row]:
    """Return all refunds of a payment in order of request."""
    return await source.fetch(
        "SELECT * FROM refunds WHERE payment_id = :payment_id ORDER BY COALESCE(asked_at, 0), key",
        payment_id=payment_id,
    )


async def by_key(source: ServiceDatabase | Transaction, key: str) -> Row | None:
    """Return a refund by key."""
    return await source.one("SELECT * FROM refunds WHERE key = :key", key=key)


async def insert(tx: Transaction, key: str, payment_id: str, amount: Money) -> bool:
    """Insert a refund. Returns False if its key is taken."""
    return bool(
        await tx.run(
            "INSERT INTO refunds (key, payment_id, amount, state, asked_at, ask_at)"
            " VALUES (:key, :payment_id, :amount, 'asked', :now, :now) ON CONFLICT (key) DO NOTHING",
            key=key,
            payment_id=payment_id,
            amount=amount.amount,
            now=to_micros(tx.now),
        )
    )


async def count(tx: Transaction, payment_id: str, amount: Money) -> bool:
    """Count a refund against its payment. Returns False if it exceeds what was paid."""
    return bool(
        await tx.run(
            "UPDATE payments SET refunded = refunded + :amount WHERE id = :id AND refunded + :amount <= amount",
            id=payment_id,
            amount=amount.amount,
        )
    )


async def uncount(tx: Transaction, payment_id: str, amount: int) -> None:
    """Undo the count of a refund."""
    await tx.run("UPDATE payments SET refunded = refunded - :amount WHERE id = :id", id=payment_id, amount=amount)


async def claim(tx: Transaction, key: str, ask_at: int) -> Row | None:
    """Claim a refund that is due, until `ask_at`. Returns None if it is not due."""
    rows = await tx.fetch(
        "UPDATE refunds SET tried_at = :now, ask_at = :ask_at, asked_at = COALESCE(asked_at, :now)"
        " WHERE key = :key AND state = 'asked' AND COALESCE(ask_at, 0) <= :now RETURNING *",
        key=key,
        ask_at=ask_at,
        now=to_micros(tx.now),
    )
    return rows[0] if rows else None


async def hold(tx: Transaction, key: str, before: int, ask_at: int) -> Row | None:
    """Claim a refund that must not be requested again. Returns None if it was requested after `before`."""
    rows = await tx.fetch(
        "UPDATE refunds SET tried_at = :now, ask_at = :ask_at WHERE key = :key AND state = 'asked'"
        " AND COALESCE(tried_at, 0) <= :before RETURNING *",
        key=key,
        before=before,
        ask_at=ask_at,
        now=to_micros(tx.now),
    )
    return rows[0] if rows else None


async def settle(tx: Transaction, key: str, reference: str) -> bool:
    """Mark a pending refund as settled. Returns False if it is not pending."""
    return bool(
        await tx.run(
            "UPDATE refunds SET state = 'settled', reference = :reference, settled_at = :now"
            " WHERE key = :key AND state = 'asked'",
            key=key,
            reference=reference,
            now=to_micros(tx.now),
        )
    )


async def accept(tx: Transaction, key: str, reference: str) -> None:
    """Record that the provider accepted a refund it has yet to decide."""
    await tx.run(
        "UPDATE refunds SET reference = :reference WHERE key = :key AND state = 'asked'", key=key, reference=reference
    )


async def refuse(tx: Transaction, key: str, why: str) -> None:
    """Mark a refund as refused; its payment is locked."""
    await tx.run("UPDATE refunds SET state = 'refused', why = :why WHERE key = :key", key=key, why=why)


async def settled_sum(tx: Transaction, payment_id: str) -> int:
    """Return the sum of a payment's settled refunds."""
    row = await tx.one(
        "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS n FROM refunds WHERE payment_id = :id AND state = 'settled'",
        id=payment_id,
    )
    return int(row["n"]) if row else 0


async def due(source: ServiceDatabase, now: int, limit: int) -> list[str]:
    """Return refunds due for a request, longest waiting first."""
    rows = await source.fetch(
        "SELECT key FROM refunds WHERE state = 'asked' AND COALESCE(ask_at, 0) <= :now"
        " ORDER BY COALESCE(ask_at, 0), key LIMIT :limit",
        now=now,
        limit=limit,
    )
    return [row["key"] for row in rows]


async def metrics(source: ServiceDatabase, now: int) -> dict[str, float]:
    """Count pending refunds, and the age of the oldest in seconds."""
    row = await source.one("SELECT count(*) AS n, MIN(asked_at) AS oldest FROM refunds WHERE state = 'asked'")
    oldest = row["oldest"] if row else None
    return {
        "refunds unsettled": row["n"] if row else 0,
        "seconds the oldest unsettled refund waits": 0 if oldest is None else max(0, now - oldest) / 1_000_000,
    }
