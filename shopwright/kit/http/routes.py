"""Routers that are made for one application."""

from collections.abc import Sequence
from typing import Any, ClassVar

from litestar import Router


class Routes(Router):
    """Routes for programs: whoever calls shows a bearer token; a cookie means nothing here, so no other site can misuse it.

    The router belongs to the one it is registered with.

    Litestar copies each router with all it holds, so that it can be registered again (a tenth of the time an application is
    made in).
    """

    OPT: ClassVar[dict[str, Any]] = {"exclude_from_csrf": True}

    def __init__(self, path: str, *, route_handlers: Sequence[Any], **more: Any) -> None:
        super().__init__(path, route_handlers=route_handlers, opt=self.OPT, **more)

    def __deepcopy__(self, _memo: dict[int, Any]) -> "Routes":
        return self


class Pages(Routes):
    """Routes for people: a session cookie says who calls, so a form carries a token (`NO_FORM`: unless nothing hangs on it)."""

    OPT: ClassVar[dict[str, Any]] = {"page": True}


NO_FORM: dict[str, Any] = {"exclude_from_csrf": True}


def takes_cookies(handler: Any) -> bool:
    """Is this route for people? It is said by what the route is, not by how its path is spelled."""
    return handler is not None and bool(handler.opt.get("page"))
