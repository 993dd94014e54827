"""PostgreSQL through asyncpg: a schema for each service, a pool of connections in each process."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import asyncpg

from shopwright.engines.database import migrations
from shopwright.kit.database import Params, Row, UniqueViolation
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.health import Health

PARAMETER = re.compile(r"'(?:[^']|'')*'|(?<![:\w]):([a-z_]\w*)")
BATCH = 1000
HOLD_TRIES = 50
MIGRATION_LOCK = 7_305_816_421
OLDEST = 130_000
# Settings that lose what was acknowledged, and what they cost.
RISKS = {
    "fsync": "a crash of the machine may destroy the database",
    "full_page_writes": "a crash of the machine may leave half-written pages",
    "synchronous_commit": "a crash of the server loses the last orders it acknowledged",
    "autovacuum": "tables grow without end and queries slow down",
}


@lru_cache(maxsize=2048)
def positional(sql: str) -> tuple[str, tuple[str, ...]]:
    """SQL with `$1, $2 …` for `:name`, and the names in that order."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return match.group(0)
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return PARAMETER.sub(number, sql), tuple(names)


@contextmanager
def translated(schema: str) -> Iterator[None]:
    """What asyncpg raises, in the words of the port."""
    try:
        yield
    except asyncpg.exceptions.UniqueViolationError as error:
        raise UniqueViolation(str(error)) from None
    except asyncpg.exceptions.DataError:  # a NUL in a text, a number beyond 64 bits
        raise Invalid("A text holds a character, or a number is of a size, that cannot be kept.") from None
    except (asyncpg.exceptions.DeadlockDetectedError, asyncpg.exceptions.SerializationError):
        raise Unavailable("Others changed the same at the same moment. Nothing was done; try again.") from None
    except (
        OSError,
        TimeoutError,
        asyncpg.exceptions.PostgresConnectionError,
        asyncpg.exceptions.InterfaceError,
        asyncpg.exceptions.DiskFullError,
    ) as error:
        raise Unavailable(f"PostgreSQL does not answer for {schema}: {error}.") from error


class PostgresSession:
    """Statements of one open transaction, on one connection of the pool."""

    def __init__(self, connection: Any, schema: str) -> None:
        self._connection = connection
        self._schema = schema

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]:
        text, names = positional(sql)
        with translated(self._schema):
            rows: Sequence[Row] = await self._connection.fetch(text, *(params[name] for name in names))
        return rows

    async def run(self, sql: str, params: Params) -> int:
        text, names = positional(sql)
        with translated(self._schema):
            status: str = await self._connection.execute(text, *(params[name] for name in names))
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def run_many(self, sql: str, rows: Sequence[Params]) -> None:
        text, names = positional(sql)
        with translated(self._schema):
            await self._connection.executemany(text, [tuple(row[name] for name in names) for row in rows])


class PostgresSnapshot:
    """A repeatable-read transaction."""

    def __init__(self, connection: Any, schema: str) -> None:
        self._connection = connection
        self._schema = schema

    async def tables(self) -> list[str]:
        rows = await self._connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY tablename", self._schema
        )
        return [row["tablename"] for row in rows]

    async def rows(self, table: str) -> AsyncIterator[Sequence[dict[str, Any]]]:
        with translated(self._schema):
            cursor = await self._connection.cursor(f"SELECT * FROM {table}")
            while batch := await cursor.fetch(BATCH):
                yield [dict(row) for row in batch]


class PostgresDatabase:
    """One schema for one service."""

    def __init__(self, url: str, schema: str, pool_size: int = 6) -> None:
        self._url = url
        self._schema = schema
        self._pool_size = pool_size
        self._pool: Any = None
        self._opening = asyncio.Lock()

    async def _connected(self) -> Any:
        if self._pool is not None:
            return self._pool
        async with self._opening:
            if self._pool is None:
                try:
                    self._pool = await asyncpg.create_pool(
                        self._url,
                        min_size=0,
                        max_size=self._pool_size,
                        timeout=10,
                        command_timeout=30,
                        server_settings={"search_path": self._schema, "application_name": f"shopwright {self._schema}"},
                    )
                except (OSError, asyncpg.exceptions.PostgresError, TimeoutError) as error:
                    raise Unavailable(f"PostgreSQL does not answer for {self._schema}: {error}.") from error
        return self._pool

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        pool = await self._connected()
        with translated(self._schema):
            async with pool.acquire(timeout=15) as connection:
                yield connection

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]:
        async with self._connection() as connection:
            return await PostgresSession(connection, self._schema).fetch(sql, params)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresSession]:
        async with self._connection() as connection, connection.transaction():
            yield PostgresSession(connection, self._schema)

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[PostgresSession]:
        async with self._connection() as connection:
            tables = await PostgresSnapshot(connection, self._schema).tables()
            for patience in range(HOLD_TRIES, -1, -1):
                transaction = connection.transaction()
                await transaction.start()
                try:
                    await self._lock(connection, tables)
                    break
                except (asyncpg.exceptions.LockNotAvailableError, asyncpg.exceptions.DeadlockDetectedError):
                    await transaction.rollback()
                    if not patience:
                        raise Unavailable(f"{self._schema} is too busy to be held still. Try again later.") from None
            try:
                yield PostgresSession(connection, self._schema)
            except BaseException:
                await transaction.rollback()
                raise
            await transaction.commit()

    @staticmethod
    async def _lock(connection: Any, tables: Sequence[str]) -> None:
        # We give way before PostgreSQL looks for deadlocks (after 1 s): those who sell must not be the ones to lose.
        await connection.execute("SET LOCAL lock_timeout = '400ms'")
        await connection.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE")

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[PostgresSnapshot]:
        async with (
            self._connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.fetch("SELECT count(*) FROM migrations")  # from here on it sees this moment
            yield PostgresSnapshot(connection, self._schema)

    async def migrate(self, folders: Sequence[Path]) -> list[str]:
        async with self.begin() as session:
            await session.fetch("SELECT pg_advisory_xact_lock(:lock)", {"lock": MIGRATION_LOCK})
            await session.run(f"CREATE SCHEMA IF NOT EXISTS {self._schema}", {})
            await session.run(migrations.TABLE, {})
            rows = await session.fetch("SELECT name, hash FROM migrations", {})
            todo = migrations.pending(folders, {row["name"]: row["hash"] for row in rows}, f"schema {self._schema}")
            for migration in todo:
                for statement in migration.statements():
                    await session.run(statement, {})
                await session.run(
                    "INSERT INTO migrations (name, hash) VALUES (:name, :hash)",
                    {"name": migration.name, "hash": migration.hash},
                )
        return [migration.name for migration in todo]

    def version(self) -> int | None:
        return None

    async def examine(self) -> Health:
        rows = await self.fetch("SELECT name, setting FROM pg_settings", {})
        set_to = {row["name"]: row["setting"] for row in rows}
        wrong = [
            f"{name} is off: {cost}. Set {name} = on in postgresql.conf."
            for name, cost in RISKS.items()
            if set_to.get(name) == "off"
        ]
        if int(set_to["server_version_num"]) < OLDEST:
            wrong.append(f"PostgreSQL {set_to['server_version']} is too old; the shop is tested with 15.")
        return Health(f"PostgreSQL {set_to['server_version']}", tuple(wrong))

    async def check(self) -> None:
        await self.fetch("SELECT count(*) FROM migrations", {})

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
            self._pool = None
