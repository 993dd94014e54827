"""Rate limits: so many requests a minute for each client address; 429 with Retry-After and RateLimit-* beyond."""

from datetime import timedelta

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from shopwright.kit.clock import Clock
from shopwright.kit.errors import RateLimited, Unavailable
from shopwright.kit.ports import Cache
from shopwright.kit.web.problems import refuse

WINDOW_S = 60


class Limits:
    """ASGI middleware: `per_minute` requests that write for each address, ten times as many that read."""

    def __init__(self, app: ASGIApp, cache: Cache, per_minute: int, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._cache = cache
        self._per_minute = per_minute

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith("/v1"):
            await self._app(scope, receive, send)
            return
        reads = scope["method"] in {"GET", "HEAD", "OPTIONS"}
        limit = self._per_minute * (10 if reads else 1)
        client = scope.get("client") or ("unknown", 0)
        window, into = divmod(int(self._clock.now().timestamp()), WINDOW_S)
        try:
            count = await self._cache.increment(f"limit:{client[0]}:{reads}:{window}", timedelta(seconds=WINDOW_S))
        except Unavailable:  # a shop that counts nobody is better than one that serves nobody
            await self._app(scope, receive, send)
            return
        left, reset = max(0, limit - count), WINDOW_S - into
        if count > limit:
            error = RateLimited(f"Too many requests. Come back in {reset} seconds.", data={"retry_after": reset})
            await refuse(scope, send, error, (b"retry-after", str(reset).encode()))
            return

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = ((b"ratelimit-limit", limit), (b"ratelimit-remaining", left), (b"ratelimit-reset", reset))
                message["headers"] = [*message["headers"], *((name, str(value).encode()) for name, value in told)]
            await send(message)

        await self._app(scope, receive, mark)
