"""SQL for counting payment attempts."""

from collections.abc import Mapping

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.services.payments.model import FailedAttempts, Who

COLUMNS: Mapping[Who, str] = {
    "order": "order_id",
    "email": "email_hash",
    "card": "card_hash",
    "address": "address_hash",
}


async def vain(source: ServiceDatabase | Transaction, who: Who, value: str, since: int) -> FailedAttempts:
    """Return the failed attempts since then and the time of the last."""
    row = await source.one(
        f"SELECT count(*) AS n, MAX(created_at) AS last FROM payments WHERE {COLUMNS[who]} = :value"
        f" AND {COLUMNS[who]} <> '' AND created_at > :since AND status IN ('failed', 'cancelled')",
        value=value,
        since=since,
    )
    return FailedAttempts(row["n"], from_micros(row["last"])) if row and row["n"] else FailedAttempts(0, None)


async def forget(tx: Transaction, limit: int) -> None:
    """Delete keys of attempts that are no longer counted, in batches."""
    await tx.run(
        "UPDATE payments SET email_hash = '', address_hash = '', card_hash = '' WHERE id IN (SELECT id FROM payments"
        " WHERE created_at <= :before AND email_hash <> '' ORDER BY created_at LIMIT :limit)",
        before=to_micros(tx.now - 2 * FailedAttempts.COUNTED),
        limit=limit,
    )
