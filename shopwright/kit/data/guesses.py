"""Counting guesses in a service's table `guesses`, by subject or by client."""

from datetime import datetime, timedelta

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.unit_of_work import Transaction

WINDOW = timedelta(minutes=15)


async def count(tx: Transaction, key: str) -> tuple[int, datetime]:
    """Count one more; returns how many and until when they count. Old ones expire."""
    [row] = await tx.fetch(
        "INSERT INTO guesses (key, count, since) VALUES (:key, 1, :now) ON CONFLICT (key) DO UPDATE SET"
        " count = CASE WHEN guesses.since <= :old THEN 1 ELSE guesses.count + 1 END,"
        " since = CASE WHEN guesses.since <= :old THEN :now ELSE guesses.since END RETURNING count, since",
        key=key,
        now=to_micros(tx.now),
        old=to_micros(tx.now - WINDOW),
    )
    return row["count"], from_micros(row["since"]) + WINDOW


async def take_back(tx: Transaction, key: str) -> None:
    """Remove one, as it was right."""
    await tx.run("UPDATE guesses SET count = count - 1 WHERE key = :key AND count > 0", key=key)


async def forget_old(tx: Transaction) -> None:
    """Delete expired counts."""
    await tx.run("DELETE FROM guesses WHERE since <= :old", old=to_micros(tx.now - WINDOW))
