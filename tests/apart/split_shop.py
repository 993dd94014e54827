"""A shop that is apart inside one process: each part a shop of its own, every call between them on the wire, signed."""

import asyncio
import contextvars
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
import msgspec

from shopwright.app import Shop
from shopwright.deployment.gateway.routes import patterns
from shopwright.kit.http.body_limit import BODIES
from shopwright.kit.http.forward_auth import IDENTITY, PATH
from shopwright.registry import WEB, ServiceRegistry, asks, serving
from shopwright.web.application import build
from tests.builders.rpc import InProcessTransport


class Parts:
    """Those of the shop `whole`, each a shop of its own that is opened when it is first asked."""

    def __init__(self, whole: Shop, **more: Any) -> None:
        self._whole = whole
        self._settings = msgspec.structs.replace(whole.settings, services="http://{service}")
        self._more = more
        self._opened: dict[str, asyncio.Task[tuple[Shop, Any]]] = {}
        self._stack = AsyncExitStack()
        self._closed = False

    async def _open(self, part: str) -> tuple[Shop, Any]:
        shop = Shop(
            self._settings, local_services=[part], registry=self.registry(part), clock=self._whole.clock, **self._more
        )
        for work in shop.databases.values():
            work.lease = timedelta(0)  # as with SHOPWRIGHT_CARRY=elsewhere: `whole` delivers events
        await self._stack.enter_async_context(shop.running(deliver=False))
        return shop, build(shop, deliver=False)

    async def part(self, name: str) -> tuple[Shop, Any]:
        """The shop and its ASGI app."""
        if name not in self._opened:
            # Nothing of the request that came first is in what goes on as long as the part.
            task = asyncio.create_task(self._open(name), context=contextvars.Context())
            self._opened[name] = task
        return await asyncio.shield(self._opened[name])

    async def opened(self) -> list[Shop]:
        """Those that were asked so far."""
        return [(await task)[0] for task in self._opened.values()]

    def registry(self, part: str) -> ServiceRegistry:
        """As a network does that lets nobody through but along the river (`deploy.system`)."""
        allowed = asks(part)

        async def through(scope: Any, receive: Any, send: Any) -> None:
            name = dict(scope["headers"])[b"host"].decode()
            assert name in allowed, f"{part} asks {name}, which the description of the system does not say"
            await self.between(scope, receive, send)

        return ServiceRegistry(
            self._settings, serving([part]), lambda base: InProcessTransport(httpx.ASGITransport(app=through), base)
        )

    async def between(self, scope: Any, receive: Any, send: Any) -> None:
        name = dict(scope["headers"])[b"host"].decode()
        if self._closed:
            raise httpx.ConnectError(f"{name} is gone")
        _, app = await self.part(name)
        await app(scope, receive, send)

    async def close(self) -> None:
        self._closed = True
        await self._stack.aclose()


@cache
def found() -> list[tuple[re.Pattern[str], str]]:
    """Which part answers what."""
    return [(re.compile(pattern), part) for part, some in patterns().items() for pattern in some]


class Gateway:
    """An ASGI app that does what nginx is told to do: who calls is asked once, the part that answers is found by address."""

    def __init__(self, parts: Parts, *, identifies: bool) -> None:
        self._identifies = identifies
        self.parts = parts
        self._found = found()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        part = next((part for pattern, part in self._found if pattern.match(scope["path"])), WEB)
        own = {IDENTITY.encode(), b"shopwright-service"}
        headers = [(name, value) for name, value in scope["headers"] if name not in own]
        if self._identifies:
            headers.append((IDENTITY.encode(), await self._identity(scope, headers)))
        _, app = await self.parts.part(part)
        await app({**scope, "headers": headers}, receive, send)

    async def shop(self, part: str) -> Shop:
        """That part."""
        return (await self.parts.part(part))[0]

    async def _identity(self, scope: Any, headers: list[tuple[bytes, bytes]]) -> bytes:
        said: list[Any] = []

        async def listen(message: Any) -> None:
            said.append(message)

        asked = {
            **scope,
            "method": "GET",
            "path": PATH,
            "raw_path": PATH.encode(),
            # As nginx asks: without the body, and without a word of one.
            "headers": [
                *((name, value) for name, value in headers if name not in BODIES),
            ],
        }
        _, app = await self.parts.part("users")
        await app(asked, None, listen)
        return dict(said[0]["headers"])[IDENTITY.encode()]


@asynccontextmanager
async def apart(whole: Shop, *, identifies: bool = True, **more: Any) -> AsyncIterator[Gateway]:
    """The same shop as `whole`, in thirteen parts. `identifies`: the gateway finds out who calls, as nginx does."""
    parts = Parts(whole, **more)
    try:
        yield Gateway(parts, identifies=identifies)
    finally:
        await parts.close()


class Either:
    """A service as others know it, asked on the wire; what is in no contract (timers, reactions) is asked here."""

    def __init__(self, here: Any, there: Any) -> None:
        self._here, self._there = here, there

    def __getattr__(self, name: str) -> Any:
        return getattr(self._there if hasattr(self._there, name) else self._here, name)


class Asked:
    """The shop `whole`, whose services are asked in its parts, by someone who may ask all of them."""

    def __init__(self, whole: Shop, parts: Parts, registry: ServiceRegistry) -> None:
        self._whole = whole
        self._parts = parts
        for name, contract in whole.contracts.items():
            setattr(self, name, Either(getattr(whole, name), registry.to(name, contract)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)

    async def tell_counts(self) -> None:
        """What each part has counted is told of."""
        for shop in (self._whole, *await self._parts.opened()):
            await shop.tell_counts()


@asynccontextmanager
async def on_the_wire(whole: Shop, gateway: Gateway) -> AsyncIterator[Asked]:
    """The same shop for those who ask its services."""
    settings = msgspec.structs.replace(whole.settings, services="http://{service}")
    ways = ServiceRegistry(
        settings, [WEB], lambda base: InProcessTransport(httpx.ASGITransport(app=gateway.parts.between), base)
    )
    try:
        yield Asked(whole, gateway.parts, ways)
    finally:
        await ways.close()
