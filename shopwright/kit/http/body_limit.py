"""Early responses: the unread body is drained, so that the connection does not break.

If a server responds and closes while a body is arriving, the connection is reset, and a proxy reports 502 instead of
the response (nginx does). So a body that arrives without pause is read and discarded for a moment first.
"""

import asyncio
import time

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Message, Receive, Scope, Send

BODIES = frozenset({b"content-length", b"transfer-encoding"})
PAUSE_S, LONGEST_S = 0.1, 2.0


class BodyLimit:
    """ASGI middleware. `largest`: the most bytes to discard."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        there = False

        async def read() -> HTTPReceiveMessage:
            nonlocal there
            message: HTTPReceiveMessage = await receive()  # type: ignore[assignment]  # of an HTTP request
            there = there or message["type"] == "http.disconnect" or not message.get("more_body", False)
            return message

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                left, until = self._largest, time.monotonic() + LONGEST_S
                while not there and left > 0 and time.monotonic() < until:
                    try:
                        async with asyncio.timeout(PAUSE_S):
                            piece = await read()
                    except TimeoutError:
                        break
                    left -= len(piece["body"]) if piece["type"] == "http.request" else 0
            await send(message)

        await self._app(scope, read, answer)


def _has_body(scope: HTTPScope) -> bool:
    return any(name in BODIES and value != b"0" for name, value in scope["headers"])
