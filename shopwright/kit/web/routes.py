"""Routers that are made for one application."""

from typing import Any

from litestar import Router


class Routes(Router):
    """A router that belongs to the one it is registered with.

    Litestar copies each router with all it holds, so that it can be registered again (a tenth of the time an application is
    made in).
    """

    def __deepcopy__(self, _memo: dict[int, Any]) -> "Routes":
        return self
