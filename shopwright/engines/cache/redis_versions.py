"""Versions in Redis for databases without cheap ones: one query for all of a page's sources.

`versions` (a hash) has a text for each name, replaced after each commit, and under `NAME?` until when a commit may be
in progress; `versions:NAME` (a sorted set) has the committers with their expiry.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from functools import partial

from shopwright.engines.cache.redis import RedisCache
from shopwright.kit.caching.circuit_breaker import CircuitBreaker
from shopwright.kit.data.unit_of_work import this_request
from shopwright.kit.errors import Unavailable

# Longer than a commit may take (`statement_seconds` and the driver's grace).
COMMITTING_MS = 120_000
CLOCKS_MS = 60_000  # so much may our clock and that of Redis differ before a mark that is over is looked at
HASH = "{versions}"
NOW = "local time = redis.call('TIME') local now = time[1] * 1000 + math.floor(time[2] / 1000)\n"
BEFORE = (
    NOW
    + """
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1] .. '?', now + ARGV[3])
"""
)
# The committer's mark is removed, and the in-progress note with the last one.
AFTER = (
    NOW
    + """
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if redis.call('ZCARD', KEYS[2]) == 0 then redis.call('HDEL', KEYS[1], ARGV[1] .. '?') end
if ARGV[3] == 'committed' then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
else redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) end
redis.call('EXPIRE', KEYS[1], 86400)
"""
)


class RedisVersions:
    """See `VersionStore`."""

    def __init__(self, cache: RedisCache, committing_ms: int = COMMITTING_MS, clocks_ms: int = CLOCKS_MS) -> None:
        self._cache = cache
        self._committing_ms = committing_ms
        self._clocks_ms = clocks_ms
        self._breaker = CircuitBreaker("Redis", self._back)
        self._owed: dict[str, str] = {}  # by name: what is committed and could not be marked
        self._changes = 0  # that this process has marked
        self._next: asyncio.Future[Mapping[str, str] | None] | None = None
        self._asking: asyncio.Task[None] | None = None

    async def before(self, name: str) -> str:
        self._changes += 1
        token = secrets.token_hex(8)
        try:
            await self._mark(BEFORE, name, token, self._committing_ms)
        except Unavailable:
            return ""
        return token

    async def after(self, name: str, token: str) -> None:
        token = token or secrets.token_hex(8)
        try:
            await self._mark(AFTER, name, token, "committed")
        except Unavailable:
            self._owed[name] = token
        self._changes += 1

    async def _mark(self, script: str, name: str, *values: str | int) -> None:
        await self._breaker.ask(partial(self._put, script, name, *values))

    async def _put(self, script: str, name: str, *values: str | int) -> None:
        await self._cache.script(script, (HASH, f"{HASH}:{name}"), name, *values)

    async def _back(self) -> None:
        """Probe Redis, and write pending marks before any version is trusted."""
        await self._cache.hash(HASH)
        await self._pay()

    async def _pay(self) -> None:
        for name, token in list(self._owed.items()):
            await self._put(AFTER, name, token, "committed")
            if self._owed.get(name) == token:
                del self._owed[name]

    async def versions(self, names: Sequence[str]) -> tuple[str, ...] | None:
        try:
            if self._owed:
                await self._breaker.ask(self._pay)
            found = await self._read_once()
            if found is not None and (unclear := [name for name in names if self._is_unclear(found, name)]):
                for name in unclear:
                    await self._mark(AFTER, name, secrets.token_hex(8), "")
                found = await self._asked_now()
        except Unavailable:
            return None
        if found is None or any(f"{name}?" in found or name not in found for name in names):
            return None
        return tuple(found[name] for name in names)

    def _is_unclear(self, found: Mapping[str, str], name: str) -> bool:
        """Whether there is no version yet, or a commit has been in progress for too long."""
        until = found.get(f"{name}?")
        return name not in found if until is None else float(until) + self._clocks_ms < time.time() * 1000

    async def _read_once(self) -> Mapping[str, str] | None:
        """All versions, as of this request's first query unless this process changed something since."""
        request = this_request()
        if request is not None and request.holds and request.changes == self._changes:
            known: Mapping[str, str] = request.versions
            return known
        changes = self._changes
        found = await self._asked_now()
        if request is not None:
            request.versions, request.changes = found, changes
        return found

    async def _asked_now(self) -> Mapping[str, str] | None:
        """All versions as of now; requests made while an answer is on its way share the next query."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        mine = self._next
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(mine)

    async def _ask(self) -> None:
        while self._next is not None:
            waiting, self._next = self._next, None
            try:
                found = await self._breaker.ask(partial(self._cache.hash, HASH))
            except Unavailable:
                found = None
            if not waiting.done():
                waiting.set_result(found)

    async def close(self) -> None:
        if self._asking is not None:
            await asyncio.wait([self._asking])
        await self._breaker.close()
        await self._cache.close()
