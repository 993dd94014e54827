"""SQL for single-use e-mail tokens, stored as hashes, and for requests of e-mails."""

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.services.users.model import ASKED_KEPT
from shopwright.services.users.store import digest


async def add_token(tx: Transaction, token: str, user_id: str, purpose: str, email_key: str, expires_at: int) -> None:
    """Insert a single-use token, valid until it expires or the account's address changes."""
    await tx.run(
        "INSERT INTO mail_tokens (hash, user_id, purpose, email_key, created_at, expires_at)"
        " VALUES (:hash, :user_id, :purpose, :email_key, :now, :expires_at)",
        hash=digest(token),
        user_id=user_id,
        purpose=purpose,
        email_key=email_key,
        now=to_micros(tx.now),
        expires_at=expires_at,
    )


async def drop_tokens(tx: Transaction, user_id: str) -> None:
    """Delete all tokens of an account."""
    await tx.run("DELETE FROM mail_tokens WHERE user_id = :user_id", user_id=user_id)


async def owner(source: ServiceDatabase | Transaction, token: str, purpose: str, now: int) -> str | None:
    """Return the account of a valid token."""
    row = await source.one(
        "SELECT t.user_id FROM mail_tokens t JOIN users u ON u.id = t.user_id AND u.email_key = t.email_key"
        " WHERE t.hash = :hash AND t.purpose = :purpose AND t.expires_at > :now",
        hash=digest(token),
        purpose=purpose,
        now=now,
    )
    return row["user_id"] if row else None


async def use(tx: Transaction, token: str, purpose: str, now: int) -> str | None:
    """Use a token and return its account; None if it is used or expired."""
    user_id = await owner(tx, token, purpose, now)
    used = await tx.run("DELETE FROM mail_tokens WHERE hash = :hash", hash=digest(token)) if user_id else 0
    return user_id if used else None


async def note_asked(tx: Transaction, email_key: str, purpose: str) -> None:
    """Record a requested e-mail, whether or not the account exists, and delete old records."""
    await tx.run("DELETE FROM letters_asked WHERE time < :old", old=to_micros(tx.now - ASKED_KEPT))
    await tx.run(
        "INSERT INTO letters_asked (person, purpose, time) VALUES (:person, :purpose, :now) ON CONFLICT DO NOTHING",
        person=digest(email_key),
        purpose=purpose,
        now=to_micros(tx.now),
    )


async def recent_requests(tx: Transaction, email_key: str, purpose: str, since: int) -> tuple[int, int]:
    """Return how many e-mails were requested since then, and when the last one was."""
    row = await tx.one(
        "SELECT count(*) AS n, max(time) AS last FROM letters_asked"
        " WHERE person = :person AND purpose = :purpose AND time > :since",
        person=digest(email_key),
        purpose=purpose,
        since=since,
    )
    return (row["n"], row["last"] or 0) if row else (0, 0)
