"""The connection pool of this process for one schema."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg

from shopwright.engines.database.postgresql_errors import translate, translated
from shopwright.engines.database.postgresql_url import PostgresUrl


async def _as_it_is(_connection: Any) -> None:
    """Return a connection without a reset, as we set nothing beyond a transaction that differs between users."""


class Pool:
    """Opened on first use. `how`: arguments of `asyncpg.connect`; `become`: called for each new connection."""

    def __init__(
        self, url: PostgresUrl, schema: str, how: Mapping[str, Any], become: Callable[[Any], Awaitable[None]] | None
    ) -> None:
        self._url = url
        self._how = how
        self._become = become
        self._opening = asyncio.Lock()
        self._opened: Any = None
        self.schema = schema
        self.used = 0
        self.most_used = 0

    def taken(self) -> "PooledConnection":
        """A connection for a block. Raises Unavailable."""
        return PooledConnection(self)

    async def take(self) -> Any:
        pool = self._opened or await self._open()
        # A time limit costs a task, so it is used only if no connection is free.
        connection = await pool.acquire(timeout=None if self.used < self.most_used else self._url.wait_seconds)
        self.used += 1
        self.most_used = max(self.most_used, self.used)
        return connection

    async def release(self, connection: Any) -> None:
        self.used -= 1
        await self._opened.release(connection)

    async def _open(self) -> Any:
        async with self._opening:
            if self._opened is None:
                self._opened = await asyncpg.create_pool(
                    self._url.address,
                    min_size=0,
                    max_size=self._url.connections,
                    reset=_as_it_is,
                    init=self._become,
                    **self._how,
                )
        return self._opened

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()
            self._opened = None


class PooledConnection:
    """The context of `Pool.taken`. Not a generator, as every statement passes through it."""

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __aenter__(self) -> Any:
        with translated(self._pool.schema):
            self._connection = await self._pool.take()
        return self._connection

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        with translated(self._pool.schema):
            await self._pool.release(self._connection)
        if error is not None:
            translate(error, self._pool.schema)
