"""Counts kept in memory and reported periodically."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from shopwright.kit.errors import Unavailable

MOST = 2_000


class BufferedCounter:
    """`tell` gets the counts since the last report. Counts of a killed process are lost."""

    def __init__(self, flush: Callable[[Mapping[str, int]], Awaitable[None]], most: int = MOST) -> None:
        self._flush = flush
        self._most = most
        self._counts: Counter[str] = Counter()

    def count(self, name: str, times: int = 1) -> None:
        """Add to a count; beyond the limit new names are not counted until the next report."""
        if name and (len(self._counts) < self._most or name in self._counts):
            self._counts[name] += times

    async def flush(self) -> None:
        """Report the counts; failures are reported with the next."""
        counted, self._counts = self._counts, Counter()
        if not counted:
            return
        try:
            await self._flush(counted)
        except Unavailable:
            for name, times in counted.items():
                self.count(name, times)
