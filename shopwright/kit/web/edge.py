"""Who calls, found out once: the gateway asks GET /internal/identify before it passes a request on.

The answer carries the caller in a header, signed for half a minute; the gateway sends it along and lets no such header in
from outside. What asks past the gateway, with a token and without that header, is looked up as in a shop of one process.
"""

from typing import Protocol

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from shopwright.kit.auth import GUEST, Caller
from shopwright.kit.errors import Unauthenticated
from shopwright.kit.seal import Seal

IDENTITY = "shopwright-identity"
AUDIENCE = "caller"
PATH = "/internal/identify"


class KnowsCallers(Protocol):
    """Users, as far as they are needed here."""

    async def authenticate(self, token: str) -> Caller: ...

    async def session(self, secret: str) -> Caller | None: ...


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
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        scope["path_template"] = PATH
        token = await self._identity(headers)
        await send({"type": "http.response.start", "status": 204, "headers": [(IDENTITY.encode(), token.encode())]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _identity(self, headers: dict[str, str]) -> str:
        try:
            caller = await self._caller(headers)
        except Unauthenticated as error:
            return self._seal.write(AUDIENCE, {"refused": error.detail})
        return self._seal.write(AUDIENCE, {"caller": msgspec.to_builtins(caller)})

    async def _caller(self, headers: dict[str, str]) -> Caller:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self._users.authenticate(token.strip())
        secret = _cookie(headers.get("cookie", ""), self._cookie)
        if secret and not headers.get("x-original-uri", "").startswith("/v1"):
            return await self._users.session(secret) or GUEST
        return GUEST


def _cookie(header: str, name: str) -> str:
    for part in header.split(";"):
        given, _, value = part.strip().partition("=")
        if given == name:
            return value.strip('"')
    return ""


def identified(seal: Seal, token: str) -> Caller:
    """The caller a gateway has found out. Raises Unauthenticated for who has a bad token, or a header of their own making."""
    claims = seal.read(AUDIENCE, token)
    if "refused" in claims:
        raise Unauthenticated(str(claims["refused"]))
    return msgspec.convert(claims.get("caller"), Caller)
