"""SQL for second factors."""

from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.services.users.store import digest


async def factor(source: ServiceDatabase | Transaction, user_id: str) -> Row | None:
    """Return an account's authenticator, confirmed or not."""
    return await source.one("SELECT * FROM second_factors WHERE user_id = :user_id", user_id=user_id)


async def put_factor(tx: Transaction, user_id: str, secret: str) -> None:
    """Insert an unconfirmed authenticator."""
    await tx.run(
        "INSERT INTO second_factors (user_id, secret) VALUES (:user_id, :secret) ON CONFLICT (user_id) DO UPDATE"
        " SET secret = excluded.secret, last_step = 0 WHERE second_factors.confirmed = 0",
        user_id=user_id,
        secret=secret,
    )


async def use_step(tx: Transaction, user_id: str, step: int) -> bool:
    """Mark the code of a time step as used. Returns False if it, or a later one, was used before."""
    return bool(
        await tx.run(
            "UPDATE second_factors SET last_step = :step WHERE user_id = :user_id AND last_step < :step",
            user_id=user_id,
            step=step,
        )
    )


async def confirm(tx: Transaction, user_id: str) -> None:
    """Mark the authenticator as confirmed."""
    await tx.run("UPDATE second_factors SET confirmed = 1 WHERE user_id = :user_id", user_id=user_id)


async def put_recovery_codes(tx: Transaction, user_id: str, codes: list[str]) -> None:
    """Replace the recovery codes, stored as hashes."""
    await tx.run("DELETE FROM recovery_codes WHERE user_id = :user_id", user_id=user_id)
    await tx.run_many(
        "INSERT INTO recovery_codes (hash, user_id) VALUES (:hash, :user_id)",
        [{"hash": digest(f"{user_id}/{code}"), "user_id": user_id} for code in codes],
    )


async def use_recovery_code(tx: Transaction, user_id: str, code: str) -> bool:
    """Use a recovery code, once."""
    return bool(await tx.run("DELETE FROM recovery_codes WHERE hash = :hash", hash=digest(f"{user_id}/{code}")))


async def drop(tx: Transaction, user_id: str) -> None:
    """Remove the second factor."""
    for table in ("second_factors", "recovery_codes", "half_signed_in"):
        await tx.run(f"DELETE FROM {table} WHERE user_id = :user_id", user_id=user_id)


async def keep_ticket(tx: Transaction, ticket: str, user_id: str, expires_at: int) -> None:
    """Store a sign-in ticket after the right password."""
    await tx.run("DELETE FROM half_signed_in WHERE user_id = :user_id", user_id=user_id)
    await tx.run(
        "INSERT INTO half_signed_in (hash, user_id, expires_at) VALUES (:hash, :user_id, :expires_at)",
        hash=digest(ticket),
        user_id=user_id,
        expires_at=expires_at,
    )


async def ticket_owner(source: ServiceDatabase | Transaction, ticket: str, now: int) -> str | None:
    """Return the account of a valid ticket."""
    row = await source.one(
        "SELECT user_id FROM half_signed_in WHERE hash = :hash AND expires_at > :now", hash=digest(ticket), now=now
    )
    return row["user_id"] if row else None
