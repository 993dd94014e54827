"""Routers made for one application."""

from collections.abc import Sequence
from typing import Any, ClassVar

from litestar import Router


class Routes(Router):
    """Routes for programs, authenticated by bearer token; cookies are ignored, so other sites cannot misuse them.

    The router belongs to the one it is registered with. Litestar would copy each router with its contents for further
    registrations (a tenth of the start-up time).
    """

    OPT: ClassVar[dict[str, Any]] = {"exclude_from_csrf": True}

    def __init__(self, path: str, *, route_handlers: Sequence[Any], **more: Any) -> None:
        super().__init__(path, route_handlers=route_handlers, opt=self.OPT, **more)

    def __deepcopy__(self, _memo: dict[int, Any]) -> "Routes":
        return self


class Pages(Routes):
    """Routes for people, authenticated by session cookie, so forms carry a token (`NO_FORM`: if nothing depends on it)."""

    OPT: ClassVar[dict[str, Any]] = {"page": True}


NO_FORM: dict[str, Any] = {"exclude_from_csrf": True}


def takes_cookies(handler: Any) -> bool:
    """Whether the route is for people, by its type and not its path."""
    return handler is not None and bool(handler.opt.get("page"))
