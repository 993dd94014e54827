"""Triggers for moving a PostgreSQL schema; created by its owner, as a service's role may not."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import asyncpg

from shopwright.kit.errors import Unavailable

NOTE, FENCE = "moving_note", "moving_fence"
UNWATCHED = frozenset({"migrations", "moved_rows"})
UNFENCED = UNWATCHED | {"document_moves"}  # where a backup says that it reads
TRIES = 100
KEYS = (
    "SELECT c.relname AS place, a.attname AS part FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
    " JOIN pg_namespace s ON s.oid = c.relnamespace, unnest(i.indkey) WITH ORDINALITY k (number, place)"
    " JOIN pg_attribute a ON a.attnum = k.number"
    " WHERE i.indisprimary AND a.attrelid = i.indrelid AND s.nspname = $1 ORDER BY c.relname, k.place"
)
NOTING = """
CREATE OR REPLACE FUNCTION moving_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema} AS $$
DECLARE
    parts text[] := TG_ARGV;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO moved_rows (place, key) SELECT TG_TABLE_NAME, jsonb_agg(to_jsonb(OLD) -> part ORDER BY n)::text
            FROM unnest(parts) WITH ORDINALITY named (part, n);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO moved_rows (place, key) SELECT TG_TABLE_NAME, jsonb_agg(to_jsonb(NEW) -> part ORDER BY n)::text
            FROM unnest(parts) WITH ORDINALITY named (part, n);
    END IF;
    RETURN NULL;
END $$
"""
FENCING = """
CREATE OR REPLACE FUNCTION moving_fence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'read_only_sql_transaction', MESSAGE = '{words}';
END $$
"""
Owner = Callable[[], AbstractAsyncContextManager[Any]]


class PostgresMoving:
    """See `Movable`. `owner`: a transaction as the schema's owner; `role`: the service's role."""

    def __init__(self, owner: Owner, schema: str, role: str) -> None:
        self._owner = owner
        self._schema = schema
        self._role = role

    async def keys(self) -> Mapping[str, tuple[str, ...]]:
        async with self._owner() as connection:
            return await self._keys(connection)

    async def _keys(self, connection: Any) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for row in await connection.fetch(KEYS, self._schema):
            found[row["place"]] = (*found.get(row["place"], ()), row["part"])
        return found

    async def watch(self) -> None:
        async def statements(connection: Any) -> AsyncIterator[str]:
            yield (
                "CREATE TABLE IF NOT EXISTS moved_rows (n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                " place TEXT NOT NULL, key TEXT NOT NULL)"
            )
            if self._role:
                yield f"GRANT SELECT, DELETE ON moved_rows TO {self._role}"
            yield NOTING.format(schema=self._schema)
            for place, key in (await self._keys(connection)).items():
                if place not in UNWATCHED:
                    named = ", ".join(f"'{part}'" for part in key)
                    yield (
                        f"CREATE OR REPLACE TRIGGER {NOTE} AFTER INSERT OR UPDATE OR DELETE ON {place}"
                        f" FOR EACH ROW EXECUTE FUNCTION moving_note({named})"
                    )

        await self._change(statements)

    async def unwatch(self) -> None:
        async def statements(connection: Any) -> AsyncIterator[str]:
            for place in await self._keys(connection):
                yield f"DROP TRIGGER IF EXISTS {NOTE} ON {place}"
            yield "DROP FUNCTION IF EXISTS moving_note()"
            yield "DROP TABLE IF EXISTS moved_rows"

        await self._change(statements)

    async def fence(self, words: str) -> None:
        async def statements(connection: Any) -> AsyncIterator[str]:
            yield FENCING.format(words=words.replace("'", "’").replace("%", "%%"))
            for place in await self._keys(connection):
                if place not in UNFENCED:
                    yield (
                        f"CREATE OR REPLACE TRIGGER {FENCE} BEFORE INSERT OR UPDATE OR DELETE ON {place}"
                        " FOR EACH STATEMENT EXECUTE FUNCTION moving_fence()"
                    )

        await self._change(statements)

    async def unfence(self) -> None:
        async def statements(connection: Any) -> AsyncIterator[str]:
            for place in await self._keys(connection):
                yield f"DROP TRIGGER IF EXISTS {FENCE} ON {place}"
            yield "DROP FUNCTION IF EXISTS moving_fence()"

        await self._change(statements)

    async def _change(self, statements: Callable[[Any], AsyncIterator[str]]) -> None:
        """Run all statements at once between writes, giving up before checkouts do."""
        busy = (asyncpg.exceptions.LockNotAvailableError, asyncpg.exceptions.DeadlockDetectedError)
        for _ in range(TRIES):
            try:
                async with self._owner() as connection:
                    await connection.execute("SET LOCAL lock_timeout = '400ms'")
                    positions: Sequence[str] = list(await self._keys(connection))
                    await connection.execute(f"LOCK TABLE {', '.join(positions)} IN ACCESS EXCLUSIVE MODE")
                    async for statement in statements(connection):
                        await connection.execute(statement)
            except busy:
                continue
            return
        raise Unavailable(_("{schema} is too busy to be changed. Try again later.", schema=self._schema))
