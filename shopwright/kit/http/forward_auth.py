"""Forward authentication: the gateway asks GET /internal/identify before it passes a request on.

The response carries the caller in a header signed for half a minute; the gateway passes it on and removes such headers
from clients. A request that bypasses the gateway is authenticated by its token as in a single process.
"""

from typing import Any, Protocol

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from shopwright.kit.auth import GUEST, Caller
from shopwright.kit.errors import Unauthenticated
from shopwright.kit.rpc.service_tokens import ServiceTokens

IDENTITY = "shopwright-identity"
AUDIENCE = "caller"
COOKIE = "cookie"
PATH = "/internal/identify"
Asked = ASGIConnection[Any, Any, Any, Any]


class CallerLookup(Protocol):
    """The operations of users that are needed here."""

    async def authenticate(self, token: str) -> Caller: ...

    async def session(self, secret: str) -> Caller | None: ...


def _bearer(connection: Asked) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def caller_of(connection: Asked, users: CallerLookup, cookie: str | None) -> Caller:
    """Return the caller by bearer token or session cookie (None: no cookies). Raises Unauthenticated."""
    token = _bearer(connection)
    if token is not None:
        return await users.authenticate(token)
    secret = connection.cookies.get(cookie) if cookie else None
    return (await users.session(secret) if secret else None) or GUEST


class ForwardAuth:
    """ASGI middleware of processes that serve users. Credentials arrive unchanged.

    The requested path does not matter: the response says how the caller authenticated, and the route decides whether
    that suffices.
    """

    def __init__(self, app: ASGIApp, users: CallerLookup, seal: ServiceTokens, cookie: str) -> None:
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
            caller = await caller_of(request, self._users, self._cookie)
        except Unauthenticated as error:
            return self._seal.write(AUDIENCE, {"refused": error.detail})
        by = COOKIE if _bearer(request) is None else "bearer"
        return self._seal.write(AUDIENCE, {"caller": msgspec.to_builtins(caller), "by": by})


def identified(seal: ServiceTokens, token: str, *, cookies: bool) -> Caller:
    """The caller found by the gateway. Raises Unauthenticated for invalid tokens and forged headers.

    `cookies`: whether the route accepts authentication by cookie.
    """
    claims = seal.read(AUDIENCE, token)
    if "refused" in claims:
        raise Unauthenticated(str(claims["refused"]))
    if claims.get("by") == COOKIE and not cookies:
        return GUEST
    return msgspec.convert(claims.get("caller"), Caller)
