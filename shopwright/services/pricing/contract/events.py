"""The events of pricing."""

from typing import ClassVar

from shopwright.kit.data.events import Event
from shopwright.kit.money import Money


class PriceChanged(Event, frozen=True, kw_only=True):
    """The price of a variant changed."""

    SUBJECT: ClassVar[str] = "variant_id"
    variant_id: str
    price: Money
    compare_at: Money | None = None


class CouponUsed(Event, frozen=True, kw_only=True):
    """An order used a coupon."""

    SUBJECT: ClassVar[str] = "order_id"
    order_id: str
    coupon: str
