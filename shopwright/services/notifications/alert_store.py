"""SQL for back-in-stock alerts."""

from datetime import timedelta

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.services.notifications.store import digest

GOOD_FOR = timedelta(days=1)


async def add(tx: Transaction, variant_id: str, person: str, email: str, *, confirmed: bool) -> None:
    """Insert an alert, confirmed or not."""
    await tx.run(
        "INSERT INTO stock_alerts (variant_id, person, email, created_at, confirmed)"
        " VALUES (:variant_id, :person, :email, :now, :confirmed) ON CONFLICT (variant_id, person) DO UPDATE"
        " SET confirmed = CASE WHEN stock_alerts.confirmed = 1 THEN 1 ELSE excluded.confirmed END",
        variant_id=variant_id,
        person=person,
        email=email,
        now=to_micros(tx.now),
        confirmed=int(confirmed),
    )


async def is_known(tx: Transaction, variant_id: str, person: str) -> bool:
    """Whether this alert exists, confirmed or not."""
    row = await tx.one(
        "SELECT 1 AS found FROM stock_alerts WHERE variant_id = :variant_id AND person = :person",
        variant_id=variant_id,
        person=person,
    )
    return row is not None


async def count(tx: Transaction, person: str, *, confirmed: bool) -> int:
    """Count a person's confirmed or unconfirmed alerts."""
    row = await tx.one(
        "SELECT count(*) AS n FROM stock_alerts WHERE person = :person AND confirmed = :confirmed",
        person=person,
        confirmed=int(confirmed),
    )
    return row["n"] if row else 0


async def add_token(tx: Transaction, token: str, person: str, variant_id: str) -> None:
    """Insert a confirmation token."""
    await tx.run(
        "INSERT INTO alert_tokens (hash, person, variant_id, expires_at) VALUES (:hash, :person, :variant_id, :ends)",
        hash=digest(token),
        person=person,
        variant_id=variant_id,
        ends=to_micros(tx.now + GOOD_FOR),
    )


async def confirm(tx: Transaction, token: str) -> str | None:
    """Confirm an alert and return its person; None if the token is unknown or expired."""
    row = await tx.one(
        "SELECT person, variant_id FROM alert_tokens WHERE hash = :hash AND expires_at > :now",
        hash=digest(token),
        now=to_micros(tx.now),
    )
    if row is None:
        return None
    done = await tx.run(
        "UPDATE stock_alerts SET confirmed = 1 WHERE variant_id = :variant_id AND person = :person",
        variant_id=row["variant_id"],
        person=row["person"],
    )
    return row["person"] if done else None


async def waiting(source: ServiceDatabase, variant_id: str) -> list[str]:
    """Return the addresses of confirmed alerts for a variant."""
    rows = await source.fetch(
        "SELECT email FROM stock_alerts WHERE variant_id = :variant_id AND confirmed = 1 ORDER BY created_at",
        variant_id=variant_id,
    )
    return [row["email"] for row in rows]


async def drop(tx: Transaction, variant_id: str, person: str) -> None:
    """Delete an alert that was sent."""
    await tx.run(
        "DELETE FROM stock_alerts WHERE variant_id = :variant_id AND person = :person",
        variant_id=variant_id,
        person=person,
    )


async def drop_all(tx: Transaction, person: str) -> None:
    """Delete all alerts of a person."""
    await tx.run("DELETE FROM stock_alerts WHERE person = :person", person=person)
    await tx.run("DELETE FROM alert_tokens WHERE person = :person", person=person)


async def count_of(source: ServiceDatabase, person: str) -> int:
    """Count all alerts of a person."""
    row = await source.one("SELECT count(*) AS n FROM stock_alerts WHERE person = :person", person=person)
    return int(row["n"]) if row else 0
