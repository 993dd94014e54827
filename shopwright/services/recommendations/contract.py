"""What others may know of recommendations."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, Protocol

import msgspec

from shopwright.kit.data.events import Event
from shopwright.kit.rpc.operations import idempotent

Kind = Literal["similar", "bought_together", "for_you", "trending", "recently_viewed"]


class Recommended(msgspec.Struct, frozen=True):
    """A product, and why it is here, in words for the shopper."""

    product_id: str
    reason: str


class ProductsViewed(Event, frozen=True, kw_only=True):
    """So often were products looked at since the last time this was told, by anyone: product id → how often."""

    SUBJECT: ClassVar[str] = "day"
    day: str
    counts: dict[str, int]


class Recommendations(Protocol):
    """The verbs of recommendations. A viewer is a customer's id, or the chance a browser was given."""

    @idempotent
    async def remembers(self, viewer: str) -> bool:
        """Did they agree that what they look at is remembered?"""
        ...

    async def remember(self, viewer: str, *, wanted: bool) -> None:
        """They agree; or agree no more, and all of it is forgotten."""
        ...

    async def saw(self, viewer: str, product: str) -> None:
        """They looked at a product (id or slug): remembered if they agreed. Raises Missing."""
        ...

    async def looked(self, counts: Mapping[str, int]) -> None:
        """Product pages (id or slug) that were asked for so often, by nobody in particular."""
        ...

    async def become(self, viewer: str, user_id: str) -> None:
        """A browser that is remembered turns out to be a customer's."""
        ...

    @idempotent
    async def seen(self, viewer: str, limit: int = 60) -> list[str]:
        """Products they looked at, the newest first."""
        ...

    @idempotent
    async def recommend(
        self, kind: Kind, *, products: Sequence[str] = (), user_id: str | None = None, limit: int = 8
    ) -> list[Recommended]:
        """Best first; none of `products` themselves. An empty list where nothing honest can be said."""
        ...
