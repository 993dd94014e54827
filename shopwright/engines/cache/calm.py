"""Around a cache on a server: once it did not answer, nobody waits for it again for a moment."""

import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from shopwright.kit.errors import Unavailable
from shopwright.kit.ports import Cache

log = logging.getLogger("shopwright.cache")
T = TypeVar("T")
REST_S = 1.0


class CalmCache:
    """The cache `inner`; for a second after a failure everything is Unavailable at once instead of after a time-out."""

    def __init__(self, inner: Cache, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._inner = inner
        self._monotonic = monotonic
        self._rests_until = 0.0
        self._well = True

    async def _ask(self, call: Callable[[], Awaitable[T]]) -> T:
        if self._monotonic() < self._rests_until:
            raise Unavailable("The cache did not answer a moment ago.")
        try:
            answer = await call()
        except Unavailable as error:
            self._rests_until = self._monotonic() + REST_S
            if self._well:
                log.warning("%s The shop goes on without it.", error.detail)
            self._well = False
            raise
        if not self._well:
            log.warning("The cache answers again.")
        self._well = True
        return answer

    async def get(self, key: str) -> bytes | None:
        return await self._ask(lambda: self._inner.get(key))

    async def set(self, key: str, value: bytes, ttl: timedelta) -> None:
        await self._ask(lambda: self._inner.set(key, value, ttl))

    async def delete(self, key: str) -> None:
        await self._ask(lambda: self._inner.delete(key))

    async def increment(self, key: str, ttl: timedelta) -> int:
        return await self._ask(lambda: self._inner.increment(key, ttl))

    async def close(self) -> None:
        await self._inner.close()
