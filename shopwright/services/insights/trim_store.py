"""SQL for trimming the log."""

from collections.abc import Sequence

from shopwright.kit.data.events import StoredEvent
from shopwright.kit.data.unit_of_work import Reader, ServiceDatabase, Transaction, read_event

# Search texts counted during a day, and those kept afterwards.
MOST_WORDS, KEPT_WORDS = 5_000, 500
FIRST_DAY = "first day"


async def first_day(source: Reader) -> int:
    """Return the first day of the log; 0 if it was never trimmed."""
    row = await source.one("SELECT seq FROM journal_head WHERE name = :name", name=FIRST_DAY)
    return row["seq"] if row else 0


async def first_place(source: Reader) -> int:
    """Return the place of the first event, or the next one if the log is empty."""
    row = await source.one("SELECT min(seq) AS seq FROM journal")
    if row is not None and row["seq"] is not None:
        return int(row["seq"])
    head = await source.one("SELECT seq FROM journal_head WHERE name = 'journal'")
    return int(head["seq"]) + 1 if head else 1


async def begin_with(tx: Transaction, day: int) -> None:
    """Record the first day of the log."""
    await tx.run(
        "INSERT INTO journal_head (name, seq) VALUES (:name, :day) ON CONFLICT (name) DO UPDATE SET seq = :day",
        name=FIRST_DAY,
        day=day,
    )


async def take_oldest(tx: Transaction, before: str, limit: int) -> list[StoredEvent]:
    """Delete and return events before this id."""
    rows = await tx.fetch(
        "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE id < :before ORDER BY id LIMIT :limit) RETURNING *",
        before=before,
        limit=limit,
    )
    await tx.run_many("DELETE FROM journal_personal WHERE seq = :seq", [{"seq": row["seq"]} for row in rows])
    return [read_event(row) for row in rows]


async def is_full(tx: Transaction, day: int) -> bool:
    """Whether a day has reached its limit of search texts."""
    row = await tx.one("SELECT count(*) AS n FROM searches WHERE day = :day", day=day)
    return row is not None and row["n"] >= MOST_WORDS


async def days_with_many_words(source: ServiceDatabase, since: int, until: int) -> Sequence[int]:
    """Return days in this period with more search texts than are kept."""
    rows = await source.fetch(
        "SELECT day FROM searches WHERE day >= :since AND day < :until GROUP BY day HAVING count(*) > :most ORDER BY day",
        since=since,
        until=until,
        most=KEPT_WORDS,
    )
    return [row["day"] for row in rows]


async def keep_frequent_words(tx: Transaction, day: int) -> None:
    """Delete all but the most frequent search texts of a past day."""
    await tx.run(
        "DELETE FROM searches WHERE day = :day AND words NOT IN"
        " (SELECT words FROM searches WHERE day = :day ORDER BY count DESC, words LIMIT :most)",
        day=day,
        most=KEPT_WORDS,
    )
