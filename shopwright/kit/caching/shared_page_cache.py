"""Pages in a cache shared by all processes, so that each is made once.

Keys contain the versions a page was made from, which are never reused. So pages are never older than an acknowledged
change, and nothing is deleted: outdated keys are not asked for, and expire.
"""

import hashlib
from datetime import timedelta
from typing import Any

from shopwright.kit.errors import Unavailable
from shopwright.kit.ports import Cache


class SharedPageCache:
    """Bytes by key and versions. `maker`: version and settings of the shop; other makers' pages are invisible."""

    def __init__(self, cache: Cache, maker: str) -> None:
        self._cache = cache
        self._maker = maker

    def _name(self, key: object, versions: tuple[Any, ...]) -> str:
        return "hot:" + hashlib.sha256(repr((self._maker, key, versions)).encode()).hexdigest()

    async def get(self, key: object, versions: tuple[Any, ...]) -> bytes | None:
        """Return the page for these versions; None also if the cache is unavailable."""
        try:
            return await self._cache.get(self._name(key, versions))
        except Unavailable:
            return None

    async def put(self, key: object, versions: tuple[Any, ...], made: bytes, lasting: timedelta) -> None:
        """Store a page. Without the cache it is made again when needed."""
        try:
            await self._cache.set(self._name(key, versions), made, lasting)
        except Unavailable:
            return
