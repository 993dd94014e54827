"""LISTEN on a separate connection: wakes this process when another writes."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import asyncpg

CHANNEL = "shopwright"
LOOK_EVERY_S = 5.0


async def listen(address: str, how: Mapping[str, Any], wake: Callable[[], None]) -> None:
    """Call `wake` for each announcement, until cancelled; a lost connection is reopened."""
    while True:
        with suppress(OSError, TimeoutError, asyncpg.exceptions.PostgresError, asyncpg.exceptions.InterfaceError):
            connection = await asyncpg.connect(address, **how)
            try:
                await connection.add_listener(CHANNEL, lambda *_: wake())
                while True:
                    await asyncio.sleep(LOOK_EVERY_S)
                    await connection.execute(
                        "SELECT 1", timeout=LOOK_EVERY_S
                    )  # a dead connection is not reported by itself
            finally:
                connection.terminate()
        await asyncio.sleep(LOOK_EVERY_S)
