"""The values of recommendations: what operations take and return, and errors."""

from typing import Literal

import msgspec

Kind = Literal["similar", "bought_together", "for_you", "trending", "recently_viewed"]


class Recommended(msgspec.Struct, frozen=True):
    """A recommended product, and the reason in words for the shopper."""

    product_id: str
    reason: str
