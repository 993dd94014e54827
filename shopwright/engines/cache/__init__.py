"""Caches: `memory:` lives in each process."""

from shopwright.kit.ports import Cache
from shopwright.kit.settings import choose


def open_cache(url: str) -> Cache:
    """The cache behind `url`. Raises Invalid for a scheme nobody knows."""
    return choose("cache", url, {"memory": _memory})()


def _memory() -> Cache:
    from shopwright.engines.cache.memory import MemoryCache

    return MemoryCache()
