"""HEAD is answered like GET, without the body (RFC 9110, 9.3.2)."""

from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """ASGI middleware that turns HEAD into GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        scope["method"] = "GET"
        held: Any = None

        async def bare(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                held = message
            elif message["type"] == "http.response.body" and held is not None:
                start, held = held, None
                has_length = any(name.lower() == b"content-length" for name, _ in start["headers"])
                if not has_length and not message.get("more_body"):
                    length = (b"content-length", str(len(message["body"])).encode())
                    start = {**start, "headers": [*start["headers"], length]}
                await send(start)
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app(scope, receive, bare)
