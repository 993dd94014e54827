"""Redis 7: one server (`redis://`, with TLS `rediss://`), Sentinels, or a Cluster.

redis://:password@host:6379/0 rediss://user:password@host:6380/0?ca=/etc/ssl/redis-ca.pem
redis+sentinel://:password@host1:26379,host2:26379/mymaster redis+cluster://:password@host1:6379,host2:6379

`?prefix=northlight` separates shops on a shared server.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.driver_info import DriverInfo
from redis.exceptions import RedisClusterException, RedisError

from shopwright.engines.cache.redis_connection import CoalescedReads, RedisConnection
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.observability.health import Health
from shopwright.kit.settings import EngineUrl, prefix_of, take_apart
from shopwright.kit.translation import gettext as _

PORT, SENTINEL_PORT = 6379, 26379
CONNECT_S, ANSWER_S = 1.0, 1.0
CONNECTIONS = 20
OLDEST = 6
DRIVER = DriverInfo()  # once: each client, and each connection, would look up the version of its package
WAITS = ("socket_connect_timeout", "socket_timeout", "retry", "driver_info")
# Count and expiry are set in one step, so that a crash in between cannot leave a counter without expiry.
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count
"""


class RedisCache:
    """Keys with the prefix and an expiry, so that memory pressure may evict them (`allkeys-lru`, `volatile-ttl`)."""

    def __init__(self, url: str, setting: str = "cache") -> None:
        parts = take_apart(setting, url, ("ca", "prefix"))
        self._client, self._watchers = connect(parts, f"SHOPWRIGHT_{setting.upper()}")
        self._prefix = f"{prefix_of(setting, parts)}:"
        self._free = asyncio.Semaphore(CONNECTIONS)
        # A Cluster has many servers; the client finds the one with a key.
        self._line = None if isinstance(self._client, RedisCluster) else RedisConnection(self._client)
        self._reads = None if isinstance(self._client, RedisCluster) else CoalescedReads(self._client)

    @asynccontextmanager
    async def _asked(self) -> AsyncIterator[None]:
        """Translate the client's errors, whose messages may contain what was sent."""
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable(_("Redis does not answer: all connections wait for it.")) from None
        try:
            yield
        except (RedisError, RedisClusterException, OSError, TimeoutError) as error:
            raise Unavailable(_("Redis does not answer ({error}).", error=type(error).__name__)) from error
        finally:
            self._free.release()

    async def get(self, key: str) -> bytes | None:
        if self._reads is not None:
            return await self._reads.get(self._prefix + key)
        async with self._asked():
            found: bytes | None = await self._client.get(self._prefix + key)
        return found

    async def set(self, key: str, value: bytes, ttl: timedelta) -> None:
        async with self._asked():
            await self._client.set(self._prefix + key, value, px=_milliseconds(ttl))

    async def add(self, key: str, value: bytes, ttl: timedelta) -> bool:
        async with self._asked():
            return bool(await self._client.set(self._prefix + key, value, px=_milliseconds(ttl), nx=True))

    async def delete(self, key: str) -> None:
        async with self._asked():
            await self._client.delete(self._prefix + key)

    async def increment(self, key: str, ttl: timedelta) -> int:
        async with self._asked():
            return int(await self._client.eval(COUNT, 1, self._prefix + key, _milliseconds(ttl)))

    async def script(self, lua: str, keys: Sequence[str], *values: str | int) -> Any:
        """Run a script on these keys, which must be in one slot of a Cluster."""
        async with self._asked():
            return await self._client.eval(lua, len(keys), *(self._prefix + key for key in keys), *values)

    async def hash(self, key: str) -> dict[str, str]:
        """Return all fields of a hash. One caller at a time."""
        if self._line is not None:
            found: Any = await self._line.ask("HGETALL", self._prefix + key)
        else:
            async with self._asked():
                found = await self._client.hgetall(self._prefix + key)
        pairs = found.items() if isinstance(found, dict) else zip(found[::2], found[1::2], strict=True)
        return {name.decode(): value.decode() for name, value in pairs}

    async def examine(self) -> Health:
        async with self._asked():
            info: Any = await self._client.info()
        if "redis_version" not in info:  # a Cluster reports by server
            info = next(iter(info.values()))
        wrong = []
        if int(info["redis_version"].split(".")[0]) < OLDEST:
            wrong.append(_("Redis {version} is too old; the shop is tested with 7.", version=info["redis_version"]))
        if info.get("maxmemory") and info.get("maxmemory_policy") == "noeviction":
            wrong.append(_("Redis refuses to write when its memory is full. Set maxmemory-policy allkeys-lru."))
        return Health(f"Redis {info['redis_version']}", tuple(wrong))

    async def close(self) -> None:
        for own in (self._line, self._reads):
            if own is not None:
                await own.close()
        for one in (self._client, *self._watchers):
            await one.aclose()


def connect(url: EngineUrl, setting: str = "SHOPWRIGHT_CACHE") -> tuple[Any, list[Any]]:
    """Return a client of the server, the Sentinels' master, or the Cluster, and clients of the Sentinels; all lazy."""
    how: dict[str, Any] = {
        "username": url.user or None,
        "password": url.password or None,
        "socket_connect_timeout": CONNECT_S,
        "socket_timeout": ANSWER_S,
        "max_connections": CONNECTIONS,
        "retry": Retry(NoBackoff(), 1),  # a connection that was kept may have been closed
        "driver_info": DRIVER,
    }
    if url.scheme == "rediss":
        how |= {"ssl": True, "ssl_ca_certs": url.options.get("ca")}
    if url.scheme == "redis+cluster":
        nodes = [ClusterNode(host, port or PORT) for host, port in url.hosts]
        return RedisCluster(startup_nodes=nodes, **how), []
    if url.scheme == "redis+sentinel":
        if not url.path:
            raise Invalid(
                _("{setting} names no master; example: redis+sentinel://host:26379/mymaster.", setting=setting)
            )
        hosts = [(host, port or SENTINEL_PORT) for host, port in url.hosts]
        watchers = Sentinel(hosts, sentinel_kwargs={name: how[name] for name in WAITS})
        return watchers.master_for(url.path, **how), list(watchers.sentinels)
    if len(url.hosts) > 1:
        raise Invalid(_("{setting} names several hosts; that is redis+sentinel: or redis+cluster:.", setting=setting))
    if url.path and not is_number(url.path):
        raise Invalid(
            _("{setting} names the database “{path}”; Redis numbers them: /0.", setting=setting, path=url.path)
        )
    host, port = url.hosts[0]
    return Redis(host=host, port=port or PORT, db=int(url.path or 0), **how), []


def _milliseconds(ttl: timedelta) -> int:
    return max(1, int(ttl / timedelta(milliseconds=1)))
