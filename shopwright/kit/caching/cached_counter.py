"""Small numbers about one subject each, in a cache that all processes share, until their owner says that they changed.

The owner says so after each commit and before anyone is told that it is done. For the next moment nobody keeps a number, so that
one that was read before the change is not kept after it. What remains: an owner that dies just then, or cannot reach the cache
that others reach. So a number is only kept for what may be behind for a few minutes then: nothing is decided on it.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from shopwright.kit.errors import Unavailable
from shopwright.kit.ports import Cache

CHANGED = b"?"
# Longer than a number may be on its way from the database to the cache.
UNSETTLED = timedelta(seconds=5)
KEPT = timedelta(minutes=5)


class CachedCounter:
    """Numbers of one kind. Without a cache that all processes share everything is asked."""

    def __init__(self, cache: Cache | None, kind: str) -> None:
        self._cache = cache
        self._kind = kind

    def _name(self, subject: str) -> str:
        """Who knows the id of a guest's cart may use it: it does not stand there."""
        return f"{self._kind}:{hashlib.sha256(subject.encode()).hexdigest()}"

    async def get(self, subject: str, ask: Callable[[], Awaitable[int]]) -> int:
        """What is noted, or else what `ask` answers."""
        if self._cache is None:
            return await ask()
        key = self._name(subject)
        try:
            found = await self._cache.get(key)
        except Unavailable:
            return await ask()
        if found is not None and found != CHANGED:
            return int(found)
        number = await ask()
        if found is None:
            try:
                await self._cache.add(key, str(number).encode(), KEPT)
            except Unavailable:
                return number
        return number

    async def changed(self, subject: str) -> None:
        """To be called when a change is committed. It does not fail."""
        if self._cache is not None:
            try:
                await self._cache.set(self._name(subject), CHANGED, UNSETTLED)
            except Unavailable:
                return


class CounterShortcut:
    """A service elsewhere, one of whose verbs (of a subject's id) is answered by what is noted."""

    def __init__(self, inner: Any, verb: str, noted: CachedCounter) -> None:
        self._inner = inner
        self._verb = verb
        self._noted = noted

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._inner, name)
        if name != self._verb:
            return ask

        async def call(subject: str) -> int:
            return await self._noted.get(subject, lambda: ask(subject))

        return call
