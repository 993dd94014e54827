"""SQL for the waiting room."""

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.services.carts.contract import QueuePlaces, WaitingRoom

NAME = "shop"
MINUTE = 60_000_000


async def read(source: ServiceDatabase) -> WaitingRoom | None:
    """Return the open waiting room."""
    row = await source.one("SELECT id, per_minute, opened_at FROM waiting_rooms WHERE name = :name", name=NAME)
    return None if row is None else WaitingRoom(row["id"], row["per_minute"], from_micros(row["opened_at"]))


async def open_or_change(tx: Transaction, room_id: str, per_minute: int) -> None:
    """Open it or change its pace; waiting shoppers keep their places."""
    await tx.run(
        "INSERT INTO waiting_rooms (name, id, per_minute, opened_at, next_at) VALUES (:name, :id, :per_minute, :now, :now)"
        " ON CONFLICT (name) DO UPDATE SET per_minute = excluded.per_minute",
        name=NAME,
        id=room_id,
        per_minute=per_minute,
        now=to_micros(tx.now),
    )


async def close(tx: Transaction) -> None:
    """Close it."""
    await tx.run("DELETE FROM waiting_rooms WHERE name = :name", name=NAME)


async def take(tx: Transaction, count: int) -> QueuePlaces | None:
    """Take the next places. Unused capacity of the past does not accumulate."""
    rows = await tx.fetch(
        "UPDATE waiting_rooms SET next_at = CASE WHEN next_at < :now THEN :now ELSE next_at END"
        f" + :count * ({MINUTE} / per_minute) WHERE name = :name RETURNING id, next_at, per_minute",
        name=NAME,
        now=to_micros(tx.now),
        count=count,
    )
    if not rows:
        return None
    step = MINUTE // rows[0]["per_minute"]
    return QueuePlaces(room_id=rows[0]["id"], first=rows[0]["next_at"] - count * step, step=step)
