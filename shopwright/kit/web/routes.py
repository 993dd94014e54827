"""Routers that are made for one application."""

from typing import Any

from litestar import Router
from litestar.handlers import BaseRouteHandler


class Routes(Router):
    """A router that belongs to the one it is registered with.

    Litestar copies each router with all it holds, so that it can be registered again (a tenth of the time an application is
    made in), and reads the signature of each handler anew in each application (another fifth, where many are made: tests).
    """

    def register(self, value: Any) -> Any:
        if isinstance(value, BaseRouteHandler):
            value.parsed_fn_signature  # noqa: B018 -- kept by the handler, whose copies belong to applications
        return super().register(value)

    def __deepcopy__(self, _memo: dict[int, Any]) -> "Routes":
        return self
