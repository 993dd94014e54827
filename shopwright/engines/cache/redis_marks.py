"""Versions in Redis, for databases that have none that is cheap: one question for all of a page's sources.

Each name has a text, which another replaces after each commit, and a set of those who are committing, each with an end.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from shopwright.engines.cache.redis import RedisCache
from shopwright.kit.calm import Calm
from shopwright.kit.errors import Unavailable

T = TypeVar("T")
# Longer than a commit may take (`statement_seconds` and what the driver adds).
COMMITTING_MS = 120_000
NOW = "local time = redis.call('TIME') local now = time[1] * 1000 + math.floor(time[2] / 1000)\n"
BEFORE = NOW + "redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1]) redis.call('PEXPIRE', KEYS[1], ARGV[2])"
AFTER = "redis.call('ZREM', KEYS[1], ARGV[1]) redis.call('SET', KEYS[2], ARGV[1], 'EX', 86400)"
READ = (
    NOW
    + """
local found = {}
for n = 1, #KEYS, 2 do
    if redis.call('ZCOUNT', KEYS[n], now, '+inf') > 0 then return false end
    local version = redis.call('GET', KEYS[n + 1])
    if not version then
        version = ARGV[1]
        redis.call('SET', KEYS[n + 1], version, 'EX', 86400)
    end
    found[#found + 1] = version
end
return found
"""
)


class RedisMarks:
    """See `kit.ports.Marks`."""

    def __init__(self, cache: RedisCache, committing_ms: int = COMMITTING_MS) -> None:
        self._cache = cache
        self._committing_ms = committing_ms
        self._calm = Calm("Redis")
        self._owed: dict[str, str] = {}  # by name: what is committed and could not be marked

    async def before(self, name: str) -> str:
        token = secrets.token_hex(8)
        try:
            await self._ask(lambda: self._cache.script(BEFORE, _keys(name), token, self._committing_ms))
        except Unavailable:
            return ""
        return token

    async def after(self, name: str, token: str) -> None:
        token = token or secrets.token_hex(8)
        try:
            await self._ask(lambda: self._cache.script(AFTER, _keys(name), token))
        except Unavailable:
            self._owed[name] = token

    async def versions(self, names: Sequence[str]) -> tuple[str, ...] | None:
        keys = [key for name in names for key in _keys(name)]
        try:
            for name, token in list(self._owed.items()):
                await self._ask(partial(self._cache.script, AFTER, _keys(name), token))
                if self._owed.get(name) == token:
                    del self._owed[name]
            found = await self._ask(lambda: self._cache.script(READ, keys, secrets.token_hex(8)))
        except Unavailable:
            return None
        return tuple(one.decode() for one in found) if found else None

    async def _ask(self, call: Callable[[], Awaitable[T]]) -> T:
        return await self._calm.ask(call)

    async def close(self) -> None:
        await self._cache.close()


def _keys(name: str) -> list[str]:
    """In one slot of a Cluster, so that one script may ask for all."""
    return [f"{{versions}}:{name}:committing", f"{{versions}}:{name}"]
