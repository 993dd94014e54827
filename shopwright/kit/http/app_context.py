"""The application behind the routes.

Routes are registered once for all shops of the same shape in a process, as that takes ten times as long as opening a
shop. So routes know no shop; the middleware that passes a request to them sets it.
"""

from contextvars import ContextVar
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from shopwright.kit.translation import SOURCE, in_language

_current: ContextVar[Any] = ContextVar("app")


def current_app() -> Any:
    """The application of this request, or of the server being started."""
    return _current.get()


class AppContext:
    """ASGI middleware around routes: sets the application and the language of responses."""

    def __init__(self, app: ASGIApp, what: Any, language: str = SOURCE) -> None:
        self._app = app
        self._what = what
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = _current.set(self._what)
        try:
            with in_language(self._language):
                await self._app(scope, receive, send)
        finally:
            _current.reset(before)
