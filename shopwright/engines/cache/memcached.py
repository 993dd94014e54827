"""Memcached: `memcached://host:11211`. Times are in whole seconds.

It uses pymemcache in threads: an abandoned call cannot leave half an answer for the next one, as a cancelled one on the
event loop could.
"""

import asyncio
import hashlib
import math
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from pymemcache.client.base import PooledClient
from pymemcache.exceptions import MemcacheError

from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.observability.health import Health
from shopwright.kit.settings import take_apart
from shopwright.kit.translation import gettext as _

T = TypeVar("T")
PORT = 11211
CONNECTIONS = 8
CONNECT_S, ANSWER_S = 1.0, 1.0
# Larger values are not stored: the server's limit less its overhead.
LARGEST = 1024 * 1024 - 512
# From here on the protocol takes seconds for a date (doc/protocol.txt, "Expiration times").
LONGEST = timedelta(days=30)


class MemcachedCache:
    """Keys are hashed, as the protocol forbids spaces and more than 250 bytes."""

    def __init__(self, url: str, setting: str = "cache") -> None:
        parts = take_apart(setting, url)
        if len(parts.hosts) > 1 or parts.user or parts.password or parts.path:
            raise Invalid(_("SHOPWRIGHT_{upper} must be like memcached://host:11211.", upper=setting.upper()))
        host, port = parts.hosts[0]
        self._client = PooledClient(
            (host, port or PORT),
            connect_timeout=CONNECT_S,
            timeout=ANSWER_S,
            no_delay=True,
            max_pool_size=CONNECTIONS,
            default_noreply=False,
        )
        self._free = asyncio.Semaphore(CONNECTIONS)

    async def _do(self, call: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable(_("Memcached does not answer: all connections wait for it.")) from None
        try:
            return await asyncio.to_thread(call)
        except (MemcacheError, OSError) as error:
            raise Unavailable(_("Memcached does not answer ({error}).", error=type(error).__name__)) from error
        finally:
            self._free.release()

    async def get(self, key: str) -> bytes | None:
        return await self._do(lambda: self._client.get(_key(key)))

    async def set(self, key: str, value: bytes, ttl: timedelta) -> None:
        if len(value) > LARGEST:
            await self.delete(key)
        else:
            await self._do(lambda: self._client.set(_key(key), value, expire=_seconds(ttl)))

    async def add(self, key: str, value: bytes, ttl: timedelta) -> bool:
        if len(value) > LARGEST:
            return False
        return await self._do(lambda: self._client.add(_key(key), value, expire=_seconds(ttl)))

    async def delete(self, key: str) -> None:
        await self._do(lambda: self._client.delete(_key(key)))

    async def increment(self, key: str, ttl: timedelta) -> int:
        def count() -> int:
            while True:
                if self._client.add(_key(key), b"1", expire=_seconds(ttl)):
                    return 1
                counted: int | None = self._client.incr(_key(key), 1)
                if counted is not None:  # else it ended in between
                    return counted

        return await self._do(count)

    async def examine(self) -> Health:
        version = await self._do(self._client.version)
        return Health(f"Memcached {version.decode()}")

    async def close(self) -> None:
        await asyncio.to_thread(self._client.close)


def _key(key: str) -> str:
    return "shopwright:" + hashlib.sha256(key.encode()).hexdigest()


def _seconds(ttl: timedelta) -> int:
    return max(1, math.ceil(min(ttl, LONGEST).total_seconds()))
