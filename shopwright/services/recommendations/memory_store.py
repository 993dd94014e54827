"""SQL for viewed products and consent."""

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction

KEPT = 60


async def consent(source: ServiceDatabase | Transaction, viewer: str) -> bool:
    """Whether the viewer consented."""
    return await source.one("SELECT since FROM consents WHERE viewer = :viewer", viewer=viewer) is not None


async def give_consent(tx: Transaction, viewer: str) -> None:
    """Record consent."""
    await tx.run(
        "INSERT INTO consents (viewer, since) VALUES (:viewer, :since) ON CONFLICT (viewer) DO NOTHING",
        viewer=viewer,
        since=to_micros(tx.now),
    )


async def forget(tx: Transaction, viewer: str) -> None:
    """Delete consent and views."""
    await tx.run("DELETE FROM consents WHERE viewer = :viewer", viewer=viewer)
    await tx.run("DELETE FROM views WHERE viewer = :viewer", viewer=viewer)


async def record_view(tx: Transaction, viewer: str, product_id: str) -> None:
    """Record a view; only the newest are kept."""
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
    """Return recently viewed products, newest first."""
    rows = await source.fetch(
        "SELECT product_id FROM views WHERE viewer = :viewer ORDER BY time DESC, product_id LIMIT :limit",
        viewer=viewer,
        limit=limit,
    )
    return [row["product_id"] for row in rows]


async def move(tx: Transaction, viewer: str, user_id: str) -> None:
    """Move a browser's views to a customer."""
    await tx.run(
        "INSERT INTO views (viewer, product_id, time) SELECT :user_id, product_id, time FROM views"
        " WHERE viewer = :viewer ON CONFLICT (viewer, product_id) DO NOTHING",
        user_id=user_id,
        viewer=viewer,
    )


async def forget_before(tx: Transaction, time: int) -> None:
    """Delete old views, and consents without views."""
    await tx.run("DELETE FROM views WHERE time < :time", time=time)
    await tx.run(
        "DELETE FROM consents WHERE since < :time"
        " AND NOT EXISTS (SELECT 1 FROM views v WHERE v.viewer = consents.viewer)",
        time=time,
    )
