"""What those who want it looked at, in SQL."""

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction

KEPT = 60


async def consent(source: ServiceDatabase | Transaction, viewer: str) -> bool:
    """Do they want to be remembered?"""
    return await source.one("SELECT since FROM consents WHERE viewer = :viewer", viewer=viewer) is not None


async def give_consent(tx: Transaction, viewer: str) -> None:
    """They want to."""
    await tx.run(
        "INSERT INTO consents (viewer, since) VALUES (:viewer, :since) ON CONFLICT (viewer) DO NOTHING",
        viewer=viewer,
        since=to_micros(tx.now),
    )


async def forget(tx: Transaction, viewer: str) -> None:
    """They do not (any more): nothing is kept."""
    await tx.run("DELETE FROM consents WHERE viewer = :viewer", viewer=viewer)
    await tx.run("DELETE FROM views WHERE viewer = :viewer", viewer=viewer)


async def saw(tx: Transaction, viewer: str, product_id: str) -> None:
    """They looked at it just now; only the newest are kept."""
    await tx.run(
        "INSERT INTO views (viewer, product_id, time) VALUES (:viewer, :product_id, :time)"
        " ON CONFLICT (viewer, product_id) DO UPDATE SET time = excluded.time",
        viewer=viewer,
        product_id=product_id,
        time=to_micros(tx.now),
    )
    await tx.run(
        "DELETE FROM views WHERE viewer = :viewer AND product_id NOT IN ("
        " SELECT product_id FROM views WHERE viewer = :viewer ORDER BY time DESC, product_id LIMIT :kept)",
        viewer=viewer,
        kept=KEPT,
    )


async def seen_by(source: ServiceDatabase, viewer: str, limit: int) -> list[str]:
    """What they looked at, the newest first."""
    rows = await source.fetch(
        "SELECT product_id FROM views WHERE viewer = :viewer ORDER BY time DESC, product_id LIMIT :limit",
        viewer=viewer,
        limit=limit,
    )
    return [row["product_id"] for row in rows]


async def move(tx: Transaction, viewer: str, user_id: str) -> None:
    """What a browser saw is now a customer's."""
    await tx.run(
        "INSERT INTO views (viewer, product_id, time) SELECT :user_id, product_id, time FROM views"
        " WHERE viewer = :viewer ON CONFLICT (viewer, product_id) DO NOTHING",
        user_id=user_id,
        viewer=viewer,
    )


async def forget_before(tx: Transaction, time: int) -> None:
    """What is old is forgotten."""
    await tx.run("DELETE FROM views WHERE time < :time", time=time)
    await tx.run(
        "DELETE FROM consents WHERE since < :time"
        " AND NOT EXISTS (SELECT 1 FROM views v WHERE v.viewer = consents.viewer)",
        time=time,
    )
