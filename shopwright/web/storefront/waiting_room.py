"""The waiting room gate: shoppers get a place, wait on a page that shows how long, and are admitted.

A place is a signed time in a cookie (in a header for programs), so waiting asks no engine. Places are assigned by carts
in order of arrival, at a set pace; unused capacity does not accumulate.
"""

import asyncio
import math
import time
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from shopwright.kit.clock import Clock, to_micros
from shopwright.kit.errors import RateLimited, ShopError, Unauthenticated
from shopwright.kit.http.problems import refuse
from shopwright.kit.rpc.service_tokens import ServiceTokens
from shopwright.kit.translation import gettext as _
from shopwright.services.carts.contract import Carts, WaitingRoom
from shopwright.settings import Settings
from shopwright.web import render
from shopwright.web.storefront.page_context import cookie, cookie_name

COOKIE, HEADER, AUDIENCE = "turn", "shopwright-turn", "turn"
PAGE = "/queue"
# Adding to a cart and beginning checkout need a ticket. Shoppers who have begun may continue.
PAGES = frozenset({("POST", "/cart/lines"), ("GET", "/checkout"), ("POST", "/checkout")})
LASTS_S = 900  # to choose and order, once one's turn has come
LOOKED_S = 1.0  # so old may be what is known of the room
GATHERED_S = 0.05  # those who come within this are given turns together
SECOND = 1_000_000
SOONEST_S, LATEST_S, BUSY_S = 2, 30, 5
Header = tuple[bytes, bytes]


class WaitingTicket(msgspec.Struct, frozen=True):
    """A place. `at`: when it comes (microseconds since 1970). `token`: to present, if new."""

    at: int
    token: str = ""


class WaitingRoomGate:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, carts: Carts, seal: ServiceTokens, clock: Clock, settings: Settings) -> None:
        self._app = app
        self._carts = carts
        self._seal = seal
        self._clock = clock
        self._settings = settings
        self._room: WaitingRoom | None = None
        self._looked = -LOOKED_S
        self._looking: asyncio.Task[None] | None = None
        self._coming: list[asyncio.Future[WaitingTicket | None]] = []
        self._giving: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_guarded(scope):
            await self._app(scope, receive, send)
            return
        room = await self._open_room()
        try:
            turn = None if room is None else self._held(scope, room) or await self._come()
        except ShopError as error:  # carts is overloaded: admit no shopper without a ticket
            await self._busy(scope, send, error)
            return
        if room is None or turn is None:
            await (_lead(send, _next(scope)) if scope["path"] == PAGE else self._app(scope, receive, send))
            return
        left = turn.at - to_micros(self._clock.now())
        if left > 0:
            await self._wait(scope, send, room, turn, left)
        elif scope["path"] == PAGE:
            await _lead(send, _next(scope), self._shown(turn))
        else:
            await self._app(scope, receive, self._showing(send, turn))

    async def _open_room(self) -> WaitingRoom | None:
        if time.monotonic() > self._looked + LOOKED_S:
            # The state is read again, so that no shopper is admitted by a process that has long been idle.
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            await asyncio.shield(self._looking)
        return self._room

    async def _look(self) -> None:
        with suppress(ShopError):  # then what was known goes on
            self._room = await self._carts.waiting_room()
        self._looked = time.monotonic()

    def _held(self, scope: Scope, room: WaitingRoom) -> WaitingTicket | None:
        """The presented place, if it belongs to this room and is recent."""
        request: Request[Any, Any, Any] = Request(scope)
        token = request.headers.get(HEADER) or request.cookies.get(cookie_name(self._settings, COOKIE), "")
        try:
            turn = self._seal.read(AUDIENCE, token) if token else {}
        except Unauthenticated:
            return None
        over = turn.get("room") != room.id or to_micros(self._clock.now()) > turn["at"] + LASTS_S * SECOND
        return None if over else WaitingTicket(turn["at"])

    async def _come(self) -> WaitingTicket | None:
        """Assign a place behind all earlier arrivals."""
        mine: asyncio.Future[WaitingTicket | None] = asyncio.get_running_loop().create_future()
        self._coming.append(mine)
        if len(self._coming) == 1:
            giving = asyncio.create_task(self._give())  # independent of the first request, which may be cancelled
            self._giving.add(giving)
            giving.add_done_callback(self._giving.discard)
        return await mine

    async def _give(self) -> None:
        await asyncio.sleep(GATHERED_S)
        coming, self._coming = self._coming, []
        try:
            queue_places = await self._carts.take_places(len(coming))
        except Exception as error:  # noqa: BLE001 -- every waiting request gets the error
            for one in coming:
                if not one.done():
                    one.set_exception(error)
            return
        now = to_micros(self._clock.now())
        for number, one in enumerate(coming):
            if one.done():
                continue
            if queue_places is None:
                one.set_result(None)
                continue
            at = queue_places.first + number * queue_places.step
            lasts_s = max(0, at - now) // SECOND + LASTS_S
            one.set_result(
                WaitingTicket(at, self._seal.write(AUDIENCE, {"room": queue_places.room_id, "at": at}, lasts_s))
            )

    async def _wait(self, scope: Scope, send: Send, room: WaitingRoom, turn: WaitingTicket, left: int) -> None:
        left_s = left / SECOND
        ahead = math.ceil(left_s * room.per_minute / 60)
        again_s = math.ceil(min(left_s, max(SOONEST_S, min(LATEST_S, left_s / 3))))
        if scope["path"] == PAGE:
            await self._page(scope, send, again_s, self._shown(turn), ahead=ahead, minutes=math.ceil(left_s / 60))
        elif _is_program(scope):
            error = RateLimited(
                _(
                    "The shop is very busy; {ahead} shoppers are before you. Ask again in {again_s} seconds with your place in the queue.",
                    ahead=ahead,
                    again_s=again_s,
                ),
                data={"retry_after": again_s, "ahead": ahead},
            )
            await refuse(scope, send, error, *self._shown(turn))
        else:
            await _lead(send, f"{PAGE}?next={quote(_back(scope))}", self._shown(turn))

    async def _busy(self, scope: Scope, send: Send, error: ShopError) -> None:
        """Respond while no places can be assigned."""
        if scope["path"] == PAGE:
            await self._page(scope, send, BUSY_S, [], ahead=None, minutes=None)
        elif _is_program(scope):
            await refuse(scope, send, error, (b"retry-after", str(BUSY_S).encode()))
        else:
            await _lead(send, f"{PAGE}?next={quote(_back(scope))}")

    async def _page(
        self,
        scope: Scope,
        send: Send,
        again_s: int,
        turn_headers: list[Header],
        *,
        ahead: int | None,
        minutes: int | None,
    ) -> None:
        where = quote(_next(scope))
        context = {
            "shop": self._settings.shop_name, "url": self._settings.url, "csrf": "", "menu": [], "bare": True,
            "ahead": ahead, "minutes": minutes, "next": where,
        }  # fmt: skip
        body = render.page("storefront/templates/queue.html", context).content
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"refresh", f"{again_s}; url={PAGE}?next={where}".encode()),
            *turn_headers,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _showing(self, send: Send, turn: WaitingTicket) -> Send:
        """Add a new place that has come at once to the shop's response."""

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._shown(turn)]
            await send(message)

        return mark if turn.token else send

    def _shown(self, turn: WaitingTicket) -> list[Header]:
        if not turn.token:
            return []
        turn_cookie = cookie(self._settings, COOKIE, turn.token, 2 * 86_400)
        return [(b"set-cookie", turn_cookie.to_header(header="").encode()), (HEADER.encode(), turn.token.encode())]


def _is_guarded(scope: Scope) -> bool:
    if scope["type"] != ScopeType.HTTP:
        return False
    method, path = scope["method"], scope["path"]
    if path == PAGE:
        return method in {"GET", "HEAD"}
    if method == "POST" and path.startswith("/v1/"):
        return path == "/v1/orders" or (path.startswith("/v1/carts/") and path.endswith("/lines"))
    return (method, path) in PAGES


def _is_program(scope: Scope) -> bool:
    """Whether the request is by the API or our script instead of a page."""
    return scope["path"].startswith("/v1") or dict(scope["headers"]).get(b"x-requested-with") == b"fragment"


def _next(scope: Scope) -> str:
    """The page after waiting, within the shop."""
    next_page = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20).get("next", ["/"])[0]
    return (
        next_page
        if next_page.startswith("/") and not next_page.startswith(("//", "/\\")) and next_page.isprintable()
        else "/"
    )


def _back(scope: Scope) -> str:
    """The requested page, or for a form the page it was on."""
    if scope["type"] != ScopeType.HTTP or scope["method"] == "GET":
        return scope["path"]
    referer = urlsplit(dict(scope["headers"]).get(b"referer", b"").decode("latin-1"))
    return referer.path if referer.path.startswith("/p/") else "/cart"


async def _lead(send: Send, where: str, headers: list[Header] | None = None) -> None:
    given = [(b"location", where.encode()), (b"content-length", b"0"), *(headers or [])]
    await send({"type": "http.response.start", "status": 303, "headers": given})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
