"""The events of carts."""

from typing import ClassVar

from shopwright.kit.data.events import Event


class CartStarted(Event, frozen=True, kw_only=True):
    """The first item was added to a cart."""

    SUBJECT: ClassVar[str] = "cart_id"
    CAPABILITIES: ClassVar[tuple[str, ...]] = ("cart_id",)
    cart_id: str


class CheckoutStarted(Event, frozen=True, kw_only=True):
    """A shipping address was given."""

    SUBJECT: ClassVar[str] = "cart_id"
    CAPABILITIES: ClassVar[tuple[str, ...]] = ("cart_id",)
    cart_id: str


class CartAbandoned(Event, frozen=True, kw_only=True):
    """A customer left a cart with `count` items some hours ago."""

    SUBJECT: ClassVar[str] = "cart_id"
    CAPABILITIES: ClassVar[tuple[str, ...]] = ("cart_id",)
    cart_id: str
    customer_id: str
    count: int
