"""Counts what is looked at and searched for: also where the answer was prepared before and nobody else hears of it."""

from collections.abc import Callable
from urllib.parse import parse_qs

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

PRODUCTS = ("/p/", "/v1/products/")
SEARCHES = ("/search", "/v1/search")


class Glances:
    """ASGI middleware. `looked` is given a product's id or slug, `searched` the words."""

    def __init__(self, app: ASGIApp, looked: Callable[[str], None], searched: Callable[[str], None]) -> None:
        self._app = app
        self._looked = looked
        self._searched = searched

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == "GET":
            path = scope["path"]
            if path.startswith(PRODUCTS):
                name = path.rpartition("/")[2]
                if path in {f"{above}{name}" for above in PRODUCTS}:
                    self._looked(name)
            elif path in SEARCHES:
                self._count_search(scope["query_string"])
        await self._app(scope, receive, send)

    def _count_search(self, query: bytes) -> None:
        """The first page of what was searched for, once."""
        asked = parse_qs(query.decode("latin-1"), max_num_fields=50) if query.count(b"&") < 50 else {}  # noqa: PLR2004 -- both are the limit
        words = asked.get("q", [""])[0]
        if words and asked.get("page", ["1"])[0] == "1":
            self._searched(words)
