"""What is shown where a service that a shop can do without does not answer: less, and no failure."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from shopwright.kit.errors import ShopError, Unavailable
from shopwright.services.reviews.contract import Histogram
from shopwright.services.search.contract import Rating, Results

INSTEAD: Mapping[tuple[str, str], Callable[[], Any]] = {
    ("search", "find"): lambda: Results(items=(), total=0, facets=(), partial=True),
    ("search", "cards"): list,
    ("search", "suggest"): list,
    ("search", "rating"): lambda: Rating(0.0, 0),
    ("books", "documents"): list,
    ("reviews", "of_product"): list,
    ("reviews", "chosen"): list,
    ("reviews", "own"): lambda: None,
    ("reviews", "histogram"): lambda: Histogram((0, 0, 0, 0, 0)),
    ("recommendations", "recommend"): list,
    ("recommendations", "remembers"): bool,
    ("recommendations", "seen"): list,
    ("recommendations", "saw"): lambda: None,
    ("recommendations", "become"): lambda: None,
}


SPARED = frozenset(service for service, _ in INSTEAD)
log = logging.getLogger("shopwright")


class Lenient:
    """A service, here or elsewhere, with something `INSTEAD` of its answers. `count` is told of each answer that says less."""

    def __init__(self, service: str, inner: Any, count: Callable[[], None]) -> None:
        self._service = service
        self._inner = inner
        self._count = count

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._inner, name)
        instead = INSTEAD.get((self._service, name))
        if instead is None:
            return ask

        async def call(*args: Any, **kwargs: Any) -> Any:
            try:
                answer = await ask(*args, **kwargs)
            except Unavailable:
                self._count()
                return instead()
            except ShopError:
                raise
            except Exception:  # a table that is gone, a file that cannot be read: its own trouble, not that of the page
                log.exception("%s.%s failed; what asked goes on with less", self._service, name)
                self._count()
                return instead()
            if getattr(answer, "partial", False):
                self._count()
            return answer

        return call
