"""Rate limits: requests per minute (sliding) for each client address and kind of work; 429 beyond.

Every route has a kind (`access.allow(rule, "guess")`; default `read` or `write`, by method). Reads and writes are
counted before anything else; searches, guesses, messages and documents are counted again by their kind.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from shopwright.kit.clients import counted_as
from shopwright.kit.errors import RateLimited, Unavailable
from shopwright.kit.http.problems import refuse
from shopwright.kit.observability import security_log
from shopwright.kit.translation import gettext as _

Work = Literal["read", "write", "search", "guess", "message", "document", "file"]
# Multiples of the write limit. Files are pictures and styles, which come by the dozen.
SHARES: dict[Work, float] = {
    "file": 50,
    "read": 10,
    "search": 2,
    "write": 1,
    "guess": 0.2,
    "document": 0.2,
    "message": 0.1,
}
COUNTED_AGAIN = frozenset({"search", "guess", "message", "document"})
READS = frozenset({"GET", "HEAD", "OPTIONS"})
FILES = ("/assets/", "/media/")
# Operators' probes are unlimited.
UNCOUNTED = ("/health/", "/metrics")
TOO_MANY, MINUTE_S = 429, 60
_counted_as = lru_cache(maxsize=4096)(counted_as)


class Limiter:
    """Counts requests by address. `per_minute`: the limit of writing requests."""

    def __init__(self, storage: MemoryStorage, per_minute: int) -> None:
        self._storage = storage
        self._strategy = SlidingWindowCounterRateLimiter(storage)
        self._items = {work: RateLimitItemPerMinute(max(1, int(per_minute * share))) for work, share in SHARES.items()}

    async def count(self, scope: Scope, work: Work) -> tuple[int, int, int]:
        """Return limit, remaining requests and seconds until there are more. Raises RateLimited.

        If counting fails, nothing is limited: serving uncounted is better than serving no one.
        """
        item, client = self._items[work], scope.get("client")
        who = _counted_as(client[0]) if client else "unknown"
        try:
            good = await self._strategy.hit(item, work, who)
        except Unavailable:
            return item.amount, item.amount, 0
        before, left_s, current, _unused = await self._storage.get_sliding_window(
            item.key_for(work, who), item.get_expiry()
        )
        if not good:
            path = str(scope.get("path_template", ""))
            security_log.note("limited", method=str(scope.get("method", "")), path=path, work=work)
            raise too_many(item.amount, again_in(before, left_s / item.get_expiry(), current, item.amount))
        left = item.amount - current - math.floor(before * left_s / item.get_expiry())
        return item.amount, max(0, left), math.ceil(left_s)


def again_in(before: int, left: float, current: int, limit: int) -> int:
    """Seconds until one more is allowed. `left`: the rest of this minute, for which the one `before` still counts."""
    if current < limit:
        return max(1, math.floor((left - (limit - current) / max(1, before)) * MINUTE_S) + 1)
    return math.floor((left + 1 - limit / current) * MINUTE_S) + 1


def too_many(limit: int, again_s: int) -> RateLimited:
    """The error for too many requests."""
    details = {"retry_after": again_s, "limit": limit}
    return RateLimited(_("Too many requests. Come back in {again_s} seconds.", again_s=again_s), data=details)


def every_route_has_a_kind(app: Litestar) -> None:
    """Set the kind of routes that state none, by their method."""
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else []:
            if isinstance(handler, HTTPRouteHandler):
                file = route.path.startswith(FILES)
                usual = "file" if file else "read" if handler.http_methods <= READS else "write"
                handler.opt.setdefault("work", usual)


class KindLimits:
    """Middleware of routes: counts kinds beyond read and write. `limiter` returns None to disable."""

    def __init__(self, app: ASGIApp, limiter: Callable[[], Limiter | None]) -> None:
        self._app = app
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        work: Work = scope["route_handler"].opt["work"]
        counted = scope["type"] == ScopeType.HTTP and work in COUNTED_AGAIN
        if counted and (limiter := self._limiter()) is not None:
            await limiter.count(scope, work)
        await self._app(scope, receive, send)


class Limits:
    """ASGI middleware around all routes and cached pages: reads, writes and files by address."""

    def __init__(self, app: ASGIApp, limiter: Limiter) -> None:
        self._app = app
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith(UNCOUNTED):
            await self._app(scope, receive, send)
            return
        file = scope["path"].startswith(FILES)
        work: Work = "file" if file else "read" if scope["method"] in READS else "write"
        try:
            limit, left, reset_s = await self._limiter.count(scope, work)
        except RateLimited as error:
            await refuse(scope, send, error)
            return
        limit_headers: Any = [
            (b"ratelimit-limit", b"%d" % limit),
            (b"ratelimit-remaining", b"%d" % left),
            (b"ratelimit-reset", b"%d" % reset_s),
        ]

        async def mark(message: Message) -> None:
            # The narrower limit that refused the request is reported.
            if message["type"] == "http.response.start" and message["status"] != TOO_MANY:
                message["headers"] = [*message["headers"], *limit_headers]
            await send(message)

        await self._app(scope, receive, mark)
