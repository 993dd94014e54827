"""The audit middleware: records every staff action with states before and after.

Routes for staff that change something are audited by default (`staff(…)` in their rule); others if they ask for it
(`access.audited`). An entry is opened before the action and closed before its response; a crash leaves it open, to be
recorded as interrupted.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from shopwright.kit.auth import Caller, StaffOnly
from shopwright.kit.errors import ShopError
from shopwright.kit.observability import tracing

log = logging.getLogger("shopwright.web")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SECRET = ("password", "secret", "token", "csrf")
MASK = "••••"
MARKS = "_seen"  # what a form carries to find out who was faster says nothing of what is asked for
MOST_READ = 65_536  # bytes of a body that are looked at
LONGEST_VALUE = 300


class AuditTrail(Protocol):
    """Records actions."""

    async def begin(self, who: Caller, act: "AuditedRequest") -> "OpenAction":
        """Open an entry. Raises Unavailable: without a record the action is not performed."""
        ...


class OpenAction(Protocol):
    """An action in progress."""

    async def end(self, status: int) -> None:
        """Close the entry. `status`: of the HTTP response; 0 if there was none."""
        ...


class AuditedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The request. `action`: the route's name; `route`: its path template; secrets in `given` are masked."""

    action: str
    route: str
    parameters: Mapping[str, str]
    given: Mapping[str, Any]
    address: str
    request_id: str


def is_audited(opt: Mapping[str, Any], method: str) -> bool:
    """Whether staff use of the route is audited. `opt`: of the route."""
    return bool(opt.get("audited")) or (isinstance(opt["access"], StaffOnly) and method not in SAFE)


class Audit:
    """Middleware of all routes, behind authentication and body reading: bodies arrive in one message."""

    def __init__(self, app: ASGIApp, trail: Callable[[], AuditTrail]) -> None:
        self._app = app
        self._trail = trail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller: Caller | None = scope["state"].get("caller")
        if (
            scope["type"] != ScopeType.HTTP
            or caller is None
            or not caller.is_staff
            or not is_audited(scope["route_handler"].opt, scope["method"])
        ):
            await self._app(scope, receive, send)
            return
        read: Any = await receive() if scope["method"] not in SAFE else None
        act = await self._trail().begin(caller, _describe(scope, read.get("body", b"") if read else b""))
        open_act: OpenAction | None = act

        async def replay() -> Any:
            nonlocal read
            message, read = read, None
            return message or await receive()

        async def close_first(message: Message) -> None:
            nonlocal open_act
            if message["type"] == "http.response.start" and open_act is not None:
                open_act = None
                await _close(act, message["status"])
            await send(message)

        try:
            await self._app(scope, replay, close_first)
        finally:
            if open_act is not None:
                await _close(act, 0)


async def _close(act: OpenAction, status: int) -> None:
    try:
        await act.end(status)
    except ShopError:  # it is done, and its open entry says so until the job closes it
        log.exception("an audit log entry could not be completed")


def _describe(scope: Scope, body: bytes) -> AuditedRequest:
    handler = scope["route_handler"]
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    client = scope.get("client") or ("", 0)
    return AuditedRequest(
        action=handler.handler_name,
        route=scope["path_template"],
        parameters={name: str(value)[:LONGEST_VALUE] for name, value in scope["path_params"].items()},
        given={} if "nameless" in handler.opt else masked(_fields(kind, body[:MOST_READ])),
        address=client[0],
        request_id=tracing.request_id(),
    )


def _fields(kind: bytes, body: bytes) -> Mapping[str, Any]:
    """The fields of a JSON object or form; otherwise none."""
    if kind.startswith(b"application/x-www-form-urlencoded"):
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=False, max_num_fields=None)
        return {name: value for name, value in fields if name != MARKS}
    try:
        found = msgspec.json.decode(body) if kind.startswith(b"application/json") and len(body) < MOST_READ else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {"items": found}


def masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without secrets, long texts shortened."""
    proving = any("password" in str(name).lower() for name in fields)  # then `code` is an authenticator's, no coupon's
    return {
        str(name)[:LONGEST_VALUE]: MASK if _is_secret(str(name).lower(), proving=proving) else _cut(value)
        for name, value in fields.items()
    }


def _is_secret(name: str, *, proving: bool) -> bool:
    return any(word in name for word in SECRET) or (proving and name == "code")


def _cut(value: Any) -> Any:
    if isinstance(value, Mapping):
        return masked(value)
    if isinstance(value, list):
        return [_cut(one) for one in value[:20]]
    return value if len(str(value)) <= LONGEST_VALUE else str(value)[:LONGEST_VALUE] + "…"
