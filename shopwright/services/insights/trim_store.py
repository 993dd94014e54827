"""The old end of the log, in SQL."""

from collections.abc import Sequence

from shopwright.kit.data.events import StoredEvent
from shopwright.kit.data.unit_of_work import Reader, ServiceDatabase, Transaction, read_fact

# Words of one day that are told apart while it lasts, and those that are kept of it.
MOST_WORDS, KEPT_WORDS = 5_000, 500
FIRST_DAY = "first day"


async def first_day(source: Reader) -> int:
    """The day the log begins with; 0 where it was never trimmed."""
    row = await source.one("SELECT seq FROM journal_head WHERE name = :name", name=FIRST_DAY)
    return row["seq"] if row else 0


async def first_place(source: Reader) -> int:
    """The place of the first fact in the log, or the one the next will get."""
    row = await source.one("SELECT min(seq) AS seq FROM journal")
    if row is not None and row["seq"] is not None:
        return int(row["seq"])
    head = await source.one("SELECT seq FROM journal_head WHERE name = 'journal'")
    return int(head["seq"]) + 1 if head else 1


async def begin_with(tx: Transaction, day: int) -> None:
    """The log begins with this day."""
    await tx.run(
        "INSERT INTO journal_head (name, seq) VALUES (:name, :day) ON CONFLICT (name) DO UPDATE SET seq = :day",
        name=FIRST_DAY,
        day=day,
    )


async def take_oldest(tx: Transaction, before: str, limit: int) -> list[StoredEvent]:
    """Facts older than an id, out of the log."""
    rows = await tx.fetch(
        "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE id < :before ORDER BY id LIMIT :limit) RETURNING *",
        before=before,
        limit=limit,
    )
    await tx.run_many("DELETE FROM journal_personal WHERE seq = :seq", [{"seq": row["seq"]} for row in rows])
    return [read_fact(row) for row in rows]


async def is_full(tx: Transaction, day: int) -> bool:
    """Are as many words of a day told apart as may be?"""
    row = await tx.one("SELECT count(*) AS n FROM searches WHERE day = :day", day=day)
    return row is not None and row["n"] >= MOST_WORDS


async def days_with_many_words(source: ServiceDatabase, since: int, until: int) -> Sequence[int]:
    """Days from `since` on, before `until`, of which more words stand than are kept."""
    rows = await source.fetch(
        "SELECT day FROM searches WHERE day >= :since AND day < :until GROUP BY day HAVING count(*) > :most ORDER BY day",
        since=since,
        until=until,
        most=KEPT_WORDS,
    )
    return [row["day"] for row in rows]


async def keep_frequent_words(tx: Transaction, day: int) -> None:
    """Of a day that is over, the words that were searched for most."""
    await tx.run(
        "DELETE FROM searches WHERE day = :day AND words NOT IN"
        " (SELECT words FROM searches WHERE day = :day ORDER BY count DESC, words LIMIT :most)",
        day=day,
        most=KEPT_WORDS,
    )
