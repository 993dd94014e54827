"""The guarded cache: a dead server costs one time-out, not one per request."""

from datetime import timedelta

from shopwright.kit.caching.circuit_breaker import CircuitBreaker
from shopwright.kit.observability.health import Health
from shopwright.kit.ports import Cache


class GuardedCache:
    """The cache `inner` behind a circuit breaker."""

    def __init__(self, inner: Cache) -> None:
        self._inner = inner
        self._breaker = CircuitBreaker("The cache", lambda: inner.get("ready"))

    async def get(self, key: str) -> bytes | None:
        return await self._breaker.ask(lambda: self._inner.get(key))

    async def set(self, key: str, value: bytes, ttl: timedelta) -> None:
        await self._breaker.ask(lambda: self._inner.set(key, value, ttl))

    async def add(self, key: str, value: bytes, ttl: timedelta) -> bool:
        return await self._breaker.ask(lambda: self._inner.add(key, value, ttl))

    async def delete(self, key: str) -> None:
        await self._breaker.ask(lambda: self._inner.delete(key))

    async def increment(self, key: str, ttl: timedelta) -> int:
        return await self._breaker.ask(lambda: self._inner.increment(key, ttl))

    async def examine(self) -> Health:
        return await self._inner.examine()

    async def close(self) -> None:
        await self._breaker.close()
        await self._inner.close()
