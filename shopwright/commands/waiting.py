"""A server whose engines are not there yet: it waits for them, says so, and tells who asks that it is not ready."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from shopwright.kit.errors import Unavailable

T = TypeVar("T")
EVERY_S = 1.0
ASKED_IN_S = 5
LONGEST_HEAD = 16_384


async def until_there(prepare: Callable[[], Awaitable[T]], host: str, port: int) -> T:
    """What `prepare` answers, however often it has to be asked; meanwhile everything at that address is answered 503.

    Port 0: nobody is answered. Raises whatever `prepare` does but Unavailable.
    """
    try:
        return await prepare()
    except Unavailable as error:
        said = _say(error.detail)
    closed = NotReady(said)
    server = await asyncio.start_server(closed.answer, host, port, limit=LONGEST_HEAD) if port else None
    try:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                return await prepare()
            except Unavailable as error:
                if error.detail != closed.why:
                    closed.why = _say(error.detail)
    finally:
        if server is not None:
            server.close()
            await server.wait_closed()


def _say(why: str) -> str:
    print(f"Not ready: {why} Waiting for it …", file=sys.stderr, flush=True)
    return why


class NotReady:
    """Answers every request, health checks among them, with 503 and the reason."""

    def __init__(self, why: str) -> None:
        self.why = why

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, then the connection ends."""
        try:
            async with asyncio.timeout(ASKED_IN_S):
                await reader.readuntil(b"\r\n\r\n")
            told = {"status": "unavailable", "detail": self.why}
            body = msgspec.json.encode(told)
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
