"""A bounded in-process cache that evicts the least recently used."""

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta

from shopwright.kit.observability.health import Health
from shopwright.kit.translation import gettext as _

CAPACITY = 20_000


class MemoryCache:
    """Bytes by key with expiry."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, capacity: int = CAPACITY) -> None:
        self._monotonic = monotonic
        self._capacity = capacity
        self._entries: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    async def get(self, key: str) -> bytes | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[0] <= self._monotonic():
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry[1]

    async def set(self, key: str, value: bytes, ttl: timedelta) -> None:
        self._entries[key] = (self._monotonic() + ttl.total_seconds(), value)
        self._entries.move_to_end(key)
        while len(self._entries) > self._capacity:
            self._entries.popitem(last=False)

    async def add(self, key: str, value: bytes, ttl: timedelta) -> bool:
        if await self.get(key) is not None:
            return False
        await self.set(key, value, ttl)
        return True

    async def delete(self, key: str) -> None:
        self._entries.pop(key, None)

    async def increment(self, key: str, ttl: timedelta) -> int:
        entry = self._entries.get(key)
        if entry is None or entry[0] <= self._monotonic():
            await self.set(key, b"1", ttl)
            return 1
        count = int(entry[1]) + 1
        self._entries[key] = (entry[0], str(count).encode())
        return count

    async def examine(self) -> Health:
        return Health(_("in the memory of each process"))

    async def close(self) -> None:
        self._entries.clear()
