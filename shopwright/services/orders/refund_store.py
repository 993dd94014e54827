"""Refunds of orders in SQL; those of nothing, for goods that cost nothing, have a table of their own."""

from shopwright.kit.database import Row
from shopwright.kit.versions import understood
from shopwright.kit.work import Transaction, Work
from shopwright.services.orders.contract import Refund
from shopwright.services.orders.store import to_json


async def insert_refund(tx: Transaction, order_id: str, refund: Refund, key: str, fingerprint: str) -> None:
    """A refund."""
    if not refund.amount.amount:
        await tx.run(
            "INSERT INTO order_returns (id, order_id, key, fingerprint, status, body)"
            " VALUES (:id, :order_id, :key, :fingerprint, :status, :body)",
            id=refund.id,
            order_id=order_id,
            key=key,
            fingerprint=fingerprint,
            status=refund.status,
            body=to_json(refund),
        )
        return
    await tx.run(
        "INSERT INTO order_refunds (id, order_id, key, fingerprint, amount, status, body)"
        " VALUES (:id, :order_id, :key, :fingerprint, :amount, :status, :body)",
        id=refund.id,
        order_id=order_id,
        key=key,
        fingerprint=fingerprint,
        amount=refund.amount.amount,
        status=refund.status,
        body=to_json(refund),
    )


async def refund_by_key(source: Work | Transaction, key: str) -> Row | None:
    """The refund asked with this key."""
    return await source.one(
        "SELECT fingerprint FROM order_refunds WHERE key = :key UNION ALL SELECT fingerprint FROM order_returns WHERE key = :key",
        key=key,
    )


async def settle_refund(tx: Transaction, refund_id: str) -> bool:
    """Asked → settled; False where it is already, or is not ours."""
    settled = 0
    for table in ("order_refunds", "order_returns"):
        settled += await tx.run(
            f"UPDATE {table} SET status = 'settled' WHERE id = :id AND status = 'asked'", id=refund_id
        )
    return bool(settled)


async def open_refunds(source: Work) -> list[tuple[str, Refund]]:
    """Refunds the payment service has not confirmed, with their orders."""
    rows = await source.fetch(
        "SELECT id, order_id, body FROM order_refunds WHERE status = 'asked'"
        " UNION ALL SELECT id, order_id, body FROM order_returns WHERE status = 'asked' ORDER BY id LIMIT 50"
    )
    return source.aside.readable(
        "refund", rows, lambda row: str(row["id"]), lambda row: (row["order_id"], understood(row["body"], Refund))
    )
