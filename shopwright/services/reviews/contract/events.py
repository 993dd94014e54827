"""The events of reviews."""

from typing import ClassVar

from shopwright.kit.data.events import Event


class ReviewPublished(Event, frozen=True, kw_only=True):
    """The reviews of a product changed; has the sum and number of ratings."""

    SUBJECT: ClassVar[str] = "product_id"
    product_id: str
    rating_sum: int
    rating_count: int
