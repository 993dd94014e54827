"""Waiting to be woken, and ending what runs beside: both so that who is cancelled ends.

`asyncio.wait_for` swallows being cancelled in the moment in which what it waits for is there, before Python 3.12
(bpo-37658). The clients of RabbitMQ and MongoDB use it: a task in one of them may go on as if nobody had cancelled it.
"""

import asyncio
import logging
from collections.abc import Iterable

log = logging.getLogger("shopwright.tasks")

AGAIN_S = 0.5


async def woken(event: asyncio.Event, within_s: float | None) -> bool:
    """Answers whether it was, in time (None: however long it takes)."""
    try:
        async with asyncio.timeout(within_s):
            return await event.wait()
    except TimeoutError:
        return False


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel all, and those again that have not ended soon. What one of them fails with is logged."""
    each = set(tasks)
    left = {task for task in each if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_S)
    for task in each:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s ended with an error", task.get_name(), exc_info=error)
