"""What others may know of recommendations."""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

Kind = Literal["similar", "bought_together", "for_you", "trending"]


class Recommended(msgspec.Struct, frozen=True):
    """A product, and why it is here, in words for the shopper."""

    product_id: str
    reason: str


class Recommendations(Protocol):
    """The verbs of recommendations."""

    async def recommend(
        self, kind: Kind, *, products: Sequence[str] = (), user_id: str | None = None, limit: int = 8
    ) -> list[Recommended]:
        """Best first; none of `products` themselves. An empty list where nothing honest can be said."""
        ...
