"""A shop that is apart inside one process: each part a shop of its own, every call between them on the wire, signed."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from shopwright.app import Shop
from shopwright.deploy.system import asks
from shopwright.front.routes import patterns
from shopwright.kit.web.edge import IDENTITY, PATH
from shopwright.ways import FACES, PARTS, Connect, Ways, serving
from shopwright.web import build
from tests.through import Through


class Gateway:
    """An ASGI app that does what nginx is told to do: who calls is asked once, the part that answers is found by address."""

    def __init__(self, parts: dict[str, Any], shops: dict[str, Shop], *, identifies: bool) -> None:
        self._identifies = identifies
        self._parts = parts
        self.shops = shops
        self._found = [(re.compile(pattern), part) for part, some in patterns().items() for pattern in some]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        part = next((part for pattern, part in self._found if pattern.match(scope["path"])), FACES)
        own = {IDENTITY.encode(), b"shopwright-service"}
        headers = [(name, value) for name, value in scope["headers"] if name not in own]
        if self._identifies:
            headers.append((IDENTITY.encode(), await self._identity(scope, headers)))
        await self._parts[part]({**scope, "headers": headers}, receive, send)

    async def _identity(self, scope: Any, headers: list[tuple[bytes, bytes]]) -> bytes:
        said: list[Any] = []

        async def listen(message: Any) -> None:
            said.append(message)

        asked = {
            **scope,
            "method": "GET",
            "path": PATH,
            # As nginx asks: without the body, and without a word of one.
            "headers": [
                *((name, value) for name, value in headers if name != b"content-length"),
                (b"x-original-uri", scope["path"].encode()),
            ],
        }
        await self._parts["users"](asked, None, listen)
        return dict(said[0]["headers"])[IDENTITY.encode()]


@asynccontextmanager
async def apart(whole: Shop, *, identifies: bool = True, **more: Any) -> AsyncIterator[Gateway]:
    """The same shop as `whole`, in thirteen parts. `identifies`: the gateway finds out who calls, as nginx does and Kong does not."""
    apps: dict[str, Any] = {}
    shops: dict[str, Shop] = {}

    async def between(scope: Any, receive: Any, send: Any) -> None:
        name = dict(scope["headers"])[b"host"].decode()
        if name not in apps:
            raise httpx.ConnectError(f"{name} is gone")
        await apps[name](scope, receive, send)

    def connect_as(part: str) -> Connect:
        """As a network does that lets nobody through but along the river (`deploy.system`)."""
        allowed = asks(part) if identifies else {*asks(part), "users"}

        async def through(scope: Any, receive: Any, send: Any) -> None:
            name = dict(scope["headers"])[b"host"].decode()
            assert name in allowed, f"{part} asks {name}, which the description of the system does not say"
            await between(scope, receive, send)

        return lambda base: Through(httpx.ASGITransport(app=through), base)

    settings = msgspec.structs.replace(whole.settings, services="http://{service}")
    async with AsyncExitStack() as stack:
        for part in PARTS:
            ways = Ways(settings, serving([part]), connect_as(part))
            shop = Shop(settings, here=[part], ways=ways, clock=whole.clock, **more)
            for work in shop.works.values():
                work.lease = timedelta(0)  # as with SHOPWRIGHT_CARRY=elsewhere: `whole` carries facts
            await stack.enter_async_context(shop.running(deliver=False))
            apps[part] = build(shop, deliver=False)
            shops[part] = shop
        yield Gateway(dict(apps), shops, identifies=identifies)
        apps.clear()
