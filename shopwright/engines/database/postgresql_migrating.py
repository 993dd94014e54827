"""Migrations of a PostgreSQL schema in use.

One process at a time. Tables change in one transaction that gives up rather than block everyone; indexes on existing
tables are built afterwards, concurrently with reads and writes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from shopwright.engines.database import migrations
from shopwright.engines.database.migrations import Migration
from shopwright.kit.data.database import MigrationStep
from shopwright.kit.errors import Unavailable

LOCK = 1_730_581_642
LOOK_EVERY_S, PATIENCE_S = 0.2, 600
TRIES = 30
INDEXES = (
    "SELECT c.relname AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = $1"
)
SIZES = (
    "SELECT c.relname AS name, greatest(c.reltuples, 0)::bigint AS rows FROM pg_class c"
    " JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = $1 AND c.relkind = 'r'"
)
Open = Callable[[], AbstractAsyncContextManager[Any]]


class Migrator:
    """`connect`: as the owner. `settle_in`: the setup of each transaction. `pooled`: through PgBouncer."""

    def __init__(self, connect: Open, settle_in: Callable[[Any], Any], schema: str, role: str, *, pooled: bool) -> None:
        self._connect = connect
        self._settle_in = settle_in
        self._schema = schema
        self._role = role
        self._pooled = pooled

    async def run(self, folders: Sequence[Path]) -> list[str]:
        """Apply pending migrations. Returns their names."""
        async with self._connect() as connection:
            if self._pooled:  # connections change hands: all of it in one transaction, indexes, too
                return await self._change(connection, folders, at_once=True)
            async with self._alone(connection):
                applied = await self._change(connection, folders, at_once=False)
                await self._build_indexes(connection, folders)
        return applied

    @asynccontextmanager
    async def _alone(self, connection: Any) -> AsyncIterator[None]:
        """Exclude other migrators. Waiting polls, as an index cannot be built beside an open transaction."""
        mine = (LOCK, self._schema)
        async with asyncio.timeout(PATIENCE_S):
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1, hashtext($2))", *mine):  # noqa: ASYNC110 -- there is no notification of its release
                await asyncio.sleep(LOOK_EVERY_S)
        try:
            yield
        finally:
            if not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock($1, hashtext($2))", LOCK, self._schema)

    async def _change(self, connection: Any, folders: Sequence[Path], *, at_once: bool) -> list[str]:
        for _ in range(TRIES):
            try:
                async with connection.transaction():
                    await self._settle_in(connection)
                    if at_once:
                        await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", LOCK, self._schema)
                    return await self._apply(connection, folders, at_once=at_once)
            except asyncpg.exceptions.LockNotAvailableError:
                await asyncio.sleep(LOOK_EVERY_S)
        raise Unavailable(
            _(
                "{schema} is too busy to be migrated. Nothing was changed; try again at a quieter hour.",
                schema=self._schema,
            )
        )

    async def _apply(self, connection: Any, folders: Sequence[Path], *, at_once: bool) -> list[str]:
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
        await connection.execute(migrations.TABLE)
        todo = await self._todo(connection, folders)
        statements = [statement for migration in todo for statement in migration.statements()]
        new = migrations.new_tables(statements)
        await connection.execute("SET LOCAL lock_timeout = '2s'")
        for statement in statements:
            if at_once:
                await connection.execute(statement)
            elif not migrations.waits(statement, new):
                await connection.execute(migrations.if_built(statement))
        await connection.executemany(
            "INSERT INTO migrations (name, hash) VALUES ($1, $2)", [(one.name, one.hash) for one in todo]
        )
        if self._role:
            await connection.execute(f"GRANT USAGE ON SCHEMA {self._schema} TO {self._role}")
            rights = "SELECT, INSERT, UPDATE, DELETE"
            await connection.execute(f"GRANT {rights} ON ALL TABLES IN SCHEMA {self._schema} TO {self._role}")
        return [one.name for one in todo]

    async def _todo(self, connection: Any, folders: Sequence[Path]) -> list[Migration]:
        rows = await connection.fetch("SELECT name, hash FROM migrations")
        return migrations.pending(folders, {row["name"]: row["hash"] for row in rows}, f"schema {self._schema}")

    async def _build_indexes(self, connection: Any, folders: Sequence[Path]) -> None:
        """Build missing and unfinished indexes."""
        there = {row["name"]: row["valid"] for row in await connection.fetch(INDEXES, self._schema)}
        every = (statement for migration in migrations.all_in(folders) for statement in migration.statements())
        for name, statement in migrations.indexes_of(every).items():
            if there.get(name):
                continue
            await connection.execute("SET statement_timeout = 0")
            await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self._schema}.{name}")
            beside = statement.replace(" INDEX ", " INDEX CONCURRENTLY ", 1)
            await connection.execute(beside, timeout=PATIENCE_S * 10)

    async def plan(self, folders: Sequence[Path]) -> list[MigrationStep]:
        """Return what `run` would do."""
        async with self._connect() as connection:
            known = await connection.fetchval("SELECT to_regclass($1 || '.migrations')::text", self._schema)
            todo = await self._todo(connection, folders) if known else migrations.all_in(folders)
            sizes = {row["name"]: row["rows"] for row in await connection.fetch(SIZES, self._schema)}
        new = migrations.new_tables(statement for migration in todo for statement in migration.statements())
        return [
            MigrationStep(migration.name, statement, migrations.lock(statement, new, sizes))
            for migration in todo
            for statement in migration.statements()
        ]
