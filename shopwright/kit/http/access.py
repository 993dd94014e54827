"""Deny by default: every route states its rule, `@get("/v1/orders", opt=allow(signed_in))`, or the shop does not start."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from shopwright.kit.auth import GUEST, Caller, Rule
from shopwright.kit.clients import counted_as
from shopwright.kit.errors import Denied
from shopwright.kit.observability import security_log

Identify = Callable[[ASGIConnection[Any, Any, Any, Any]], Awaitable[Caller]]


def allow(rule: Rule, work: str = "") -> dict[str, Any]:
    """The `opt` of a route: who may call it; `work`: its kind for rate limits, if the method does not tell."""
    return {"access": rule, **({"work": work} if work else {})}


def sensitive(rule: Rule) -> dict[str, Any]:
    """Mark a route that can be used to guess, asks a bank or typesets a document: each address may call it less often."""
    return allow(rule, "guess")


def audited(opt: dict[str, Any]) -> dict[str, Any]:
    """Mark a route whose use by staff is audited although it changes nothing or is open to others."""
    return {**opt, "audited": True}


# The `opt` of a route audited without its subject, as the entry would outlive the subject's erasure.
NAMELESS = {"nameless": True}
# The `opt` of a route whose bearer token is no access token but checked by itself.
OWN_TOKEN = {"own_token": True}


class Access:
    """Middleware of all routes: authenticates the caller and applies the route's rule.

    A Litestar guard could do it, too, but gets a copy of the whole route handler each time.
    """

    def __init__(self, app: ASGIApp, identify: Identify) -> None:
        self._app = app
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = scope["route_handler"]
        if scope["type"] == ScopeType.HTTP and scope["method"] != "OPTIONS":
            client = scope.get("client")
            caller = msgspec.structs.replace(
                GUEST if "own_token" in handler.opt else await self._identify(Request(scope)),
                address=counted_as(client[0]) if client else "",
            )
            scope["state"]["caller"] = caller
            rule: Rule = handler.opt["access"]
            try:
                rule(caller)
            except Denied:
                security_log.note(
                    "refused", user=caller.user_id, method=scope["method"], path=scope.get("path_template", "")
                )
                raise
        await self._app(scope, receive, send)


async def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """Provide the dependency `caller`."""
    caller: Caller = request.state.caller
    return caller


def every_route_has_a_rule(app: Litestar) -> None:
    """Raise LookupError naming each route without an access rule."""
    forgotten = [
        f"{handler.http_methods} {route.path}"
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if isinstance(handler, HTTPRouteHandler) and "access" not in handler.opt and handler.http_methods != {"OPTIONS"}
    ]
    if forgotten:
        raise LookupError(f"no access rule on: {', '.join(forgotten)}")
