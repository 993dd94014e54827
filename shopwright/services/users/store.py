"""SQL for accounts. Secrets are stored as hashes only."""

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
    """The stored hash of a random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def user(row: Row) -> User:
    """Decode an account."""
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
    """Insert an account. Returns False if the e-mail address has one."""
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
    """Return an account."""
    row = await source.one("SELECT * FROM users WHERE id = :id", id=user_id)
    return user(row) if row else None


async def by_key(tx: Transaction, key: str) -> User | None:
    """Return the account with this e-mail key."""
    row = await tx.one("SELECT * FROM users WHERE email_key = :key", key=key)
    return user(row) if row else None


async def with_password(source: ServiceDatabase, key: str) -> tuple[User, str] | None:
    """Return an account and its password hash."""
    row = await source.one("SELECT * FROM users WHERE email_key = :key", key=key)
    return (user(row), row["password"]) if row else None


async def has_password(source: ServiceDatabase | Transaction, user_id: str) -> bool:
    """Whether a password was ever chosen."""
    row = await source.one("SELECT password FROM users WHERE id = :id", id=user_id)
    return row is not None and row["password"] != NO_PASSWORD


async def has_owner(source: ServiceDatabase | Transaction, but: str = "") -> bool:
    """Whether the shop has an owner (other than `but`)."""
    found = await source.one(
        "SELECT 1 AS found FROM users WHERE role = 'owner' AND id <> :but AND disabled_at IS NULL"
        " AND password <> :none LIMIT 1",
        but=but,
        none=NO_PASSWORD,
    )
    return found is not None


async def hold_owners(tx: Transaction) -> None:
    """Lock all owners until the transaction ends."""
    await tx.run("UPDATE users SET role = role WHERE role = 'owner'")


async def set_staff(tx: Transaction, user_id: str, *, name: str, role: str, disabled: bool) -> None:
    """Write name, role, and whether the account is disabled."""
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
    """Delete the account and its addresses."""
    await tx.run("DELETE FROM addresses WHERE user_id = :user_id", user_id=user_id)
    await tx.run("DELETE FROM users WHERE id = :user_id", user_id=user_id)


async def open_session(tx: Transaction, session_id: str, user_id: str, secret: str, expires_at: int) -> None:
    """Insert a session."""
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
    """Return the open session with this secret, and its user."""
    return await source.one(
        f"{WITH_USER} WHERE s.secret_hash = :hash AND s.expires_at > :now", hash=digest(secret), now=now
    )


async def session_by_id(source: ServiceDatabase | Transaction, session_id: str, now: int) -> Row | None:
    """Return the open session with this id, and its user."""
    return await source.one(f"{WITH_USER} WHERE s.id = :id AND s.expires_at > :now", id=session_id, now=now)


async def see_session(tx: Transaction, session_id: str) -> None:
    """Record the use of a session."""
    await tx.run("UPDATE sessions SET seen_at = :now WHERE id = :id", now=to_micros(tx.now), id=session_id)


async def staff(source: ServiceDatabase) -> list[User]:
    """Return all accounts with a role."""
    return [user(row) for row in await source.fetch("SELECT * FROM users WHERE role <> '' ORDER BY email_key")]


async def close_session(tx: Transaction, session_id: str) -> None:
    """Delete a session and its tokens."""
    await tx.run("DELETE FROM refresh_tokens WHERE session_id = :id", id=session_id)
    await tx.run("DELETE FROM sessions WHERE id = :id", id=session_id)


async def close_session_by_secret(tx: Transaction, secret: str) -> None:
    """Delete the session with this secret."""
    row = await tx.one("SELECT id FROM sessions WHERE secret_hash = :hash", hash=digest(secret))
    if row:
        await close_session(tx, row["id"])


async def sessions(source: ServiceDatabase, user_id: str, now: int) -> list[Session]:
    """Return the open sessions of an account, newest first."""
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
    """Delete all sessions of an account with their tokens, except `but`."""
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
    """Delete the address book."""
    await tx.run("DELETE FROM addresses WHERE user_id = :user_id", user_id=user_id)


async def set_password(tx: Transaction, user_id: str, password: str) -> None:
    """Write a password hash."""
    await tx.run("UPDATE users SET password = :password WHERE id = :id", password=password, id=user_id)


async def verify(tx: Transaction, user_id: str) -> None:
    """Mark the address as verified."""
    await tx.run(
        "UPDATE users SET verified_at = :now WHERE id = :id AND verified_at IS NULL", now=to_micros(tx.now), id=user_id
    )


async def add_refresh_token(tx: Transaction, token: str, session_id: str) -> None:
    """Insert a single-use refresh token."""
    await tx.run("INSERT INTO refresh_tokens (hash, session_id) VALUES (:hash, :id)", hash=digest(token), id=session_id)


async def use_refresh_token(tx: Transaction, token: str) -> tuple[str, bool] | None:
    """Use a refresh token: returns its session and whether this was the first use; None if unknown."""
    first = await tx.fetch(
        "UPDATE refresh_tokens SET used = 1 WHERE hash = :hash AND used = 0 RETURNING session_id", hash=digest(token)
    )
    if first:
        return first[0]["session_id"], True
    row = await tx.one("SELECT session_id FROM refresh_tokens WHERE hash = :hash", hash=digest(token))
    return (row["session_id"], False) if row else None


async def addresses(source: ServiceDatabase | Transaction, user_id: str) -> list[SavedAddress]:
    """Return the address book, newest first."""
    rows = await source.fetch("SELECT * FROM addresses WHERE user_id = :user_id ORDER BY id DESC", user_id=user_id)
    return [SavedAddress(id=row["id"], address=decode_tolerant(row["body"], Address)) for row in rows]


async def add_address(tx: Transaction, user_id: str, saved: SavedAddress) -> None:
    """Insert an address."""
    await tx.run(
        "INSERT INTO addresses (id, user_id, body) VALUES (:id, :user_id, :body)",
        id=saved.id,
        user_id=user_id,
        body=msgspec.json.encode(saved.address).decode(),
    )


async def change_address(tx: Transaction, user_id: str, saved: SavedAddress) -> bool:
    """Update an address of this account. Returns False if there is none."""
    return bool(
        await tx.run(
            "UPDATE addresses SET body = :body WHERE id = :id AND user_id = :user_id",
            id=saved.id,
            user_id=user_id,
            body=msgspec.json.encode(saved.address).decode(),
        )
    )


async def delete_address(tx: Transaction, user_id: str, address_id: str) -> bool:
    """Delete an address of this account. Returns False if there is none."""
    return bool(
        await tx.run("DELETE FROM addresses WHERE id = :id AND user_id = :user_id", id=address_id, user_id=user_id)
    )


class StoredSigningKey(msgspec.Struct, frozen=True):
    """A signing key with its encrypted private JWK."""

    key: SigningKey
    jwk: str


async def signing_keys(source: ServiceDatabase | Transaction) -> list[StoredSigningKey]:
    """Return all signing keys, newest first."""
    rows = await source.fetch("SELECT id, jwk, created_at FROM signing_keys ORDER BY id DESC")
    return [StoredSigningKey(SigningKey(row["id"], from_micros(row["created_at"])), row["jwk"]) for row in rows]


async def drop_signing_key(tx: Transaction, key_id: str) -> None:
    """Delete a signing key; tokens signed with it become invalid."""
    await tx.run("DELETE FROM signing_keys WHERE id = :id", id=key_id)


async def add_signing_key(tx: Transaction, key_id: str, jwk: str) -> None:
    """Insert the key that signs from now on."""
    await tx.run(
        "INSERT INTO signing_keys (id, jwk, created_at) VALUES (:id, :jwk, :now)",
        id=key_id,
        jwk=jwk,
        now=to_micros(tx.now),
    )
