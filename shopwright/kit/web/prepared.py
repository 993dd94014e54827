"""Prepared answers: the bytes of a read, kept as long as nothing it was made from has changed, in any process.

Each kept answer carries the versions (of databases and index) it was made from, read before it was made; it is given
only while they are the same. So a kept answer is never older than an acknowledged change. Only reads by nobody in
particular are kept: a request with Authorization or a cookie is never looked up.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

Version = Callable[[], Awaitable[int | None]]
MOST = 2_000
LARGEST = 200_000


class Prepared:
    """ASGI middleware. `paths`: beginning of a path → what its answers are made from."""

    def __init__(self, app: ASGIApp, paths: Mapping[str, Sequence[Version]]) -> None:
        self._app = app
        self._paths = tuple(paths.items())
        self._kept: OrderedDict[tuple[str, bytes], tuple[tuple[int, ...], str, list[Any], bytes]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sources = self._sources(scope)
        versions = await self._versions(sources) if sources else None
        if versions is None:
            await self._app(scope, receive, send)
            return
        key = (scope["path"], scope.get("query_string", b""))
        kept = self._kept.get(key)
        if kept is not None and kept[0] == versions:
            scope["path_template"] = kept[1]
            await send({"type": "http.response.start", "status": 200, "headers": list(kept[2])})
            await send({"type": "http.response.body", "body": kept[3], "more_body": False})
            return
        await self._make(scope, receive, send, key, versions)

    def _sources(self, scope: Scope) -> Sequence[Version]:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "GET":
            return ()
        path = scope["path"]
        found = next((sources for beginning, sources in self._paths if path.startswith(beginning)), ())
        if found and any(name in {b"authorization", b"cookie"} for name, _ in scope["headers"]):
            return ()
        return found

    @staticmethod
    async def _versions(sources: Sequence[Version]) -> tuple[int, ...] | None:
        versions = []
        for source in sources:
            version = await source()
            if version is None:
                return None
            versions.append(version)
        return tuple(versions)

    async def _make(
        self, scope: Scope, receive: Receive, send: Send, key: tuple[str, bytes], versions: tuple[int, ...]
    ) -> None:
        start: Any = None
        chunks: list[bytes] = []

        async def listen(message: Any) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = {"status": message["status"], "headers": list(message["headers"])}
            else:
                chunks.append(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, listen)
        body = b"".join(chunks)
        if start is not None and start["status"] == 200 and len(body) <= LARGEST:  # noqa: PLR2004 -- OK
            self._kept[key] = (versions, scope.get("path_template", ""), start["headers"], body)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
