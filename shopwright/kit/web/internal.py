"""What other processes of the shop ask this one: POST /internal/SERVICE/VERB, signed; nobody else is answered."""

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from shopwright.kit import deadline
from shopwright.kit.calls import CALLER, DEADLINE, FAILED, Exposed, failed
from shopwright.kit.errors import ShopError, Unavailable
from shopwright.kit.seal import Seal

PREFIX = "/internal/"


def audience(service: str) -> str:
    """For whom a call is signed."""
    return f"internal:{service}"


class Internal:
    """ASGI middleware. `exposed`: services of this process by name."""

    def __init__(self, app: ASGIApp, exposed: Mapping[str, Exposed], seal: Seal) -> None:
        self._app = app
        self._exposed = exposed
        self._seal = seal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        service, _, verb = scope["path"].removeprefix(PREFIX).partition("/")
        headers = Headers.from_scope(scope)
        try:
            self._seal.read(audience(service), headers.get(CALLER, ""))
            status, answer = await self._answer(service, verb, await _body(receive), headers.get(DEADLINE, ""))
        except ShopError as error:
            status, answer = FAILED, failed(error)
        scope["path_template"] = f"{PREFIX}{service}/{verb}" if status != FAILED else PREFIX
        kind = [(b"content-type", b"application/msgpack")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": answer, "more_body": False})

    async def _answer(self, service: str, verb: str, body: bytes, given: str) -> tuple[int, bytes]:
        exposed = self._exposed.get(service)
        if exposed is None:
            raise Unavailable(f"{service} is not served by this process.")
        seconds = int(given) / 1000 if given.isdecimal() else deadline.PATIENCE_S
        with deadline.within(seconds):
            try:
                async with asyncio.timeout(deadline.left()):
                    return await exposed.answer(verb, body)
            except TimeoutError:
                raise Unavailable(f"{service} was not done in the {seconds:.1f} s it was given.") from None


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise Unavailable("Whoever asked is gone.")
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)
