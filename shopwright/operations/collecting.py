"""Looking for circles of objects while very many are read, none of which stands in one: at the end of a page, not within."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager

LEFT_OVER = 200_000  # objects


@contextmanager
def at_page_ends() -> Iterator[None]:
    """Else a page of whole orders is looked through some dozens of times while it is made: a quarter of all there is to do."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


async def page_done() -> None:
    """What a page has left over is looked through, and requests have their turn."""
    if not gc.isenabled() and gc.get_count()[0] > LEFT_OVER:
        gc.collect(0)
    await asyncio.sleep(0)
