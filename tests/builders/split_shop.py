"""A split shop inside one process: each service is a shop of its own, and every call between them is serialised and signed."""

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
    """The services of `local_shop`, each a shop of its own that is opened when it is first called."""

    def __init__(self, local_shop: Shop, **more: Any) -> None:
        self._whole = local_shop
        self._settings = msgspec.structs.replace(local_shop.settings, services="http://{service}")
        self._more = more
        self._opened: dict[str, asyncio.Task[tuple[Shop, Any]]] = {}
        self._stack = AsyncExitStack()
        self._closed = False

    async def _open(self, part: str) -> tuple[Shop, Any]:
        shop = Shop(
            self._settings, local_services=[part], registry=self.registry(part), clock=self._whole.clock, **self._more
        )
        for work in shop.databases.values():
            work.lease = timedelta(0)  # as with SHOPWRIGHT_CARRY=elsewhere: `local_shop` delivers events
        await self._stack.enter_async_context(shop.running(deliver=False))
        return shop, build(shop, deliver=False)

    async def part(self, name: str) -> tuple[Shop, Any]:
        """A shop and its ASGI app."""
        if name not in self._opened:
            # Background work of the service must not inherit the context of the first request.
            task = asyncio.create_task(self._open(name), context=contextvars.Context())
            self._opened[name] = task
        return await asyncio.shield(self._opened[name])

    async def opened(self) -> list[Shop]:
        """The services that were opened so far."""
        return [(await task)[0] for task in self._opened.values()]

    def registry(self, part: str) -> ServiceRegistry:
        """Connect services as a network does that admits only declared callers (`deploy.system`)."""
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
    """The service of each pattern of paths."""
    return [(re.compile(pattern), part) for part, some in patterns().items() for pattern in some]


class Gateway:
    """An ASGI app that works like nginx: it identifies the caller once and routes by address."""

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
        """The shop of a service."""
        return (await self.parts.part(part))[0]

    async def _identity(self, scope: Any, headers: list[tuple[bytes, bytes]]) -> bytes:
        signed: list[Any] = []

        async def listen(message: Any) -> None:
            signed.append(message)

        scope_of_request = {
            **scope,
            "method": "GET",
            "path": PATH,
            "raw_path": PATH.encode(),
            # As nginx does: without the body and its headers.
            "headers": [
                *((name, value) for name, value in headers if name not in BODIES),
            ],
        }
        _, app = await self.parts.part("users")
        await app(scope_of_request, None, listen)
        return dict(signed[0]["headers"])[IDENTITY.encode()]


@asynccontextmanager
async def apart(local_shop: Shop, *, identifies: bool = True, **more: Any) -> AsyncIterator[Gateway]:
    """`local_shop`, split. `identifies`: the gateway identifies callers, as nginx does."""
    parts = Parts(local_shop, **more)
    try:
        yield Gateway(parts, identifies=identifies)
    finally:
        await parts.close()


class Either:
    """A service called over RPC; what is in no contract (jobs, handlers) is called here."""

    def __init__(self, here: Any, there: Any) -> None:
        self._here, self._there = here, there

    def __getattr__(self, name: str) -> Any:
        return getattr(self._there if hasattr(self._there, name) else self._here, name)


class RemoteShop:
    """The shop `local_shop`, whose services are called over RPC by a caller that may call all of them."""

    def __init__(self, local_shop: Shop, parts: Parts, registry: ServiceRegistry) -> None:
        self._whole = local_shop
        self._parts = parts
        for name, contract in local_shop.contracts.items():
            setattr(self, name, Either(getattr(local_shop, name), registry.to(name, contract)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)

    async def flush_counts(self) -> None:
        """Flush the buffered counters of each service."""
        for shop in (self._whole, *await self._parts.opened()):
            await shop.flush_counts()


@asynccontextmanager
async def over_rpc(local_shop: Shop, gateway: Gateway) -> AsyncIterator[RemoteShop]:
    """A shop whose services are called over RPC."""
    settings = msgspec.structs.replace(local_shop.settings, services="http://{service}")
    registry = ServiceRegistry(
        settings, [WEB], lambda base: InProcessTransport(httpx.ASGITransport(app=gateway.parts.between), base)
    )
    try:
        yield RemoteShop(local_shop, gateway.parts, registry)
    finally:
        await registry.close()
