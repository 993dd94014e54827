"""Counts product views and searches, including those served from the page cache."""

from collections.abc import Callable
from urllib.parse import parse_qs

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

PAGES, PRODUCTS = "/p/", "/v1/products/"
ROW = "/recent"
LISTS, FOUND = "/search", "/v1/search"
SEARCHED = "/searched"


class ViewCounter:
    """ASGI middleware. `looked` gets a product's id or slug, `searched` the text.

    `behind_cdn`: pages come from a CDN; they report views and searches by script.
    """

    def __init__(
        self, app: ASGIApp, looked: Callable[[str], None], searched: Callable[[str], None], *, behind_cdn: bool = False
    ) -> None:
        self._products = (PRODUCTS,) if behind_cdn else (PAGES, PRODUCTS)
        self._row = ROW if behind_cdn else ""
        self._searches = (SEARCHED if behind_cdn else LISTS, FOUND)
        self._app = app
        self._looked = looked
        self._searched = searched

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == "GET":
            path = scope["path"]
            if path.startswith(self._products):
                name = path.rpartition("/")[2]
                if path in {f"{above}{name}" for above in self._products}:
                    self._looked(name)
            elif path == self._row and (name := _asked(scope["query_string"], "product")):
                self._looked(name)
            elif path in self._searches:
                self._count_search(scope["query_string"])
        await self._app(scope, receive, send)

    def _count_search(self, query: bytes) -> None:
        """Count the first page of a search, once."""
        words = _asked(query, "q")
        if words and _asked(query, "page") in {"", "1"}:
            self._searched(words)


def _asked(query: bytes, name: str) -> str:
    """The value of `name` in a query, or ""."""
    parameters = parse_qs(query.decode("latin-1"), max_num_fields=50) if query.count(b"&") < 50 else {}  # noqa: PLR2004 -- both are the limit
    return parameters.get(name, [""])[0]
