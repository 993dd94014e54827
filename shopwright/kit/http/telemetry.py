"""Telemetry: request ids, access log, metrics and security headers."""

import re
import time
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from shopwright.kit.data.unit_of_work import one_request
from shopwright.kit.http.access_log import AccessLog
from shopwright.kit.http.content_policy import content_policy
from shopwright.kit.ids import Ids
from shopwright.kit.observability import tracing
from shopwright.kit.observability.metrics import Metrics
from shopwright.kit.observability.tracing import PARENT, REQUEST, Tracer

# Methods a client may invent are not counted by name (RFC 9110, 9; RFC 5789).
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "OTHER"
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"content-security-policy", content_policy().encode()),
    (b"cache-control", b"private, no-store"),  # whatever may be kept says so itself
]


# A shop served over TLS is reached by TLS only (RFC 6797), for a year.
TLS_ONLY = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Telemetry:
    """The outermost middleware. `tls`: whether the shop is served over https."""

    def __init__(
        self,
        app: ASGIApp,
        ids: Ids,
        numbers: Metrics,
        access: AccessLog,
        tracer: Tracer | None = None,
        *,
        tls: bool = False,
    ) -> None:
        self._app = app
        self._access = access
        self._headers = [*SECURITY, TLS_ONLY] if tls else SECURITY
        self._ids = ids
        self._numbers = numbers
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        method = scope["method"] if scope["method"] in METHODS else OTHER
        given = _header(scope, REQUEST)
        request_id = given.decode() if REQUEST_ID.fullmatch(given) else self._ids.new("req")
        state: Any = scope.setdefault("state", {})
        state["request_id"] = request_id
        status, size = 500, 0

        async def mark(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name for name, _ in message["headers"]}
                extra = [(name, value) for name, value in self._headers if name not in present]
                message["headers"] = [*message["headers"], *extra, (b"x-request-id", request_id.encode())]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        # Trace contexts are accepted from other parts of the shop only.
        parent = _header(scope, PARENT) if scope["raw_path"].startswith(b"/internal/") else b""
        with (
            tracing.watched_by(self._tracer),
            tracing.for_request(request_id),
            tracing.span(method, "server", parent.decode("latin-1")) as span,
            one_request(),
        ):
            try:
                await self._app(scope, receive, mark)
            finally:
                route = scope.get("path_template") or "unmatched"
                span.rename(f"{method} {route}")
                span.note("http.response.status_code", status)
                fields = {"method": method, "route": route, "status": status}
                seconds = time.perf_counter() - started
                self._numbers.count(method, route, status, seconds)
                if self._access.wants(scope["path"], status):
                    self._access.write(scope, fields, size, round(seconds * 1000, 1))


def _header(scope: Scope, wanted: str) -> bytes:
    return next((value for name, value in scope["headers"] if name == wanted.encode()), b"")
