"""The page cache: response bytes, valid until any data they were made from changes, in any process.

Each response stores the versions (of services) read before it was made, and is served only while they are current, so
it is never older than an acknowledged change. Concurrent requests for one page share its making. If all processes know
the versions (`VersionStore`), they share pages (`SharedPageCache`).

API responses are cached for requests without Authorization and cookies. A page differs between visitors in a few slots:
it is made once for an anonymous visitor and cut there; the slots are filled for each visitor.

A CDN in front (`kit.ports.Cdn`) may cache the same responses, with empty slots.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from prometheus_client import Counter

from shopwright.kit.caching.shared_page_cache import SharedPageCache
from shopwright.kit.caching.surrogate_keys import keys_of
from shopwright.kit.data.unit_of_work import VersionStore, this_request
from shopwright.kit.ports import Cdn

Version = Callable[[], int]
Header = tuple[bytes, bytes]
Key = tuple[str, bytes]
MOST_BYTES = 32_000_000
LARGEST = 200_000
OVERHEAD = 1_000  # of the objects around
# If a version mark is lost (the cache server crashed just then), pages are stale for at most this long.
LONGEST_S = 30.0
OK = 200
NOT_FOR_OTHERS = (b"cache-control", b"private, no-store")


class PersonalSlots(Protocol):
    """The parts of shared pages that differ between visitors."""

    bare: Sequence[Header]
    """The headers of the visitor for whom a page is made."""
    places: Sequence[bytes]
    """What stands, for that visitor, where others see something of their own."""

    def known(self, scope: Scope) -> bool:
        """Whether pages must be rendered again for this visitor."""
        ...

    async def fill(self, scope: Scope) -> tuple[Mapping[bytes, bytes], Sequence[Header]]:
        """Return the visitor's content of each slot, and response headers."""
        ...


class AnonymousOnly:
    """Visitors of the API: anonymous and all alike, or known."""

    bare: Sequence[Header] = ()
    places: Sequence[bytes] = ()

    def known(self, scope: Scope) -> bool:
        return any(name in {b"authorization", b"cookie"} for name, _ in scope["headers"])

    async def fill(self, _scope: Scope) -> tuple[Mapping[bytes, bytes], Sequence[Header]]:
        return {}, ()


class CachePolicy(NamedTuple):
    """The data that responses below a path depend on, and for whom they are cached.

    `others`: versions of other data, equal in all processes; `own`: versions valid in this process only.
    """

    services: tuple[str, ...]
    visitors: PersonalSlots
    others: Sequence[Version] = ()
    own: Sequence[Version] = ()


class Versions(NamedTuple):
    """The versions a response was made from. `shared`: known to all processes if `marked`, else of this one's databases."""

    shared: tuple[Any, ...]
    own: tuple[int, ...]
    marked: bool


class ServiceVersions:
    """The versions of services: their database's, or those in the version store."""

    def __init__(self, databases: Mapping[str, Callable[[], int | None]], versions: VersionStore | None) -> None:
        self._databases = databases
        self._versions = versions

    async def versions(self, plan: CachePolicy, *, anew: bool = False) -> Versions | None:
        """Return the versions; None if nothing can be cached. `anew`: ignore those read in this request."""
        if anew and (request := this_request()) is not None:
            request.versions = None
        services = tuple(self._databases[name]() for name in plan.services)
        others, own = _numbers(plan.others), _numbers(plan.own)
        if None not in services:
            return Versions((*services, *others), own, marked=False)
        marked = await self._versions.versions(plan.services) if self._versions is not None else None
        return None if marked is None else Versions((*marked, *others), own, marked=True)


class CachedPage(NamedTuple):
    """A response. `parts`: its bytes, cut around each slot."""

    versions: Versions | None
    at: float
    status: int
    template: str
    headers: list[Header]
    parts: list[bytes]

    @property
    def lasts(self) -> bool:
        """Whether it is successful and small enough to cache."""
        return self.status == OK and sum(map(len, self.parts)) <= LARGEST


class SharedResponse(msgspec.Struct, array_like=True):
    """A response as shared between processes. `parts`: bytes, or the number of a slot, whose marker differs by process."""

    at: float
    template: str
    headers: list[Header]
    parts: list[bytes | int]


class PageCache:
    """ASGI middleware. `plans`: policies by path, for it and what is below ("/": itself only)."""

    def __init__(
        self,
        app: ASGIApp,
        plans: Mapping[str, CachePolicy],
        sources: ServiceVersions,
        counted: Counter,
        cdn: Cdn | None = None,
        shared_pages: SharedPageCache | None = None,
    ) -> None:
        self._app = app
        self._cdn = cdn
        self._shared_pages = shared_pages
        self._sources = sources
        self._plans = dict(plans)
        self._kept: OrderedDict[Key, CachedPage] = OrderedDict()
        self._bytes = 0
        self._making: dict[tuple[Key, Versions], asyncio.Future[CachedPage | None]] = {}
        self._counted = {how: counted.labels(how) for how in ("kept", "shared", "made")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        plan = self._plan(scope)
        versions = await self._sources.versions(plan) if plan else None
        if plan is None or (versions is None and self._cdn is None):
            await self._app(scope, receive, send)
            return
        key = (scope["path"], scope.get("query_string", b""))
        made, fresh = await self._at_hand(key, versions), False
        if made is None:
            made, fresh = await self._make_for_all(key, scope, receive, plan, versions)
        scope["path_template"] = made.template
        filling, headers = await plan.visitors.fill(scope)
        body = made.parts[0] if len(made.parts) == 1 else b"".join(filling.get(part, part) for part in made.parts)
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": made.status, "headers": [*made.headers, length, *headers]})
        await send({"type": "http.response.body", "body": body, "more_body": False})
        if fresh:
            await self._share(key, plan, made)

    async def _at_hand(self, key: Key, versions: Versions | None) -> CachedPage | None:
        """The response for these versions in this process, or being made."""
        if versions is None:
            return None
        made = self._kept.get(key)
        if made is None or made.versions != versions or time.monotonic() > made.at + LONGEST_S:
            under_way = self._making.get((key, versions))
            made = None if under_way is None else await asyncio.shield(under_way)
        if made is not None:
            self._counted["kept"].inc()
        return made

    async def _make_for_all(
        self, key: Key, scope: Scope, receive: Receive, plan: CachePolicy, versions: Versions | None
    ) -> tuple[CachedPage, bool]:
        """Fetch the response from another process or make it; returns it and whether it can be shared.

        Concurrent requests wait, unless it turns out to be uncacheable: then each makes its own.
        """
        if versions is None or (key, versions) in self._making:
            return await self._make(scope, receive, plan, versions), False
        self._making[key, versions] = under_way = asyncio.get_running_loop().create_future()
        complete = None
        try:
            made = await self._of_others(key, plan, versions)
            fresh = made is None
            if made is None:
                made = await self._make(scope, receive, plan, versions)
            if made.lasts and _numbers(plan.own) == versions.own:
                complete = made
                self._keep(key, made)
            return made, fresh and complete is not None
        finally:
            del self._making[key, versions]
            under_way.set_result(complete)

    async def _of_others(self, key: Key, plan: CachePolicy, versions: Versions) -> CachedPage | None:
        """The response of another process for these versions."""
        found = (
            await self._shared_pages.get(key, versions.shared)
            if self._shared_pages and _is_shared(key, versions)
            else None
        )
        if found is None:
            return None
        try:
            sent = msgspec.msgpack.decode(found, type=SharedResponse)
        except msgspec.MsgspecError:  # nothing of ours
            return None
        positions = plan.visitors.places
        parts = [part if isinstance(part, bytes) else positions[part] for part in sent.parts]
        made = CachedPage(
            versions, time.monotonic() - max(0.0, time.time() - sent.at), OK, sent.template, sent.headers, parts
        )
        self._counted["shared"].inc()
        return made

    async def _share(self, key: Key, plan: CachePolicy, made: CachedPage) -> None:
        if self._shared_pages is None or made.versions is None or not _is_shared(key, made.versions):
            return
        number: dict[bytes, bytes | int] = {place: n for n, place in enumerate(plan.visitors.places)}
        sent = SharedResponse(time.time(), made.template, made.headers, [number.get(part, part) for part in made.parts])
        await self._shared_pages.put(
            key, made.versions.shared, msgspec.msgpack.encode(sent), timedelta(seconds=LONGEST_S)
        )

    def _plan(self, scope: Scope) -> CachePolicy | None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "GET":
            return None
        plan = next((self._plans[above] for above in _above(scope["path"]) if above in self._plans), None)
        return None if plan is None or plan.visitors.known(scope) else plan

    async def _make(self, scope: Scope, receive: Receive, plan: CachePolicy, versions: Versions | None) -> CachedPage:
        """Ask the application as an anonymous visitor."""
        self._counted["made"].inc()
        messages: list[Any] = []

        async def listen(message: Any) -> None:
            messages.append(message)

        headers = [header for header in scope["headers"] if header[0] != b"cookie"]
        # With its own state, as Litestar caches parsed headers there.
        state = {"request_id": scope.get("state", {}).get("request_id", "")}
        inner_scope: Any = {**scope, "headers": [*headers, *plan.visitors.bare], "state": state}
        await self._app(inner_scope, receive, listen)
        parts = [b"".join(message.get("body", b"") for message in messages[1:])]
        for place in plan.visitors.places:
            parts = [piece for part in parts for piece in _cut(part, place)]
        given = [header for header in messages[0]["headers"] if header[0].lower() != b"content-length"]
        made = CachedPage(
            versions, time.monotonic(), messages[0]["status"], inner_scope.get("path_template", ""), given, parts
        )
        return made if self._cdn is None else await self._for_others(made, scope["path"], plan, self._cdn)

    async def _for_others(self, made: CachedPage, path: str, plan: CachePolicy, cdn: Cdn) -> CachedPage:
        """The response as a CDN may cache it; not if data changed or failed while it was made."""
        headers = [header for header in made.headers if header[0].lower() != b"cache-control"]
        fine = made.status == OK and await self._sources.versions(plan, anew=True) == made.versions
        return made._replace(
            headers=[*headers, *(cdn.headers(keys_of(path, made.parts)) if fine else [NOT_FOR_OTHERS])]
        )

    def _keep(self, key: Key, made: CachedPage) -> None:
        self._drop(key)
        self._kept[key] = made
        self._bytes += _weight(key, made)
        while self._bytes > MOST_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        if key in self._kept:
            self._bytes -= _weight(key, self._kept.pop(key))


def _weight(key: Key, made: CachedPage) -> int:
    """The bytes it takes to cache a response, including its key."""
    headers = sum(len(name) + len(value) for name, value in made.headers)
    return OVERHEAD + len(key[0].encode()) + len(key[1]) + headers + sum(map(len, made.parts))


def _numbers(which: Sequence[Version]) -> tuple[int, ...]:
    return tuple(one() for one in which)


def _is_shared(key: Key, versions: Versions) -> bool:
    """Whether others know these versions. Pages with a query are not shared, as their number is unlimited."""
    return versions.marked and not key[1]


def _above(path: str) -> Iterator[str]:
    """A path and its ancestors: /p/mug, /p."""
    yield path
    while (path := path.rpartition("/")[0]) not in {"", "/"}:
        yield path


def _cut(part: bytes, place: bytes) -> Iterator[bytes]:
    """Split bytes at each slot: x, slot, y."""
    for number, piece in enumerate(part.split(place)):
        if number:
            yield place
        yield piece
