"""Prepared answers: the bytes of a read, kept as long as nothing it was made from has changed, in any process.

Each kept answer carries the versions (of services) it was made from, read before it was made; it is given only while
they are the same. So a kept answer is never older than an acknowledged change. Of many who ask for one at once, one makes
it. Where versions are known to all processes
(`kit.work.Marks`), they share what they made (`kit.hot`).

Answers of the API are kept for those who come with no Authorization and no cookie. A page differs between visitors in
a few places: it is made once for a bare visitor and cut there; the places are filled for each.

Where a cache stands in front (`kit.ports.Edge`), it may keep the same answers: with the places left empty for all.
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
# Should a mark be lost (a server of the cache that died in the same moment), nobody sees what was for longer than this.
LONGEST_S = 30.0
OK = 200
NOT_FOR_OTHERS = (b"cache-control", b"private, no-store")


class PersonalSlots(Protocol):
    """What differs between visitors on pages that are otherwise the same for all."""

    bare: Sequence[Header]
    """The headers of the visitor for whom a page is made."""
    places: Sequence[bytes]
    """What stands, for that visitor, where others see something of their own."""

    def known(self, scope: Scope) -> bool:
        """Is this somebody for whom a page has to be made anew?"""
        ...

    async def fill(self, scope: Scope) -> tuple[Mapping[bytes, bytes], Sequence[Header]]:
        """What this visitor sees in each place, and headers to answer along."""
        ...


class AnonymousOnly:
    """Visitors of the API: all are the same, or known."""

    bare: Sequence[Header] = ()
    places: Sequence[bytes] = ()

    def known(self, scope: Scope) -> bool:
        return any(name in {b"authorization", b"cookie"} for name, _ in scope["headers"])

    async def fill(self, _scope: Scope) -> tuple[Mapping[bytes, bytes], Sequence[Header]]:
        return {}, ()


class CachePolicy(NamedTuple):
    """What the answers below a path are made from, and for whom.

    `others`: numbers of other things, the same in all processes; `own`: numbers that mean something in this process alone.
    """

    services: tuple[str, ...]
    visitors: PersonalSlots
    others: Sequence[Version] = ()
    own: Sequence[Version] = ()


class Versions(NamedTuple):
    """Of what an answer is made from. `told`: known to all processes, or of this one's databases alone (`marked` says which)."""

    told: tuple[Any, ...]
    own: tuple[int, ...]
    marked: bool


class Sources:
    """The versions of services: their databases' own, or else those that all processes have marked."""

    def __init__(self, databases: Mapping[str, Callable[[], int | None]], marks: VersionStore | None) -> None:
        self._databases = databases
        self._marks = marks

    async def versions(self, plan: CachePolicy, *, anew: bool = False) -> Versions | None:
        """None where nothing can be kept. `anew`: whatever this request was told before."""
        if anew and (request := this_request()) is not None:
            request.told = None
        services = tuple(self._databases[name]() for name in plan.services)
        others, own = _numbers(plan.others), _numbers(plan.own)
        if None not in services:
            return Versions((*services, *others), own, marked=False)
        marked = await self._marks.versions(plan.services) if self._marks is not None else None
        return None if marked is None else Versions((*marked, *others), own, marked=True)


class CachedPage(NamedTuple):
    """An answer. `parts`: its bytes, cut before and after each place."""

    versions: Versions | None
    at: float
    status: int
    template: str
    headers: list[Header]
    parts: list[bytes]

    @property
    def lasts(self) -> bool:
        """Is it good, and small enough to be kept?"""
        return self.status == OK and sum(map(len, self.parts)) <= LARGEST


class Sent(msgspec.Struct, array_like=True):
    """An answer as other processes find it. `parts`: the number of a place where one stands, whose bytes differ between them."""

    at: float
    template: str
    headers: list[Header]
    parts: list[bytes | int]


class PageCache:
    """ASGI middleware. `plans`: path → how it and what is below it is prepared ("/" stands for itself alone)."""

    def __init__(
        self,
        app: ASGIApp,
        plans: Mapping[str, CachePolicy],
        sources: Sources,
        counted: Counter,
        edge: Cdn | None = None,
        hot: SharedPageCache | None = None,
    ) -> None:
        self._app = app
        self._edge = edge
        self._hot = hot
        self._sources = sources
        self._plans = dict(plans)
        self._kept: OrderedDict[Key, CachedPage] = OrderedDict()
        self._bytes = 0
        self._making: dict[tuple[Key, Versions], asyncio.Future[CachedPage | None]] = {}
        self._counted = {how: counted.labels(how) for how in ("kept", "shared", "made")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        plan = self._plan(scope)
        versions = await self._sources.versions(plan) if plan else None
        if plan is None or (versions is None and self._edge is None):
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
            await self._tell_others(key, plan, made)

    async def _at_hand(self, key: Key, versions: Versions | None) -> CachedPage | None:
        """What this process made of these versions before, or is about to make for another who asked."""
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
        """Find out whether another process has made it, or make it, and say which.

        Whoever asks for the same meanwhile waits, unless it turns out to be nothing to be kept: then he makes his own.
        """
        if versions is None or (key, versions) in self._making:
            return await self._make(scope, receive, plan, versions), False
        self._making[key, versions] = under_way = asyncio.get_running_loop().create_future()
        whole = None
        try:
            made = await self._of_others(key, plan, versions)
            fresh = made is None
            if made is None:
                made = await self._make(scope, receive, plan, versions)
            if made.lasts and _numbers(plan.own) == versions.own:
                whole = made
                self._keep(key, made)
            return made, fresh and whole is not None
        finally:
            del self._making[key, versions]
            under_way.set_result(whole)

    async def _of_others(self, key: Key, plan: CachePolicy, versions: Versions) -> CachedPage | None:
        """What another process has made of the same versions."""
        found = await self._hot.get(key, versions.told) if self._hot and _is_shared(key, versions) else None
        if found is None:
            return None
        try:
            sent = msgspec.msgpack.decode(found, type=Sent)
        except msgspec.MsgspecError:  # nothing of ours
            return None
        places = plan.visitors.places
        parts = [part if isinstance(part, bytes) else places[part] for part in sent.parts]
        made = CachedPage(
            versions, time.monotonic() - max(0.0, time.time() - sent.at), OK, sent.template, sent.headers, parts
        )
        self._counted["shared"].inc()
        return made

    async def _tell_others(self, key: Key, plan: CachePolicy, made: CachedPage) -> None:
        if self._hot is None or made.versions is None or not _is_shared(key, made.versions):
            return
        number: dict[bytes, bytes | int] = {place: n for n, place in enumerate(plan.visitors.places)}
        sent = Sent(time.time(), made.template, made.headers, [number.get(part, part) for part in made.parts])
        await self._hot.put(key, made.versions.told, msgspec.msgpack.encode(sent), timedelta(seconds=LONGEST_S))

    def _plan(self, scope: Scope) -> CachePolicy | None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "GET":
            return None
        plan = next((self._plans[above] for above in _above(scope["path"]) if above in self._plans), None)
        return None if plan is None or plan.visitors.known(scope) else plan

    async def _make(self, scope: Scope, receive: Receive, plan: CachePolicy, versions: Versions | None) -> CachedPage:
        """Ask the application as a bare visitor would."""
        self._counted["made"].inc()
        said: list[Any] = []

        async def listen(message: Any) -> None:
            said.append(message)

        headers = [header for header in scope["headers"] if header[0] != b"cookie"]
        # A state of its own: Litestar keeps there what it has read from the headers.
        state = {"request_id": scope.get("state", {}).get("request_id", "")}
        asked: Any = {**scope, "headers": [*headers, *plan.visitors.bare], "state": state}
        await self._app(asked, receive, listen)
        parts = [b"".join(message.get("body", b"") for message in said[1:])]
        for place in plan.visitors.places:
            parts = [piece for part in parts for piece in _cut(part, place)]
        given = [header for header in said[0]["headers"] if header[0].lower() != b"content-length"]
        made = CachedPage(versions, time.monotonic(), said[0]["status"], asked.get("path_template", ""), given, parts)
        return made if self._edge is None else await self._for_others(made, scope["path"], plan, self._edge)

    async def _for_others(self, made: CachedPage, path: str, plan: CachePolicy, edge: Cdn) -> CachedPage:
        """May it be given to anyone, elsewhere? Not where something changed, or did not answer, while it was made."""
        headers = [header for header in made.headers if header[0].lower() != b"cache-control"]
        fine = made.status == OK and await self._sources.versions(plan, anew=True) == made.versions
        return made._replace(
            headers=[*headers, *(edge.headers(keys_of(path, made.parts)) if fine else [NOT_FOR_OTHERS])]
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
    """Bytes that keeping it takes: what it is asked by weighs as much as what is answered."""
    headers = sum(len(name) + len(value) for name, value in made.headers)
    return OVERHEAD + len(key[0].encode()) + len(key[1]) + headers + sum(map(len, made.parts))


def _numbers(which: Sequence[Version]) -> tuple[int, ...]:
    return tuple(one() for one in which)


def _is_shared(key: Key, versions: Versions) -> bool:
    """Do others know these versions? What is asked for in words has no end of forms: that would fill what all share."""
    return versions.marked and not key[1]


def _above(path: str) -> Iterator[str]:
    """/p/mug, /p of /p/mug."""
    yield path
    while (path := path.rpartition("/")[0]) not in {"", "/"}:
        yield path


def _cut(part: bytes, place: bytes) -> Iterator[bytes]:
    """x, place, y of xplacey."""
    for number, piece in enumerate(part.split(place)):
        if number:
            yield place
        yield piece
