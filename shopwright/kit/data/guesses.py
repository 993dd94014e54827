"""Tries to guess something, counted in the table `guesses` of a service: by what is guessed, or by who does."""

from datetime import datetime, timedelta

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.unit_of_work import Transaction

WINDOW = timedelta(minutes=15)


async def count(tx: Transaction, key: str) -> tuple[int, datetime]:
    """One more with this one: how many there were, and until when they count; what is old counts no more."""
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
    """That one was no guess."""
    await tx.run("UPDATE guesses SET count = count - 1 WHERE key = :key AND count > 0", key=key)


async def forget_old(tx: Transaction) -> None:
    """What counts no more."""
    await tx.run("DELETE FROM guesses WHERE since <= :old", old=to_micros(tx.now - WINDOW))
