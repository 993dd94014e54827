"""Waiting and stopping tasks such that cancellation always takes effect.

Before Python 3.12 `asyncio.wait_for` swallows a cancellation at the moment its result arrives (bpo-37658). The clients
of RabbitMQ and MongoDB use it, so their tasks may continue as if nothing happened.
"""

import asyncio
import logging
from collections.abc import Iterable

log = logging.getLogger("shopwright.tasks")

AGAIN_S = 0.5


async def woken(event: asyncio.Event, within_s: float | None) -> bool:
    """Whether the event was set in time (None: no limit)."""
    try:
        async with asyncio.timeout(within_s):
            return await event.wait()
    except TimeoutError:
        return False


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel all tasks, again if they do not end soon. Failures are logged."""
    each = set(tasks)
    left = {task for task in each if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_S)
    for task in each:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s ended with an error", task.get_name(), exc_info=error)
