"""Tries to open an order by its e-mail address, counted in SQL."""

from datetime import timedelta

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import Transaction

WINDOW = timedelta(minutes=15)


async def count(tx: Transaction, key: str) -> tuple[int, int]:
    """How many there were with this one, and since when; what is old counts no more."""
    old, now = to_micros(tx.now - WINDOW), to_micros(tx.now)
    [row] = await tx.fetch(
        "INSERT INTO guesses (key, count, since) VALUES (:key, 1, :now) ON CONFLICT (key) DO UPDATE SET"
        " count = CASE WHEN guesses.since <= :old THEN 1 ELSE guesses.count + 1 END,"
        " since = CASE WHEN guesses.since <= :old THEN :now ELSE guesses.since END RETURNING count, since",
        key=key,
        now=now,
        old=old,
    )
    return row["count"], row["since"]


async def forget_old(tx: Transaction) -> None:
    """What counts no more."""
    await tx.run("DELETE FROM guesses WHERE since <= :old", old=to_micros(tx.now - WINDOW))


async def take_back(tx: Transaction, key: str) -> None:
    """That one was no guess."""
    await tx.run("UPDATE guesses SET count = count - 1 WHERE key = :key AND count > 0", key=key)
