"""Every SQL statement that a shop sends."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from shopwright.kit.data.database import Database
from shopwright.open_engines import EngineDecorator

Statement = tuple[str, str, Any]


class Seen:
    """A database that records its statements and has no version, so that nothing is answered from a cache."""

    def __init__(self, name: str, inner: Database, statements: list[Statement]) -> None:
        self._name, self._inner, self._asked = name, inner, statements

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def fetch(self, sql: str, params: Any) -> Any:
        self._asked.append((self._name, sql, dict(params)))
        return await self._inner.fetch(sql, params)

    def pinned(self) -> Any:
        return nullcontext(self)

    async def fetch_late(self, sql: str, params: Any) -> Any:
        return await self.fetch(sql, params)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Any]:
        async with self._inner.begin() as session:
            yield SeenSession(self._name, session, self._asked)

    def version(self) -> None:
        return None


class SeenSession:
    """A session of such a database, which records its statements."""

    def __init__(self, name: str, inner: Any, statements: list[Statement]) -> None:
        self._name, self._inner, self._asked = name, inner, statements

    async def fetch(self, sql: str, params: Any) -> Any:
        self._asked.append((self._name, sql, dict(params)))
        return await self._inner.fetch(sql, params)

    async def run(self, sql: str, params: Any) -> int:
        self._asked.append((self._name, sql, dict(params)))
        return await self._inner.run(sql, params)

    async def run_many(self, sql: str, rows: Sequence[Any]) -> None:
        if rows:
            self._asked.append((self._name, sql, dict(rows[0])))
        await self._inner.run_many(sql, rows)


class Looking(EngineDecorator):
    """Records the statements of every database of a shop."""

    def __init__(self) -> None:
        self.asked: list[Statement] = []

    def database(self, name: str, database: Database) -> Any:
        return Seen(name, database, self.asked)
