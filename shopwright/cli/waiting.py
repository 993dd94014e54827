"""Waiting for engines: the server says what it waits for, and answers 503 meanwhile."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from shopwright.kit.errors import Damaged, Unavailable
from shopwright.kit.outages import NOT_UNTIL_REPAIRED
from shopwright.kit.translation import gettext as _

T = TypeVar("T")
EVERY_S = 1.0
ASKED_IN_S = 5
LONGEST_HEAD = 16_384


async def until_there(prepare: Callable[[], Awaitable[T]], host: str, port: int) -> T:
    """Return the result of `prepare`, with retries; meanwhile requests at that address get 503.

    Port 0: no server. Raises every error of `prepare` except Unavailable.
    """
    closed = NotReady()
    server = None
    try:
        while True:
            try:
                return await prepare()
            except Unavailable as error:
                closed.say(error.detail, _(NOT_UNTIL_REPAIRED) if isinstance(error, Damaged) else "")
            if port and server is None:
                server = await asyncio.start_server(closed.answer, host, port, limit=LONGEST_HEAD)
            await asyncio.sleep(EVERY_S)
    finally:
        if server is not None:
            server.close()
            await server.wait_closed()


class NotReady:
    """Answers every request, including health checks, with 503 and the reason."""

    def __init__(self) -> None:
        self._why = self._shown = ""

    def say(self, why: str, shown: str = "") -> None:
        """Print a new reason; `shown`: the text for clients."""
        if why != self._why:
            print(_("Not ready: {why} Waiting …", why=why), file=sys.stderr, flush=True)
        self._why, self._shown = why, shown or why

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close the connection."""
        try:
            async with asyncio.timeout(ASKED_IN_S):
                await reader.readuntil(b"\r\n\r\n")
            problem = {"status": "unavailable", "detail": self._shown}
            body = msgspec.json.encode(problem)
            head = (
                "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
                f"Cache-Control: no-store\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()
