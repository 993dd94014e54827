"""The operations of search."""

from collections.abc import Mapping
from typing import Protocol

from shopwright.kit.rpc.operations import idempotent
from shopwright.services.search.contract.values import Card, Rating, Results, SearchRequest


class Search(Protocol):
    """The operations of search."""

    @idempotent
    async def find(self, request: SearchRequest) -> Results:
        """Find products. Raises Invalid for a page too deep."""
        ...

    async def rebuild(self) -> int:
        """Rebuild the index from the database."""
        ...

    async def record_searches(self, counts: Mapping[str, int]) -> None:
        """Record anonymous counts of search texts."""
        ...

    @idempotent
    async def suggest(self, text: str, limit: int = 6) -> list[Card]:
        """Suggest products while typing."""
        ...

    @idempotent
    async def cards(self, product_ids: tuple[str, ...]) -> list[Card]:
        """Return the cards of visible products in this order."""
        ...

    @idempotent
    async def rating(self, product_id: str) -> Rating:
        """Return the rating of a product."""
        ...
