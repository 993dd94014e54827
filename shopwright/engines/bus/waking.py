"""Waiting to be woken."""

import asyncio


async def woken(event: asyncio.Event, within_s: float | None) -> bool:
    """Answers whether it was, in time (None: however long it takes).

    Not `asyncio.wait_for`: before Python 3.12 it swallows being cancelled in the moment of waking (bpo-37658), and who was
    to stop goes on for ever.
    """
    try:
        async with asyncio.timeout(within_s):
            return await event.wait()
    except TimeoutError:
        return False
