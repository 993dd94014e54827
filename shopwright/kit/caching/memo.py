"""The memo: values read from a database, cached by its version until anything changes."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import msgspec

from shopwright.kit.data.unit_of_work import ServiceDatabase

T = TypeVar("T")
MOST, MOST_BYTES = 5_000, 32_000_000
LONGEST_S = 30.0
OVERHEAD = 100
WRITTEN = msgspec.msgpack.Encoder(enc_hook=repr)


def weight(value: Any) -> int:
    """The approximate size of a value in bytes."""
    return OVERHEAD + len(WRITTEN.encode(value))


class Memo:
    """Values of one service by key. Without a version everything is read again."""

    def __init__(self, work: ServiceDatabase) -> None:
        self._work = work
        self._version: int | str | None = None
        self._since = 0.0
        self._values: dict[Any, Any] = {}
        self._bytes = 0

    async def _current(self) -> int | str | None:
        version: int | str | None = self._work.database.version()
        if version is None and self._work.versions is not None:
            marked = await self._work.versions.versions((self._work.name,))
            version = marked[0] if marked else None
            if time.monotonic() > self._since + LONGEST_S:  # should a mark have been lost
                self._version = None
        if version != self._version or len(self._values) > MOST or self._bytes > MOST_BYTES:
            self._version, self._values, self._since = version, {}, time.monotonic()
            self._bytes = 0
        return version

    async def get(self, key: Any, make: Callable[[], Awaitable[T]]) -> T:
        """Return the value of `key`, read again if anything was committed since."""
        version = await self._current()
        if version is not None and key in self._values:
            found: T = self._values[key]
            return found
        made = await make()
        if version is not None and version == self._version:
            self._keep(key, made)
        return made

    def _keep(self, key: Any, value: Any) -> None:
        self._values[key] = value
        self._bytes += weight(key) + weight(value)

    async def many(
        self, kind: str, ids: Sequence[str], make: Callable[[list[str]], Awaitable[dict[str, T]]]
    ) -> dict[str, T | None]:
        """Return the values of all `ids` (None if missing); unknown ones are read together."""
        version = await self._current()
        known: dict[str, T | None] = {
            one: self._values[kind, one] for one in ids if version is not None and (kind, one) in self._values
        }
        missing = [one for one in dict.fromkeys(ids) if one not in known]
        made = await make(missing) if missing else {}
        if version is not None and version == self._version:
            for one in missing:  # meanwhile, all that was kept may have been dropped, and not for another version
                self._keep((kind, one), made.get(one))
        return {one: known[one] if one in known else made.get(one) for one in ids}
