"""Accounts in SQL. Secrets are stored as hashes only."""

import hashlib

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.services.users.contract import SavedAddress, Session, User
from shopwright.services.users.model import NO_PASSWORD, SigningKey

WITH_USER = "SELECT s.id AS session_id, s.expires_at, s.seen_at, u.id, u.email, u.name, u.role, u.phone, u.verified_at, u.disabled_at, coalesce(f.confirmed, 0) AS guarded FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN second_factors f ON f.user_id = u.id"


def digest(secret: str) -> str:
    """What is stored of a secret that is itself random."""
    return hashlib.sha256(secret.encode()).hexdigest()


def user(row: Row) -> User:
    """An account of a row."""
    return User(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        phone=row["phone"],
        role=row["role"],
        verified=row["verified_at"] is not None,
        disabled=row["disabled_at"] is not None,
    )


async def insert(tx: Transaction, new: User, key: str, password: str) -> bool:
    """A new account; False where the e-mail address has one."""
    return bool(
        await tx.run(
            "INSERT INTO users (id, email, email_key, name, password, role, created_at)"
            " VALUES (:id, :email, :key, :name, :password, :role, :now) ON CONFLICT (email_key) DO NOTHING",
            id=new.id,
            email=new.email,
            key=key,
            name=new.name,
            password=password,
            role=new.role,
            now=to_micros(tx.now),
        )
    )


async def get(source: ServiceDatabase | Transaction, user_id: str) -> User | None:
    """One account."""
    row = await source.one("SELECT * FROM users WHERE id = :id", id=user_id)
    return user(row) if row else None


async def by_key(tx: Transaction, key: str) -> User | None:
    """The account with this address."""
    row = await tx.one("SELECT * FROM users WHERE email_key = :key", key=key)
    return user(row) if row else None


async def with_password(source: ServiceDatabase, key: str) -> tuple[User, str] | None:
    """An account and the hash of its password."""
    row = await source.one("SELECT * FROM users WHERE email_key = :key", key=key)
    return (user(row), row["password"]) if row else None


async def has_password(source: ServiceDatabase | Transaction, user_id: str) -> bool:
    """Was a password ever chosen for this account?"""
    row = await source.one("SELECT password FROM users WHERE id = :id", id=user_id)
    return row is not None and row["password"] != NO_PASSWORD


async def has_owner(source: ServiceDatabase | Transaction, but: str = "") -> bool:
    """Does anyone (else) own this shop?"""
    found = await source.one(
        "SELECT 1 AS found FROM users WHERE role = 'owner' AND id <> :but AND disabled_at IS NULL"
        " AND password <> :none LIMIT 1",
        but=but,
        none=NO_PASSWORD,
    )
    return found is not None


async def hold_owners(tx: Transaction) -> None:
    """Nobody else changes an owner until this transaction ends."""
    await tx.run("UPDATE users SET role = role WHERE role = 'owner'")


async def set_staff(tx: Transaction, user_id: str, *, name: str, role: str, disabled: bool) -> None:
    """What someone is called, may do, and whether they may sign in."""
    await tx.run(
        "UPDATE users SET name = :name, role = :role, disabled_at = CASE WHEN :disabled = 0 THEN NULL"
        " ELSE coalesce(disabled_at, :now) END WHERE id = :id",
        id=user_id,
        name=name,
        role=role,
        disabled=int(disabled),
        now=to_micros(tx.now),
    )


async def set_profile(tx: Transaction, changed: User) -> None:
    """Write name and phone number."""
    await tx.run(
        "UPDATE users SET name = :name, phone = :phone WHERE id = :id",
        name=changed.name,
        phone=changed.phone,
        id=changed.id,
    )


async def delete(tx: Transaction, user_id: str) -> None:
    """The account with its addresses."""
    await tx.run("DELETE FROM addresses WHERE user_id = :user_id", user_id=user_id)
    await tx.run("DELETE FROM users WHERE id = :user_id", user_id=user_id)


async def open_session(tx: Transaction, session_id: str, user_id: str, secret: str, expires_at: int) -> None:
    """A new session, found again by its secret."""
    await tx.run(
        "INSERT INTO sessions (id, user_id, secret_hash, created_at, seen_at, expires_at)"
        " VALUES (:id, :user_id, :hash, :now, :now, :expires_at)",
        id=session_id,
        user_id=user_id,
        hash=digest(secret),
        now=to_micros(tx.now),
        expires_at=expires_at,
    )


async def session_by_secret(source: ServiceDatabase, secret: str, now: int) -> Row | None:
    """The open session with this secret, and its user."""
    return await source.one(
        f"{WITH_USER} WHERE s.secret_hash = :hash AND s.expires_at > :now", hash=digest(secret), now=now
    )


async def session_by_id(source: ServiceDatabase | Transaction, session_id: str, now: int) -> Row | None:
    """The open session with this id, and its user."""
    return await source.one(f"{WITH_USER} WHERE s.id = :id AND s.expires_at > :now", id=session_id, now=now)


async def see_session(tx: Transaction, session_id: str) -> None:
    """It is used."""
    await tx.run("UPDATE sessions SET seen_at = :now WHERE id = :id", now=to_micros(tx.now), id=session_id)


async def staff(source: ServiceDatabase) -> list[User]:
    """All accounts with a role."""
    return [user(row) for row in await source.fetch("SELECT * FROM users WHERE role <> '' ORDER BY email_key")]


async def close_session(tx: Transaction, session_id: str) -> None:
    """End a session with its tokens."""
    await tx.run("DELETE FROM refresh_tokens WHERE session_id = :id", id=session_id)
    await tx.run("DELETE FROM sessions WHERE id = :id", id=session_id)


async def close_session_by_secret(tx: Transaction, secret: str) -> None:
    """End the session with this secret."""
    row = await tx.one("SELECT id FROM sessions WHERE secret_hash = :hash", hash=digest(secret))
    if row:
        await close_session(tx, row["id"])


async def sessions(source: ServiceDatabase, user_id: str, now: int) -> list[Session]:
    """The open sessions of an account, newest first."""
    rows = await source.fetch(
        "SELECT id, created_at, expires_at FROM sessions WHERE user_id = :user_id AND expires_at > :now"
        " ORDER BY id DESC",
        user_id=user_id,
        now=now,
    )
    return [
        Session(id=row["id"], created_at=from_micros(row["created_at"]), expires_at=from_micros(row["expires_at"]))
        for row in rows
    ]


async def close_sessions(tx: Transaction, user_id: str, but: str = "") -> None:
    """End all sessions of an account, with their tokens; all but one."""
    await tx.run(
        "DELETE FROM refresh_tokens WHERE session_id IN"
        " (SELECT id FROM sessions WHERE user_id = :user_id AND id <> :but)",
        user_id=user_id,
        but=but,
    )
    await tx.run("DELETE FROM sessions WHERE user_id = :user_id AND id <> :but", user_id=user_id, but=but)


async def set_phone(tx: Transaction, user_id: str, phone: str) -> None:
    """Write the phone number."""
    await tx.run("UPDATE users SET phone = :phone WHERE id = :id", phone=phone, id=user_id)


async def delete_addresses(tx: Transaction, user_id: str) -> None:
    """The whole address book."""
    await tx.run("DELETE FROM addresses WHERE user_id = :user_id", user_id=user_id)


async def set_password(tx: Transaction, user_id: str, password: str) -> None:
    """A new hash."""
    await tx.run("UPDATE users SET password = :password WHERE id = :id", password=password, id=user_id)


async def verify(tx: Transaction, user_id: str) -> None:
    """The address is proved, from now on."""
    await tx.run(
        "UPDATE users SET verified_at = :now WHERE id = :id AND verified_at IS NULL", now=to_micros(tx.now), id=user_id
    )


async def add_refresh_token(tx: Transaction, token: str, session_id: str) -> None:
    """A refresh token that can be used once."""
    await tx.run("INSERT INTO refresh_tokens (hash, session_id) VALUES (:hash, :id)", hash=digest(token), id=session_id)


async def use_refresh_token(tx: Transaction, token: str) -> tuple[str, bool] | None:
    """Its session, and whether this was the first use; None for one we never gave out."""
    first = await tx.fetch(
        "UPDATE refresh_tokens SET used = 1 WHERE hash = :hash AND used = 0 RETURNING session_id", hash=digest(token)
    )
    if first:
        return first[0]["session_id"], True
    row = await tx.one("SELECT session_id FROM refresh_tokens WHERE hash = :hash", hash=digest(token))
    return (row["session_id"], False) if row else None


async def addresses(source: ServiceDatabase | Transaction, user_id: str) -> list[SavedAddress]:
    """The address book, newest first."""
    rows = await source.fetch("SELECT * FROM addresses WHERE user_id = :user_id ORDER BY id DESC", user_id=user_id)
    return [SavedAddress(id=row["id"], address=decode_tolerant(row["body"], Address)) for row in rows]


async def add_address(tx: Transaction, user_id: str, saved: SavedAddress) -> None:
    """A new address."""
    await tx.run(
        "INSERT INTO addresses (id, user_id, body) VALUES (:id, :user_id, :body)",
        id=saved.id,
        user_id=user_id,
        body=msgspec.json.encode(saved.address).decode(),
    )


async def change_address(tx: Transaction, user_id: str, saved: SavedAddress) -> bool:
    """Change one's own address; False where it is not."""
    return bool(
        await tx.run(
            "UPDATE addresses SET body = :body WHERE id = :id AND user_id = :user_id",
            id=saved.id,
            user_id=user_id,
            body=msgspec.json.encode(saved.address).decode(),
        )
    )


async def delete_address(tx: Transaction, user_id: str, address_id: str) -> bool:
    """Remove one's own address; False where it is not."""
    return bool(
        await tx.run("DELETE FROM addresses WHERE id = :id AND user_id = :user_id", id=address_id, user_id=user_id)
    )


class KeptKey(msgspec.Struct, frozen=True):
    """A signing key, and the private JWK as it is kept: encrypted."""

    key: SigningKey
    jwk: str


async def signing_keys(source: ServiceDatabase | Transaction) -> list[KeptKey]:
    """Newest first."""
    rows = await source.fetch("SELECT id, jwk, created_at FROM signing_keys ORDER BY id DESC")
    return [KeptKey(SigningKey(row["id"], from_micros(row["created_at"])), row["jwk"]) for row in rows]


async def drop_signing_key(tx: Transaction, key_id: str) -> None:
    """Nothing it signed is believed any more."""
    await tx.run("DELETE FROM signing_keys WHERE id = :id", id=key_id)


async def add_signing_key(tx: Transaction, key_id: str, jwk: str) -> None:
    """A key to sign with from now on."""
    await tx.run(
        "INSERT INTO signing_keys (id, jwk, created_at) VALUES (:id, :jwk, :now)",
        id=key_id,
        jwk=jwk,
        now=to_micros(tx.now),
    )
