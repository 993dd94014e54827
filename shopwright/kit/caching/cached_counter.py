"""Small numbers per subject in a shared cache, until their owner reports a change.

The owner reports after each commit and before it answers. For a moment afterwards no number is cached, so that one read
before the change is not stored after it. An owner that crashes in between, or cannot reach the cache, leaves a stale
number: so only numbers that may lag for a few minutes, and decide nothing, are cached.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from shopwright.kit.errors import Unavailable
from shopwright.kit.ports import Cache

CHANGED = b"?"
# Longer than a number can take from the database to the cache.
UNSETTLED = timedelta(seconds=5)
KEPT = timedelta(minutes=5)


class CachedCounter:
    """Numbers of one kind. Without a shared cache every number is read."""

    def __init__(self, cache: Cache | None, kind: str) -> None:
        self._cache = cache
        self._kind = kind

    def _name(self, subject: str) -> str:
        """The cache key, hashed, as the id of a guest's cart grants access to it."""
        return f"{self._kind}:{hashlib.sha256(subject.encode()).hexdigest()}"

    async def get(self, subject: str, ask: Callable[[], Awaitable[int]]) -> int:
        """Return the cached number, else the result of `ask`."""
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
        """Report a committed change. Never fails."""
        if self._cache is not None:
            try:
                await self._cache.set(self._name(subject), CHANGED, UNSETTLED)
            except Unavailable:
                return


class CounterShortcut:
    """A remote service with one operation (by subject id) answered from the cache."""

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
