"""Counting for rate limits, minute by minute, across all processes: in the shared cache, or in a shared file.

A sliding window counts the current minute and the part of the previous one that is less than a minute ago (`limits`,
sliding window counter). Counts are kept in memory, too, so that the remainder is known without a query.
"""

import logging
import math
import sqlite3
from abc import abstractmethod
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from limits.aio.storage import MemoryStorage

from shopwright.kit.clock import Clock
from shopwright.kit.errors import Unavailable
from shopwright.kit.ports import Cache
from shopwright.kit.translation import gettext as _

log = logging.getLogger("shopwright.engines")
MOST_KNOWN = 20_000
# This share of a high limit is taken at once and used up in memory.
PART = 50
BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
BUSY_S = 0.05
KEPT = timedelta(minutes=3)
TAKE = """INSERT INTO windows (key, at, count, before) VALUES (:key, :at, :amount, 0) ON CONFLICT (key) DO UPDATE SET
 before = CASE at WHEN :at THEN before WHEN :at - 1 THEN count ELSE 0 END,
 count = CASE at WHEN :at THEN count ELSE 0 END + :amount, at = :at
 WHERE CASE at WHEN :at THEN count + CAST(before * :left AS INTEGER) WHEN :at - 1 THEN CAST(count * :left AS INTEGER)
 ELSE 0 END + :amount <= :limit RETURNING count, before"""


class WindowState(NamedTuple):
    """Counts of a key: `came` in the window `at`, `before` in the previous one; `held`: taken in advance, unused."""

    at: int
    came: int
    before: int
    held: int = 0


NOTHING = WindowState(0, 0, 0)


class Windows(MemoryStorage):
    """A storage for `limits` whose sliding windows are counted by all processes together."""

    STORAGE_SCHEME = []  # noqa: RUF012 -- none: it is opened by us alone

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._known: dict[str, WindowState] = {}

    def _now(self, expiry: int) -> tuple[int, float]:
        """The number of the window, and how much of it is left."""
        at, into = divmod(self._clock.now().timestamp(), expiry)
        return int(at), 1 - into / expiry

    def _remember(self, key: str, known: WindowState) -> None:
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[key] = known

    def _of(self, key: str, at: int) -> WindowState:
        """The counts of this window."""
        known = self._known.get(key, NOTHING)
        if known.at == at:
            return known
        return WindowState(at, 0, known.came if known.at == at - 1 else 0)

    def close(self) -> None:
        """Close open resources."""

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        at, left = self._now(expiry)
        known = self._of(key, at)
        if known.held >= amount:
            self._known[key] = known._replace(held=known.held - amount)
            return True
        if known.came - known.held + math.floor(known.before * left) + amount > limit:
            return False
        return await self._take(key, at, left, limit, amount)

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        at, left = self._now(expiry)
        known = self._of(key, at)
        return known.before, left * expiry, known.came - known.held, left * expiry

    @abstractmethod
    async def _take(self, key: str, at: int, left: float, limit: int, amount: int) -> bool:
        """Count `amount` more in the window `at` if the limit allows, and remember the result."""


class CacheWindows(Windows):
    """Windows in a shared cache. Losing it costs a minute's counts."""

    def __init__(self, clock: Clock, cache: Cache) -> None:
        super().__init__(clock)
        self._cache = cache

    async def _take(self, key: str, at: int, left: float, limit: int, amount: int) -> bool:
        known = self._known.get(key, NOTHING)
        if known.at == at:
            before = known.before
        else:  # it does not change any more
            found = await self._cache.get(f"{key}:{at - 1}")
            before = int(found) if found else 0
        count = 0
        for _each in range(amount):
            count = await self._cache.increment(f"{key}:{at}", KEPT)
        self._remember(key, WindowState(at, count, before))
        return count + math.floor(before * left) <= limit


class MachineWindows(Windows):
    """Windows in a file beside the data, shared by all processes of one machine."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        super().__init__(clock)
        self._path = folder / "limits.db"
        self._opened: sqlite3.Connection | None = None
        self._tidied = 0

    async def _take(self, key: str, at: int, left: float, limit: int, amount: int) -> bool:
        try:
            rows = self._rows(at)
            found = None
            for part in dict.fromkeys((max(amount, limit // PART), amount)):
                values = {"key": key, "at": at, "left": left, "limit": limit, "amount": part}
                found = rows.execute(TAKE, values).fetchone()
                if found is not None:
                    self._remember(key, WindowState(at, found[0], found[1], part - amount))
                    return True
            known = rows.execute("SELECT at, count, before FROM windows WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            if not getattr(error, "sqlite_errorname", "").startswith(BROKEN):
                raise Unavailable(_("Requests cannot be counted ({error}).", error=error)) from None
            self._start_over()
            return True
        self._remember(key, WindowState(*known) if known is not None and known[0] == at else WindowState(at, 0, 0))
        return False

    def _rows(self, at: int) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
            self._opened.executescript(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
                " CREATE TABLE IF NOT EXISTS windows (key TEXT PRIMARY KEY, at INTEGER, count INTEGER, before INTEGER)"
                " WITHOUT ROWID;"
            )
        if self._tidied != at:
            self._tidied = at
            self._opened.execute("DELETE FROM windows WHERE at < ?", (at - 1,))
        return self._opened

    def _start_over(self) -> None:
        """Delete a damaged file, at the cost of a minute's counts."""
        log.warning("%s is damaged and was recreated: this minute's counts are lost", self._path)
        self.close()
        for one in (self._path, *(self._path.with_name(f"{self._path.name}-{end}") for end in ("wal", "shm"))):
            one.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None


def open_windows(url: str, cache: Cache, clock: Clock, folder: Path) -> Windows:
    """Return the counting place of processes that share the cache at `url`, or this folder."""
    return MachineWindows(clock, folder) if url.startswith("memory:") else CacheWindows(clock, cache)
