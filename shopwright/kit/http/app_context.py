"""What stands behind the routes.

Routes are registered once for all shops of the same shape that a process opens: that takes ten times as long as opening a
shop. So they know no shop; who passes a request on to them says whose it is.
"""

from contextvars import ContextVar
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from shopwright.kit.translation import SOURCE, in_language

_behind: ContextVar[Any] = ContextVar("behind")


def current_app() -> Any:
    """What this request, or the start of a server, is for."""
    return _behind.get()


class AppContext:
    """ASGI middleware right around routes: `what` is behind them for all that comes this way, and they answer in `language`."""

    def __init__(self, app: ASGIApp, what: Any, language: str = SOURCE) -> None:
        self._app = app
        self._what = what
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = _behind.set(self._what)
        try:
            with in_language(self._language):
                await self._app(scope, receive, send)
        finally:
            _behind.reset(before)
