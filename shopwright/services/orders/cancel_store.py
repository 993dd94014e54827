"""Paid orders that are being cancelled, in SQL: first their money goes back, and meanwhile nothing else happens to them."""

import msgspec

from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.personal import Personal


class Cancelling(msgspec.Struct, frozen=True, kw_only=True):
    """Why, by whom, and under which key the money goes back."""

    reason: Personal[str]
    key: str
    who: Personal[str] = ""
    user_id: str | None = None
    role: str = ""
    took_goods: bool = False


async def begin(tx: Transaction, order_id: str, told: Cancelling) -> bool:
    """It is being cancelled from now on; False where it is already, or is not paid."""
    return bool(
        await tx.run(
            "UPDATE orders SET cancelling = :told WHERE id = :id AND status = 'paid' AND cancelling IS NULL",
            id=order_id,
            told=msgspec.json.encode(told).decode(),
        )
    )


async def end(tx: Transaction, order_id: str) -> None:
    """It is cancelled, or stays as it was."""
    await tx.run("UPDATE orders SET cancelling = NULL WHERE id = :id AND cancelling IS NOT NULL", id=order_id)


async def told_of(source: ServiceDatabase | Transaction, order_id: str) -> Cancelling | None:
    """How it is being cancelled; None where it is not."""
    row = await source.one("SELECT cancelling FROM orders WHERE id = :id AND cancelling IS NOT NULL", id=order_id)
    return decode_tolerant(row["cancelling"], Cancelling) if row else None


async def unfinished(source: ServiceDatabase, limit: int) -> list[str]:
    """Orders that are being cancelled."""
    rows = await source.fetch(
        "SELECT id FROM orders WHERE cancelling IS NOT NULL ORDER BY id LIMIT :limit", limit=limit
    )
    return [row["id"] for row in rows]
