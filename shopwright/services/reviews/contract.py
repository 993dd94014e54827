"""The contract of reviews: values, events and operations."""

from datetime import datetime
from typing import ClassVar, Literal, Protocol

import msgspec

from shopwright.kit.auth import Caller
from shopwright.kit.bounds import Text
from shopwright.kit.data.events import Event
from shopwright.kit.errors import Refused
from shopwright.kit.personal import Personal
from shopwright.kit.rpc.operations import idempotent

Status = Literal["pending", "published", "rejected"]
Order = Literal["helpful", "newest", "best", "worst"]
REVIEWS_A_PAGE = 20


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A review by a verified buyer. `flags`: why it is held for moderation; `reply`: the shop's reply."""

    id: str
    product_id: str
    user_id: str
    author: Personal[str]
    rating: int
    title: str
    body: str
    status: Status
    helpful: int = 0
    flags: tuple[str, ...] = ()
    reply: str = ""
    replied_at: datetime | None = None
    created_at: datetime


class NewReview(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request to review a product: 1 to 5 stars and a text."""

    rating: int
    title: str
    body: Text


class Histogram(msgspec.Struct, frozen=True):
    """The numbers of 1, 2, 3, 4 and 5 star ratings."""

    counts: tuple[int, int, int, int, int]

    @property
    def count(self) -> int:
        return sum(self.counts)

    @property
    def sum(self) -> int:
        return sum(stars * count for stars, count in enumerate(self.counts, start=1))


class NotABuyer(Refused):
    """Only buyers may review a product."""

    code = "not_a_buyer"


class ReviewPublished(Event, frozen=True, kw_only=True):
    """The reviews of a product changed; has the sum and number of ratings."""

    SUBJECT: ClassVar[str] = "product_id"
    product_id: str
    rating_sum: int
    rating_count: int


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
