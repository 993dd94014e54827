"""The operations of recommendations."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from shopwright.kit.rpc.operations import idempotent
from shopwright.services.recommendations.contract.values import Kind, Recommended


class Recommendations(Protocol):
    """The operations of recommendations. A viewer is a customer id, or a random id of a browser."""

    @idempotent
    async def has_consent(self, viewer: str) -> bool:
        """Whether the viewer consented to remembering views."""
        ...

    async def set_consent(self, viewer: str, *, wanted: bool) -> None:
        """Give or withdraw consent; withdrawal deletes all views."""
        ...

    async def record_view(self, viewer: str, product: str) -> None:
        """Record a viewed product (id or slug) if the viewer consented. Raises Missing."""
        ...

    async def record_view_counts(self, counts: Mapping[str, int]) -> None:
        """Record anonymous counts of product page views (id or slug)."""
        ...

    async def assign_views(self, viewer: str, user_id: str) -> None:
        """Move a browser's views to a customer."""
        ...

    @idempotent
    async def recently_viewed(self, viewer: str, limit: int = 60) -> list[str]:
        """Return recently viewed products, newest first."""
        ...

    @idempotent
    async def recommend(
        self, kind: Kind, *, products: Sequence[str] = (), user_id: str | None = None, limit: int = 8
    ) -> list[Recommended]:
        """Return recommendations, best first, without `products`; empty if there is no basis for any."""
        ...
