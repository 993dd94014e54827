"""SQL for failed tries and known clients."""

from collections.abc import Sequence
from datetime import timedelta

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import Transaction

FORGOTTEN = timedelta(hours=1)
KNOWN_FOR = timedelta(days=180)
MOST_KNOWN = 20


async def hold(tx: Transaction, key: str) -> tuple[int, int]:
    """Return the number of tries and the time of the last one, locked until the transaction ends."""
    [row] = await tx.fetch(
        "INSERT INTO failures (key, count, last) VALUES (:key, 0, 0)"
        " ON CONFLICT (key) DO UPDATE SET count = failures.count RETURNING count, last",
        key=key,
    )
    return (row["count"], row["last"]) if row["last"] > to_micros(tx.now - FORGOTTEN) else (0, 0)


async def count(tx: Transaction, key: str, tries: int) -> None:
    """Set the number of tries."""
    await tx.run(
        "UPDATE failures SET count = :tries, last = :now WHERE key = :key", key=key, tries=tries, now=to_micros(tx.now)
    )


async def take_back(tx: Transaction, key: str, *, everything: bool) -> None:
    """Reduce the number of tries by one, or to zero."""
    if everything:
        await tx.run("DELETE FROM failures WHERE key = :key", key=key)
    else:
        await tx.run("UPDATE failures SET count = count - 1 WHERE key = :key AND count > 0", key=key)


async def forget_old(tx: Transaction) -> None:
    """Delete expired counts and clients not seen for long."""
    await tx.run("DELETE FROM failures WHERE last <= :old", old=to_micros(tx.now - FORGOTTEN))
    await tx.run("DELETE FROM known_clients WHERE seen_at <= :old", old=to_micros(tx.now - KNOWN_FOR))


async def known(tx: Transaction, user_id: str, names: Sequence[str]) -> set[str]:
    """Return which of these clients the account knows."""
    rows = await tx.fetch_in(
        "SELECT name FROM known_clients WHERE user_id = :user_id AND name IN (:each)", names, user_id=user_id
    )
    return {row["name"] for row in rows}


async def remember(tx: Transaction, user_id: str, name: str) -> None:
    """Record a client, and keep only the most recent ones."""
    await tx.run(
        "INSERT INTO known_clients (user_id, name, seen_at) VALUES (:user_id, :name, :now)"
        " ON CONFLICT (user_id, name) DO UPDATE SET seen_at = excluded.seen_at",
        user_id=user_id,
        name=name,
        now=to_micros(tx.now),
    )
    await tx.run(
        "DELETE FROM known_clients WHERE user_id = :user_id AND name NOT IN ("
        " SELECT name FROM known_clients WHERE user_id = :user_id ORDER BY seen_at DESC, name LIMIT :most)",
        user_id=user_id,
        most=MOST_KNOWN,
    )


async def forget_clients(tx: Transaction, user_id: str) -> None:
    """Delete all known clients of an account."""
    await tx.run("DELETE FROM known_clients WHERE user_id = :user_id", user_id=user_id)
