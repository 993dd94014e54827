"""The circuit breaker: after a failure no call waits until the dependency answers again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shopwright.kit.errors import Unavailable
from shopwright.kit.tasks import ended
from shopwright.kit.translation import gettext as _

log = logging.getLogger("shopwright.engines")
T = TypeVar("T")
REST_S = 0.5


class CircuitBreaker:
    """After a failure of `what`, calls raise Unavailable at once until `probe` succeeds.

    The probe runs in the background, twice a second: if requests probed a hanging server in turn, one that passes
    through several processes would wait in each.
    """

    def __init__(self, what: str, probe: Callable[[], Awaitable[object]]) -> None:
        self._what = what
        self._probe = probe
        self._away: asyncio.Task[None] | None = None
        self._well = True

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return the result of `call`. Raises Unavailable if it does, or did a moment ago."""
        if self._away is not None:
            raise Unavailable(_("{what} did not answer a moment ago.", what=self._what))
        try:
            answer = await call()
        except Unavailable as error:
            if self._away is None:
                self._away = asyncio.create_task(self._until_it_answers())
            if self._well:
                log.warning("%s The shop continues without it.", error.detail)
            self._well = False
            raise
        if not self._well:
            log.warning("%s answers again.", self._what)
        self._well = True
        return answer

    async def _until_it_answers(self) -> None:
        while True:
            await asyncio.sleep(REST_S)
            try:
                await self._probe()
            except Unavailable:
                continue
            except Exception:
                log.exception("the circuit breaker of %s cannot probe it", self._what)
                continue
            self._away = None
            return

    async def close(self) -> None:
        """Stop probing."""
        if self._away is not None:
            await ended([self._away])
