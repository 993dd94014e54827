"""Around what may be down: once it did not answer, nobody waits for it again for a moment."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shopwright.kit.errors import Unavailable

log = logging.getLogger("shopwright.engines")
T = TypeVar("T")
REST_S = 1.0


class Calm:
    """For a second after a failure of `what`, everything is Unavailable at once instead of after a time-out."""

    def __init__(self, what: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._monotonic = monotonic
        self._rests_until = 0.0
        self._well = True

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """What `call` answers. Raises Unavailable, where it does or did a moment ago."""
        if self._monotonic() < self._rests_until:
            raise Unavailable(f"{self._what} did not answer a moment ago.")
        try:
            answer = await call()
        except Unavailable as error:
            self._rests_until = self._monotonic() + REST_S
            if self._well:
                log.warning("%s The shop goes on without it.", error.detail)
            self._well = False
            raise
        if not self._well:
            log.warning("%s answers again.", self._what)
        self._well = True
        return answer
