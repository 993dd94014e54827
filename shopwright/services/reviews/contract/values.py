"""The values of reviews: what operations take and return, and errors."""

from datetime import datetime
from typing import Literal

import msgspec

from shopwright.kit.bounds import Text
from shopwright.kit.errors import Refused
from shopwright.kit.personal import Personal

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
