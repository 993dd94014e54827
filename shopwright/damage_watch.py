"""All databases are read through, soon after a process starts and then daily: damage is found before a shopper meets it."""

import asyncio
import logging
from collections.abc import Collection

from shopwright.kit.errors import ShopError
from shopwright.kit.work import Work

log = logging.getLogger("shopwright")
EVERY_S = 24 * 3600


async def watch_for_damage(works: Collection[Work]) -> None:
    """Until cancelled: one after the other, each in a thread, so that nothing waits for it, however large a file is."""
    while True:
        for work in works:
            try:
                await work.database.look_for_damage()
            except ShopError as error:  # it is away; who needs it says so
                log.warning("%s was not looked through: %s", work.name, error.detail)
        await asyncio.sleep(EVERY_S)
