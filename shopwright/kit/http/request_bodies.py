"""The one place where bodies are read: completely or not at all, before anything parses them.

Each route takes one kind of body: JSON from programs, forms from people, files on a few routes (`takes`). Size, number
of fields and duration are limited here; everything behind gets the whole body.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from shopwright.kit.digits import is_number
from shopwright.kit.errors import Invalid, Malformed, Problem, RateLimited, TooLarge, TooSlow, UnsupportedMediaType
from shopwright.kit.http.routes import takes_cookies
from shopwright.kit.translation import gettext as _

MOST_FIELDS = 200
UNFINISHED_EACH = 64
NO_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
AGAIN_S = 5


class BodyKind(NamedTuple):
    """`types`: media types, none for any. `largest`: bytes, None for the shop's limit."""

    types: frozenset[str]
    largest: int | None


class BodyPace(NamedTuple):
    """The minimum pace of a body, in bytes a second after a grace period, and its longest duration."""

    grace_s: float = 10.0
    bytes_s: float = 8_000
    longest_s: float = 300.0


FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
JSON = BodyKind(frozenset({"application/json"}), 1_000_000)
FORM = BodyKind(FORMS, 64_000)
FILE = BodyKind(frozenset(), None)
FORM_WITH_FILE = BodyKind(frozenset({"multipart/form-data", "application/x-www-form-urlencoded"}), None)
# Providers choose the format. The sender is known once the signature is checked.
NOTICE = BodyKind(frozenset(), 1_000_000)
PACE = BodyPace()


def takes(kind: BodyKind) -> dict[str, Any]:
    """The `opt` of a route that takes another kind of body than usual."""
    return {"body": kind}


def kind_of(handler: Any) -> BodyKind:
    """The kind of body a route takes."""
    kind: BodyKind = handler.opt.get("body") or (FORM if takes_cookies(handler) else JSON)
    return kind


class ReceivingBodies:
    """Bodies being received by this process, by client address."""

    def __init__(self, most: int = UNFINISHED_EACH) -> None:
        self._most = most
        self._from: Counter[str] = Counter()

    def begin(self, client: str) -> None:
        """Count a body. Raises RateLimited if one address sends too many at once."""
        if self._from[client] >= self._most:
            raise RateLimited(_("Too many unfinished requests from your address."), data={"retry_after": AGAIN_S})
        self._from[client] += 1

    def end(self, client: str) -> None:
        self._from[client] -= 1
        if not self._from[client]:
            del self._from[client]


class RequestBodies:
    """Middleware of all routes, behind authentication. `largest`: the shop's limit in bytes."""

    def __init__(
        self, app: ASGIApp, largest: int, unfinished: Callable[[], ReceivingBodies], pace: BodyPace = PACE
    ) -> None:
        self._app = app
        self._largest = largest
        self._unfinished = unfinished
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] in NO_BODY:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if not headers.get(b"transfer-encoding") and headers.get(b"content-length", b"0") == b"0":
            await self._app(scope, receive, send)
            return
        handler = scope["route_handler"]
        kind = kind_of(handler)
        media = headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")
        if kind.types and media and media not in kind.types:
            raise UnsupportedMediaType(
                _("This takes {types}, not {media}.", types=" or ".join(sorted(kind.types)), media=media[:60])
            )
        body = await self._read(scope, receive, _largest(kind, self._largest), headers.get(b"content-length", b""))
        _check(handler, kind, media, body)
        given = False

        async def again() -> Any:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, again, send)

    async def _read(self, scope: HTTPScope, receive: Receive, largest: int, length: bytes) -> bytes:
        if is_number(length.decode("latin-1")) and int(length) > largest:
            raise _too_large(largest)
        client = (scope.get("client") or ("", 0))[0]
        unfinished = self._unfinished()
        unfinished.begin(client)
        try:
            return await read_all(receive, largest, self._pace)
        finally:
            unfinished.end(client)


async def read_all(receive: Receive, largest: int, pace: BodyPace) -> bytes:
    """Read a whole body. Raises TooLarge at once, TooSlow below the pace."""
    body = bytearray()
    began = time.monotonic()
    while True:
        allowed_s = min(pace.grace_s + len(body) / pace.bytes_s, pace.longest_s)
        try:
            async with asyncio.timeout(began + allowed_s - time.monotonic()):
                message: Any = await receive()
        except TimeoutError:
            raise TooSlow(_("The body came too slowly, or not at all.")) from None
        if message["type"] == "http.disconnect":
            raise Malformed(_("The body ended too early."))
        body += message.get("body", b"")
        if len(body) > largest:
            raise _too_large(largest)
        if not message.get("more_body"):
            return bytes(body)


def _largest(kind: BodyKind, most: int) -> int:
    return most if kind.largest is None else min(kind.largest, most)


def _too_large(largest: int) -> TooLarge:
    return TooLarge(_("The body is larger than the {largest} bytes that this takes.", largest=f"{largest:,}"))


def _check(handler: Any, kind: BodyKind, media: str, body: bytes) -> None:
    """Check before parsing. Raises Malformed, Invalid."""
    if media in FORMS and kind.types & FORMS:
        separators = (
            body.count(b"&") + 1 if media.endswith("urlencoded") else body.lower().count(b"content-disposition:")
        )
        if separators > MOST_FIELDS:
            raise TooLarge(_("A form has at most {most_fields} fields.", most_fields=MOST_FIELDS))
    elif kind is JSON and handler.parsed_data_field is None:
        try:
            fields = msgspec.json.decode(body or b"{}", type=dict[str, msgspec.Raw] | None)
        except msgspec.MsgspecError as error:
            raise Malformed(_("JSON is malformed, or no object: {error}.", error=error)) from None
        if fields:
            names = [
                Problem(f"/{name}"[:260], "unknown_field", _("There is no field “{name}” here.", name=name[:60]))
                for name in fields
            ]
            raise Invalid(_("This takes no fields."), problems=tuple(names[:20]))
