"""Caches: `memory:` lives in each process, `redis://…` and `memcached://…` are shared by all of them."""

from shopwright.kit.ports import Cache
from shopwright.kit.settings import choose, client_of
from shopwright.kit.work import Marks


def open_cache(url: str) -> Cache:
    """The cache behind `url`. Raises Invalid for a scheme nobody knows."""
    return choose(
        "cache",
        url,
        {
            "memory": _memory,
            "redis": _redis,
            "rediss": _redis,
            "redis+sentinel": _redis,
            "redis+cluster": _redis,
            "memcached": _memcached,
        },
    )(url)


def _memory(_url: str) -> Cache:
    from shopwright.engines.cache.memory import MemoryCache

    return MemoryCache()


def _redis(url: str) -> Cache:
    from shopwright.engines.cache.calm import CalmCache

    with client_of("redis"):
        from shopwright.engines.cache.redis import RedisCache

    return CalmCache(RedisCache(url))


def _memcached(url: str) -> Cache:
    from shopwright.engines.cache.calm import CalmCache

    with client_of("memcached"):
        from shopwright.engines.cache.memcached import MemcachedCache

    return CalmCache(MemcachedCache(url))


def open_marks(url: str) -> Marks | None:
    """Versions that all processes share, where the cache behind `url` can keep them."""
    if not url.startswith("redis"):
        return None
    with client_of("redis"):
        from shopwright.engines.cache.redis import RedisCache
        from shopwright.engines.cache.redis_marks import RedisMarks

    return RedisMarks(RedisCache(url))
