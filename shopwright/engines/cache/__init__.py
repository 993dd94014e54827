"""Caches: `memory:` in each process; `redis://…` and `memcached://…` shared."""

from collections.abc import Callable

from shopwright.kit.data.unit_of_work import VersionStore
from shopwright.kit.errors import Invalid
from shopwright.kit.ports import Cache
from shopwright.kit.settings import choose, client_of
from shopwright.kit.translation import gettext as _


def _memory(_url: str, _setting: str) -> Cache:
    from shopwright.engines.cache.memory import MemoryCache

    return MemoryCache()


def _redis(url: str, setting: str) -> Cache:
    from shopwright.engines.cache.guarded import GuardedCache

    with client_of("redis"):
        from shopwright.engines.cache.redis import RedisCache

    return GuardedCache(RedisCache(url, setting))


def _memcached(url: str, setting: str) -> Cache:
    from shopwright.engines.cache.guarded import GuardedCache

    with client_of("memcached"):
        from shopwright.engines.cache.memcached import MemcachedCache

    return GuardedCache(MemcachedCache(url, setting))


SHARED = {"redis": _redis, "rediss": _redis, "redis+sentinel": _redis, "redis+cluster": _redis, "memcached": _memcached}


def open_cache(url: str) -> Cache:
    """Open the cache at `url`. Raises Invalid for an unknown scheme."""
    return choose("cache", url, {"memory": _memory, **SHARED})(url, "cache")


def open_shared_pages(url: str, cache: Cache, cache_url: str) -> Cache | None:
    """Open the shared page cache: `cache` itself, or its own; None to disable it.

    Only Redis as `cache_url` shares versions. Raises Invalid for a separate cache without it.
    """
    has_redis = cache_url.startswith("redis")
    itself: dict[str, Callable[[str, str], Cache | None]] = {
        "cache": lambda _url, _setting: cache if has_redis else None,
        "off": lambda _url, _setting: None,
    }
    opener = choose("hot_reads", url, {**itself, **SHARED})
    if opener in SHARED.values() and not has_redis:
        raise Invalid(
            _(
                "SHOPWRIGHT_HOT_READS needs Redis as SHOPWRIGHT_CACHE: it tells processes of what changed in the database of others."
            )
        )
    return opener(url, "hot_reads")


def open_versions(url: str) -> VersionStore | None:
    """Return the shared version store, if the cache supports one."""
    if not url.startswith("redis"):
        return None
    with client_of("redis"):
        from shopwright.engines.cache.redis import RedisCache
        from shopwright.engines.cache.redis_versions import RedisVersions

    return RedisVersions(RedisCache(url))
