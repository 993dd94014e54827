"""Reads from a streaming replica that may lag.

They never lag behind this process's own writes: after a commit the primary is asked for its position, and answers
itself until the replica has replayed it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import asyncpg

from shopwright.engines.database.postgresql_url import NO_ANSWER, PostgresUrl
from shopwright.kit.caching.circuit_breaker import CircuitBreaker
from shopwright.kit.errors import Unavailable
from shopwright.kit.translation import gettext as _

log = logging.getLogger("shopwright.engines")

GONE = (
    *NO_ANSWER,
    asyncpg.exceptions.OperatorInterventionError,  # also: what was read has been vacuumed on the primary
    asyncpg.exceptions.TransactionRollbackError,
)
REACHED = "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn"


class Replica:
    """The replicas of one service's schema."""

    def __init__(
        self, url: PostgresUrl, schema: str, how: Mapping[str, Any], become: Callable[[Any], Awaitable[None]]
    ) -> None:
        self._url = url
        self._schema = schema
        self._how = how
        self._become = become
        self._pool: Any = None
        self._opening = asyncio.Lock()
        self._breaker = CircuitBreaker("The replica", lambda: self._fetch("SELECT 1", ()))
        self._written = True  # something may have been written that `_wanted` does not know of
        self._wanted = ""  # how far the replica must be; "": it is

    def wrote(self) -> None:
        """Record a commit of this process."""
        self._written = True

    async def fetch(
        self, text: str, values: Sequence[Any], position: Callable[[], Awaitable[str]]
    ) -> Sequence[Any] | None:
        """Return the rows; None if the replica lags or is gone. `position`: asks the primary for its position."""
        if self._written:
            self._written = False  # first: what is committed while we ask counts again
            self._wanted = await position()
        try:
            return await self._breaker.ask(lambda: self._fetch(text, values))
        except Unavailable:
            return None

    async def _fetch(self, text: str, values: Sequence[Any]) -> Sequence[Any] | None:
        wanted = self._wanted
        try:
            pool = await self._connected()
            async with pool.acquire(timeout=self._url.wait_seconds) as connection:
                if wanted:
                    if not await connection.fetchval(REACHED, wanted):
                        return None
                    if self._wanted == wanted:
                        self._wanted = ""
                rows: Sequence[Any] = await connection.fetch(text, *values)
                return rows
        except GONE as error:
            raise Unavailable(
                _(
                    "The replica does not answer for {schema} ({error}).",
                    schema=self._schema,
                    error=type(error).__name__,
                )
            ) from error

    async def _connected(self) -> Any:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url.replica, min_size=0, max_size=self._url.connections, init=self._become, **self._how
                )
        return self._pool

    async def close(self) -> None:
        await self._breaker.close()
        if self._pool is not None:
            await self._pool.close()
            self._pool = None
