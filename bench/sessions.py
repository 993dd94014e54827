"""Reading a session from Redis or from PostgreSQL: the time, and the cost for the server. On one machine.

python bench/sessions.py                SHOPWRIGHT_TEST_POSTGRES and _REDIS say where they are; nothing else may use them
"""

import asyncio
import os
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import asyncpg

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.measuring import cpu_s
from shopwright.engines.cache import open_cache
from shopwright.engines.database import open_database
from shopwright.lifecycle import migrations_of

READS, AT_ONCE = 6_000, 10
SESSION = "SELECT u.*, s.seen_at FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.secret_hash = :secret"
SECRET = "a" * 64
ADA = """INSERT INTO users (id, email, email_key, name, password, role, created_at)
    VALUES ('usr_1', 'ada@example.com', 'ada@example.com', 'Ada', 'hash', 'customer', 0)"""
SIGNED_IN = (
    "INSERT INTO sessions (id, user_id, secret_hash, created_at, expires_at) VALUES ('ses_1', 'usr_1', :secret, 0, 1)"
)
BYTES = 300  # of a session and its user


async def duration_of(read: Callable[[], Awaitable[object]], at_once: int) -> float:
    """Microseconds per read, with this many at once."""

    async def some() -> None:
        for _ in range(READS // at_once):
            await read()

    began = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(at_once)))
    return (time.perf_counter() - began) / READS * 1e6


def spent_by(server: str) -> float:
    """CPU seconds used by processes of this name."""
    return cpu_s(lambda one: (one / "comm").read_text() == f"{server}\n")


async def main() -> None:
    """A line for each kind of read."""
    server, name = os.environ["SHOPWRIGHT_TEST_POSTGRES"], f"sessions_{uuid.uuid4().hex[:8]}"
    admin = await asyncpg.connect(server)
    await admin.execute(f"CREATE DATABASE {name}")
    database = open_database(f"{server.rpartition('/')[0]}/{name}", "users")
    cache = open_cache(f"{os.environ['SHOPWRIGHT_TEST_REDIS']}?prefix={name}")
    try:
        await database.migrate(migrations_of("users"))
        async with database.begin() as session:
            await session.run(ADA, {})
            await session.run(SIGNED_IN, {"secret": SECRET})
        await cache.set("session", b"x" * BYTES, timedelta(minutes=5))
        candidates: dict[str, tuple[str, Callable[[], Awaitable[object]]]] = {
            "Redis": ("redis-server", lambda: cache.get("session")),
            "PostgreSQL": ("postgres", lambda: database.fetch(SESSION, {"secret": SECRET})),
        }
        for _, read in candidates.values():
            await duration_of(read, AT_ONCE)
        for candidate, (server_name, read) in candidates.items():
            before = spent_by(server_name)
            alone, together = await duration_of(read, 1), await duration_of(read, AT_ONCE)
            spent = (spent_by(server_name) - before) / (2 * READS) * 1e6
            print(
                f"{candidate:10}  alone {alone:4.0f} µs   {AT_ONCE} at once {together:4.0f} µs   the server's CPU {spent:4.0f} µs"
            )
    finally:
        await cache.close()
        await database.close()
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


asyncio.run(main())
