"""Who calls, found out once: the gateway asks GET /internal/identify before it passes a request on.

The answer carries the caller in a header, signed for half a minute; the gateway sends it along and lets no such header in
from outside. What asks past the gateway, with a token and without that header, is looked up as in a shop of one process.
"""

from typing import Any, Protocol

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from shopwright.kit.auth import GUEST, Caller
from shopwright.kit.errors import Unauthenticated
from shopwright.kit.seal import Seal

IDENTITY = "shopwright-identity"
AUDIENCE = "caller"
PATH = "/internal/identify"
Asked = ASGIConnection[Any, Any, Any, Any]


class KnowsCallers(Protocol):
    """Users, as far as they are needed here."""

    async def authenticate(self, token: str) -> Caller: ...

    async def session(self, secret: str) -> Caller | None: ...


async def caller_of(connection: Asked, users: KnowsCallers, cookie: str, path: str) -> Caller:
    """Who calls `path`: by bearer token anywhere, by the session cookie of that name on pages. Raises Unauthenticated."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await users.authenticate(token.strip())
    secret = connection.cookies.get(cookie)
    if secret and not path.startswith("/v1"):
        return await users.session(secret) or GUEST
    return GUEST


class Edge:
    """ASGI middleware of those who serve users. The original path comes in X-Original-URI, credentials as they were."""

    def __init__(self, app: ASGIApp, users: KnowsCallers, seal: Seal, cookie: str) -> None:
        self._app = app
        self._users = users
        self._seal = seal
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        scope["path_template"] = PATH
        token = await self._identity(Request(scope))
        await send({"type": "http.response.start", "status": 204, "headers": [(IDENTITY.encode(), token.encode())]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _identity(self, request: Asked) -> str:
        try:
            caller = await caller_of(request, self._users, self._cookie, request.headers.get("x-original-uri", ""))
        except Unauthenticated as error:
            return self._seal.write(AUDIENCE, {"refused": error.detail})
        return self._seal.write(AUDIENCE, {"caller": msgspec.to_builtins(caller)})


def identified(seal: Seal, token: str) -> Caller:
    """The caller a gateway has found out. Raises Unauthenticated for who has a bad token, or a header of their own making."""
    claims = seal.read(AUDIENCE, token)
    if "refused" in claims:
        raise Unauthenticated(str(claims["refused"]))
    return msgspec.convert(claims.get("caller"), Caller)
