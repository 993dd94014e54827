"""The operations of reviews."""

from datetime import datetime
from typing import Protocol

from shopwright.kit.auth import Caller
from shopwright.kit.rpc.operations import idempotent
from shopwright.services.reviews.contract.values import Histogram, NewReview, Order, Review, Status


class Reviews(Protocol):
    """The operations of reviews."""

    async def write(
        self, product_id: str, review: NewReview, who: Caller, written_at: datetime | None = None
    ) -> Review:
        """Write or change one's review of a purchased product. Raises Invalid, NotABuyer.

        `written_at`: the original date of an imported review.
        """
        ...

    @idempotent
    async def of_product(self, product_id: str, after: str = "", limit: int = 20) -> list[Review]:
        """Return published reviews."""
        ...

    @idempotent
    async def review_page(
        self, product_id: str, order: Order = "helpful", stars: int = 0, page: int = 1
    ) -> list[Review]:
        """Return a page of published reviews in this order; `stars`: of one rating (0: all)."""
        ...

    @idempotent
    async def histogram(self, product_id: str) -> Histogram:
        """Return the numbers of ratings by stars."""
        ...

    async def vote(self, review_id: str, who: Caller) -> Review:
        """Mark a review as helpful, once per person."""
        ...

    @idempotent
    async def review_of(self, product_id: str, user_id: str) -> Review | None:
        """Return a person's review of a product in any status."""
        ...

    @idempotent
    async def by_user(self, user_id: str) -> list[Review]:
        """Return all reviews of a person in any status."""
        ...

    async def reply(self, review_id: str, text: str) -> Review:
        """Set the shop's reply; "" removes it. Raises Missing, Invalid."""
        ...

    async def moderate(self, review_id: str, status: Status) -> Review:
        """Publish or reject a review."""
        ...

    @idempotent
    async def queue(self, status: Status = "pending", after: str = "", limit: int = 50) -> list[Review]:
        """Return reviews with this status, oldest first."""
        ...
