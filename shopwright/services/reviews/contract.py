"""What others may know of reviews."""

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
    """A review by someone who bought the product. `flags`: why it was kept for a person to look at; `reply`: the shop's answer."""

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
    """What reviewing takes: 1 to 5 stars and words."""

    rating: int
    title: str
    body: Text


class Histogram(msgspec.Struct, frozen=True):
    """How many gave 1, 2, 3, 4, 5 stars."""

    counts: tuple[int, int, int, int, int]

    @property
    def count(self) -> int:
        return sum(self.counts)

    @property
    def sum(self) -> int:
        return sum(stars * count for stars, count in enumerate(self.counts, start=1))


class NotABuyer(Refused):
    """Only who bought it may review it."""

    code = "not_a_buyer"


class ReviewPublished(Event, frozen=True, kw_only=True):
    """Reviews of a product changed: the sum and count of its stars now."""

    SUBJECT: ClassVar[str] = "product_id"
    product_id: str
    rating_sum: int
    rating_count: int


class Reviews(Protocol):
    """The verbs of reviews."""

    async def write(
        self, product_id: str, review: NewReview, who: Caller, written_at: datetime | None = None
    ) -> Review:
        """Review a product one bought; writing again changes one's review. Raises Invalid, NotABuyer.

        `written_at`: when it was written, where that was before it came here.
        """
        ...

    @idempotent
    async def of_product(self, product_id: str, after: str = "", limit: int = 20) -> list[Review]:
        """What is published."""
        ...

    @idempotent
    async def chosen(self, product_id: str, order: Order = "helpful", stars: int = 0, page: int = 1) -> list[Review]:
        """A page of what is published, in this order; `stars`: of one rating (0: of all)."""
        ...

    @idempotent
    async def histogram(self, product_id: str) -> Histogram:
        """How many gave how many stars."""
        ...

    async def vote(self, review_id: str, who: Caller) -> Review:
        """This review helped me (once a person)."""
        ...

    @idempotent
    async def own(self, product_id: str, user_id: str) -> Review | None:
        """What someone wrote about a product, in whatever state."""
        ...

    @idempotent
    async def by_user(self, user_id: str) -> list[Review]:
        """Everything someone wrote, in whatever state."""
        ...

    async def reply(self, review_id: str, text: str) -> Review:
        """The shop's answer beneath a review; "" takes it away. Raises Missing, Invalid."""
        ...

    async def moderate(self, review_id: str, status: Status) -> Review:
        """Publish or reject."""
        ...

    @idempotent
    async def queue(self, status: Status = "pending", after: str = "", limit: int = 50) -> list[Review]:
        """Reviews in a state, oldest first: what waits for a decision."""
        ...
