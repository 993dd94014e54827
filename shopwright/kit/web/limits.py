"""Rate limits: so many requests a minute for each client address, fewer of some routes; 429 with Retry-After beyond."""

from collections.abc import Callable
from datetime import timedelta

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from shopwright.kit import watch
from shopwright.kit.clock import Clock
from shopwright.kit.errors import RateLimited, Unavailable
from shopwright.kit.ports import Cache
from shopwright.kit.web.problems import refuse

WINDOW_S = 60
SHARE = 5
TOO_MANY = 429


class Window:
    """The minute that is running, in which requests are counted, by all processes together where the cache is theirs.

    `per_minute`: so many requests that write each address may send.
    """

    def __init__(self, cache: Cache, clock: Clock, per_minute: int) -> None:
        self._cache = cache
        self._clock = clock
        self.per_minute = per_minute

    async def count(self, scope: Scope, what: str) -> tuple[int, int] | None:
        """How many of these the client has sent with this one, and in how many seconds that begins anew.

        None where nobody can be counted: a shop that counts nobody is better than one that serves nobody.
        """
        client = scope.get("client") or ("unknown", 0)
        window, into = divmod(int(self._clock.now().timestamp()), WINDOW_S)
        try:
            count = await self._cache.increment(f"limit:{client[0]}:{what}:{window}", timedelta(seconds=WINDOW_S))
        except Unavailable:
            return None
        return count, WINDOW_S - into


def _too_many(again_s: int) -> RateLimited:
    return RateLimited(f"Too many requests. Come back in {again_s} seconds.", data={"retry_after": again_s})


class SeldomLimits:
    """Middleware of routes: of each that is `seldom`, API or page, one address may call a fifth of what it may write.

    `window` answers None where nobody is counted.
    """

    def __init__(self, app: ASGIApp, window: Callable[[], Window | None]) -> None:
        self._app = app
        self._window = window

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seldom = "seldom" in scope["route_handler"].opt
        if seldom and scope["type"] == ScopeType.HTTP and (window := self._window()) is not None:
            counted = await window.count(scope, f"{scope['method']} {scope['path_template']}")
            if counted is not None and counted[0] > max(1, window.per_minute // SHARE):
                watch.note("limited", method=scope["method"], path=scope["path_template"])
                raise _too_many(counted[1])
        await self._app(scope, receive, send)


class Limits:
    """ASGI middleware: so many requests that write for each address, ten times as many that read."""

    def __init__(self, app: ASGIApp, window: Window) -> None:
        self._app = app
        self._window = window

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith("/v1"):
            await self._app(scope, receive, send)
            return
        reads = scope["method"] in {"GET", "HEAD", "OPTIONS"}
        limit = self._window.per_minute * (10 if reads else 1)
        counted = await self._window.count(scope, "reads" if reads else "writes")
        if counted is None:
            await self._app(scope, receive, send)
            return
        count, again_s = counted
        if count > limit:
            await refuse(scope, send, _too_many(again_s), (b"retry-after", str(again_s).encode()))
            return

        async def mark(message: Message) -> None:
            # Whoever is refused by a narrower limit is not told how far this one is.
            if message["type"] == "http.response.start" and message["status"] != TOO_MANY:
                told = (
                    (b"ratelimit-limit", limit),
                    (b"ratelimit-remaining", limit - count),
                    (b"ratelimit-reset", again_s),
                )
                message["headers"] = [*message["headers"], *((name, str(value).encode()) for name, value in told)]
            await send(message)

        await self._app(scope, receive, mark)
