"""The events of catalog."""

from typing import ClassVar

from shopwright.kit.data.events import Event


class ProductPublished(Event, frozen=True, kw_only=True):
    """This version of a product is visible to shoppers."""

    SUBJECT: ClassVar[str] = "product_id"
    product_id: str
    version: int


class ProductRetired(Event, frozen=True, kw_only=True):
    """A product is no longer visible to shoppers."""

    SUBJECT: ClassVar[str] = "product_id"
    product_id: str
