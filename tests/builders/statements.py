"""Every SQL statement that a shop sends."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from shopwright.kit.data.database import Database
from shopwright.open_engines import EngineDecorator

Asked = tuple[str, str, Any]


class Seen:
    """A database that writes down what is asked of it, and keeps no version: so nothing is answered from memory."""

    def __init__(self, name: str, inner: Database, asked: list[Asked]) -> None:
        self._name, self._inner, self._asked = name, inner, asked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def fetch(self, sql: str, params: Any) -> Any:
        self._asked.append((self._name, sql, dict(params)))
        return await self._inner.fetch(sql, params)

    def in_a_row(self) -> Any:
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
    """The same for a transaction."""

    def __init__(self, name: str, inner: Any, asked: list[Asked]) -> None:
        self._name, self._inner, self._asked = name, inner, asked

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
    """Around every database of a shop."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    def database(self, name: str, database: Database) -> Any:
        return Seen(name, database, self.asked)
