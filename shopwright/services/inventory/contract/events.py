"""The events of inventory."""

from typing import ClassVar

from shopwright.kit.data.events import Event
from shopwright.kit.money import Money
from shopwright.services.inventory.contract.values import ValueCause


class StockChanged(Event, frozen=True, kw_only=True):
    """The availability of a variant changed."""

    SUBJECT: ClassVar[str] = "variant_id"
    variant_id: str
    available: int


class StockRanLow(Event, frozen=True, kw_only=True):
    """Stock of a variant is low: time to reorder."""

    SUBJECT: ClassVar[str] = "variant_id"
    variant_id: str
    available: int


class BackInStock(Event, frozen=True, kw_only=True):
    """A variant that was sold out is available again."""

    SUBJECT: ClassVar[str] = "variant_id"
    variant_id: str
    available: int


class StockValued(Event, frozen=True, kw_only=True):
    """The value of stock changed by `value`. `order_id`: of goods sold or returned.

    `movement_id`: the first of the movements that carried it. `reference`: of a receipt.
    """

    SUBJECT: ClassVar[str] = "movement_id"
    PRIVATE: ClassVar[bool] = True  # what goods cost is not for all who read the log
    LOGGED: ClassVar[tuple[str, ...] | None] = ()
    movement_id: str
    cause: ValueCause
    value: Money
    order_id: str = ""
    reference: str = ""
