"""SQL for changes to received payments by their providers."""

from collections.abc import Sequence

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import Reader, Transaction
from shopwright.kit.money import Money
from shopwright.services.payments import model

RECEIVED = "status IN ('captured', 'part_refunded', 'refunded', 'disputed')"


async def schedule_missing(tx: Transaction, most: int) -> int:
    """Schedule look-ups of payments that an earlier version stored, in batches. Returns how many."""
    return await tx.run(
        f"UPDATE payments SET look_at = CASE WHEN {RECEIVED} AND amount > 0 THEN CAST(:now AS BIGINT) ELSE 0 END WHERE id IN (SELECT id"
        " FROM payments WHERE look_at IS NULL AND created_at > :since AND ask_at IS NULL ORDER BY created_at LIMIT :most)",
        now=to_micros(tx.now),
        since=to_micros(tx.now - model.LOOKED_UP_FOR),
        most=most,
    )


async def claim_due(tx: Transaction, most: int) -> Sequence[Row]:
    """Claim payments due for a look-up; each is due again after a pause that grows with its age."""
    rows = await tx.fetch(
        "UPDATE payments SET look_at = 0 WHERE id IN (SELECT id FROM payments WHERE look_at > 0 AND look_at <= :now"
        " ORDER BY look_at LIMIT :most) RETURNING *",
        now=to_micros(tx.now),
        most=most,
    )
    later = [(row["id"], model.next_look(from_micros(row["created_at"]), tx.now)) for row in rows]
    await tx.run_many(
        "UPDATE payments SET look_at = :look_at WHERE id = :id",
        [{"id": payment_id, "look_at": to_micros(when)} for payment_id, when in later if when is not None],
    )
    return rows


async def look_at(tx: Transaction, payment_id: str, when: int) -> None:
    """Schedule a look-up then, or earlier."""
    await tx.run(
        "UPDATE payments SET look_at = :when WHERE id = :id AND (look_at IS NULL OR look_at = 0 OR look_at > :when)",
        id=payment_id,
        when=when,
    )


async def set_dispute(tx: Transaction, payment_id: str, dispute: str) -> None:
    """Write the state of a dispute."""
    await tx.run("UPDATE payments SET dispute = :dispute WHERE id = :id", id=payment_id, dispute=dispute)


async def insert_outside(tx: Transaction, key: str, payment_id: str, amount: Money, reference: str, why: str) -> bool:
    """Insert a settled refund made at the provider. Returns False if it is known."""
    return bool(
        await tx.run(
            "INSERT INTO refunds (key, payment_id, amount, state, why, reference, outside, asked_at, settled_at)"
            " VALUES (:key, :payment_id, :amount, 'settled', :why, :reference, 1, :now, :now) ON CONFLICT (key) DO NOTHING",
            key=key,
            payment_id=payment_id,
            amount=amount.amount,
            why=why,
            reference=reference,
            now=to_micros(tx.now),
        )
    )


async def known(source: Reader, provider: str, references: Sequence[str], ids: Sequence[str]) -> set[str]:
    """Return which of these payments are known, by provider reference or our id."""
    by_reference = "SELECT reference AS name FROM payments WHERE provider = :provider AND reference IN (:each)"
    rows = await source.fetch_in(by_reference, references, provider=provider)
    rows += await source.fetch_in("SELECT id AS name FROM payments WHERE id IN (:each)", ids)
    return {row["name"] for row in rows}


async def insert_taken_in(tx: Transaction, payment_id: str, provider: str, reference: str, amount: Money) -> bool:
    """Insert a received payment of an unknown order. Returns False if it exists."""
    return bool(
        await tx.run(
            "INSERT INTO payments (id, key, order_id, provider, token, return_url, reference, status, amount, currency,"
            " created_at, look_at) VALUES (:id, :key, '', :provider, '', '', :reference, 'captured', :amount, :currency,"
            " :now, :now) ON CONFLICT DO NOTHING",
            id=payment_id,
            key=f"taken in/{provider}/{reference}",
            provider=provider,
            reference=reference,
            amount=amount.amount,
            currency=amount.currency,
            now=to_micros(tx.now),
        )
    )


async def latest(source: Reader, since: int, most: int) -> Sequence[Row]:
    """Return payments received since then, newest first."""
    return await source.fetch(
        f"SELECT * FROM payments WHERE {RECEIVED} AND amount > 0 AND created_at > :since ORDER BY created_at DESC LIMIT :most",
        since=since,
        most=most,
    )
