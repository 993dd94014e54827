"""Is a session read sooner from Redis than from PostgreSQL? With the engines a shop uses, on one machine.

python bench/sessions.py                SHOPWRIGHT_TEST_POSTGRES and _REDIS say where they are
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
from shopwright.app import migrations_of
from shopwright.engines.cache import open_cache
from shopwright.engines.database import open_database

READS, AT_ONCE = 6_000, 10
SESSION = "SELECT u.*, s.seen_at FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.secret_hash = :secret"
BYTES = 300  # of a session and what is known of its user


async def took(read: Callable[[], Awaitable[object]], at_once: int) -> float:
    """Microseconds a read, when so many are under way."""

    async def some() -> None:
        for _ in range(READS // at_once):
            await read()

    began = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(at_once)))
    return (time.perf_counter() - began) / READS * 1e6


async def main() -> None:
    """A line for each way of reading."""
    server, name = os.environ["SHOPWRIGHT_TEST_POSTGRES"], f"sessions_{uuid.uuid4().hex[:8]}"
    admin = await asyncpg.connect(server)
    await admin.execute(f"CREATE DATABASE {name}")
    database = open_database(f"{server.rpartition('/')[0]}/{name}", "users")
    cache = open_cache(f"{os.environ['SHOPWRIGHT_TEST_REDIS']}?prefix={name}")
    try:
        await database.migrate(migrations_of("users"))
        await cache.set("session", b"x" * BYTES, timedelta(minutes=5))
        ways: dict[str, Callable[[], Awaitable[object]]] = {
            "Redis": lambda: cache.get("session"),
            "PostgreSQL": lambda: database.fetch(SESSION, {"secret": "a" * 64}),
        }
        for read in ways.values():
            await took(read, AT_ONCE)
        for way, read in ways.items():
            print(
                f"{way:10}  alone {await took(read, 1):4.0f} µs   {AT_ONCE} at once {await took(read, AT_ONCE):4.0f} µs"
            )
    finally:
        await cache.close()
        await database.close()
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


asyncio.run(main())
