"""How often what: counted in the memory of each process, told of by and by."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from shopwright.kit.errors import Unavailable

MOST = 2_000


class BufferedCounter:
    """`tell` is given what was counted since it was last told. What a process has counted when it is killed is lost."""

    def __init__(self, tell: Callable[[Mapping[str, int]], Awaitable[None]], most: int = MOST) -> None:
        self._tell = tell
        self._most = most
        self._counts: Counter[str] = Counter()

    def count(self, name: str, times: int = 1) -> None:
        """One more of these; names beyond the most are not counted before the next time."""
        if name and (len(self._counts) < self._most or name in self._counts):
            self._counts[name] += times

    async def flush(self) -> None:
        """Tell of it; what could not be told is told the next time."""
        counted, self._counts = self._counts, Counter()
        if not counted:
            return
        try:
            await self._tell(counted)
        except Unavailable:
            for name, times in counted.items():
                self.count(name, times)
