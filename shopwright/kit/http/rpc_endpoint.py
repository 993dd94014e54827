"""The endpoint for calls between processes: POST /internal/SERVICE/OPERATION, signed.

A signature covers one call and is accepted once: by this process, and for operations with effects by all that serve
them. The caller must be one of those allowed (`AcceptedParameters`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from shopwright.kit.digits import is_number
from shopwright.kit.errors import Denied, ShopError, Unauthenticated, Unavailable
from shopwright.kit.rpc import deadline
from shopwright.kit.rpc.calls import CALLER, DEADLINE, FAILED, PREFIX, RpcServer, pack_error
from shopwright.kit.rpc.service_tokens import CallTokens
from shopwright.kit.translation import gettext as _

Asks = Callable[[str, str], bool]  # may this caller ask that service?
Once = Callable[[str], Awaitable[bool]]  # whether it is the first use in any process


class RpcEndpoint:
    """ASGI middleware. `exposed`: services of this process by name."""

    def __init__(
        self, app: ASGIApp, exposed: Mapping[str, RpcServer], seal: CallTokens, asks: Asks, once: Once
    ) -> None:
        self._app = app
        self._exposed = exposed
        self._seal = seal
        self._asks = asks
        self._once = once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        service, _unused, operation = scope["path"].removeprefix(PREFIX).partition("/")
        headers = Headers.from_scope(scope)
        try:
            body = await _body(receive)
            await self._believe(service, operation, body, headers.get(CALLER, ""))
            status, answer = await self._answer(service, operation, body, headers.get(DEADLINE, ""))
        except ShopError as error:
            status, answer = FAILED, pack_error(error)
        scope["path_template"] = f"{PREFIX}{service}/{operation}" if status != FAILED else PREFIX
        kind = [(b"content-type", b"application/msgpack")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": answer, "more_body": False})

    async def _believe(self, service: str, operation: str, body: bytes, token: str) -> None:
        """Check signature and caller. Raises Unauthenticated, Denied."""
        call = self._seal.read(service, operation, body, token)
        if not self._asks(call.caller, service):
            raise Denied(
                _(
                    "{caller} may not call {service}: its manifest does not list it.",
                    caller=call.caller,
                    service=service,
                )
            )
        exposed = self._exposed.get(service)
        if exposed is not None and not exposed.may_repeat(operation) and not await self._once(call.nonce):
            raise Unauthenticated(_("This call was received before; each call is accepted once."))

    async def _answer(self, service: str, operation: str, body: bytes, given: str) -> tuple[int, bytes]:
        exposed = self._exposed.get(service)
        if exposed is None:
            raise Unavailable(_("{service} is not served by this process.", service=service))
        seconds = int(given) / 1000 if is_number(given) else deadline.PATIENCE_S
        with deadline.within(seconds):
            try:
                async with asyncio.timeout(deadline.left()):
                    return await exposed.answer(operation, body)
            except TimeoutError:
                raise Unavailable(
                    _(
                        "{service} did not finish within {seconds} s.",
                        service=service,
                        seconds=f"{seconds:.1f}",
                    )
                ) from None


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise Unavailable(_("The client closed the connection."))
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)
