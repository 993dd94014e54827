"""Hot reads in a cache that all processes share: what one has made, the others need not make again.

Each stands under the versions it was made from (`kit.work.Marks`: texts that nobody uses twice). So what is found is never older
than an acknowledged change, and nothing is ever deleted: what has another version is not asked for, and ends by itself.
"""

import hashlib
from datetime import timedelta
from typing import Any

from shopwright.kit.errors import Unavailable
from shopwright.kit.ports import Cache


class SharedPageCache:
    """Bytes by key and versions. `maker`: says of which version and settings of the shop they are; others see none of them."""

    def __init__(self, cache: Cache, maker: str) -> None:
        self._cache = cache
        self._maker = maker

    def _name(self, key: object, versions: tuple[Any, ...]) -> str:
        return "hot:" + hashlib.sha256(repr((self._maker, key, versions)).encode()).hexdigest()

    async def get(self, key: object, versions: tuple[Any, ...]) -> bytes | None:
        """What was made of these versions; None also where the cache does not answer."""
        try:
            return await self._cache.get(self._name(key, versions))
        except Unavailable:
            return None

    async def put(self, key: object, versions: tuple[Any, ...], made: bytes, lasting: timedelta) -> None:
        """It was made of these versions. Where the cache does not answer it is made again by whoever needs it."""
        try:
            await self._cache.set(self._name(key, versions), made, lasting)
        except Unavailable:
            return
