"""The values of inventory: what operations take and return, and errors."""

from datetime import datetime
from typing import Literal

import msgspec

from shopwright.kit.errors import Refused
from shopwright.kit.money import Money

MAIN = "main"

# Received with a cost; given a cost later; sold; returned; counted, more or fewer.
ValueCause = Literal["received", "opened", "sold", "returned", "counted"]


class VariantQuantity(msgspec.Struct, frozen=True):
    """A quantity of a variant."""

    variant_id: str
    quantity: int


class Stock(msgspec.Struct, frozen=True):
    """Units on hand, reserved units, and units that may be backordered.

    `low_at`: the quantity reported as low.
    """

    variant_id: str
    on_hand: int
    reserved: int
    backorder: int = 0
    low_at: int = 3

    @property
    def on_shelf(self) -> int:
        """Units that can be shipped at once."""
        return max(0, self.on_hand - self.reserved)

    @property
    def available(self) -> int:
        """Units a shopper can order now."""
        return self.on_shelf + self.backorder


class Location(msgspec.Struct, frozen=True):
    """A place where stock is kept; orders take from the lowest position first."""

    id: str
    title: str
    position: int = 0


class StockRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`backorder`: units that may be ordered beyond stock; `low_at`: the quantity reported as low."""

    backorder: int = 0
    low_at: int = 3


class Adjustment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A manual change by `delta` or to `on_hand`, with its reason."""

    variant_id: str
    reason: str
    delta: int | None = None
    on_hand: int | None = None
    location: str = MAIN


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Received goods and their cost without tax: per unit (`unit_cost`) or in total (`total_cost`), if known.

    `reference`: such as the number of the supplier's delivery note.
    """

    variant_id: str
    quantity: int
    location: str = MAIN
    unit_cost: Money | None = None
    total_cost: Money | None = None
    reference: str = ""


class StockValue(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a variant's stock: `units` of those `on_hand` have a cost, worth `value` in total.

    `average`: the rounded average cost of a unit, or the last one if none is left.
    """

    variant_id: str
    on_hand: int
    units: int
    value: Money
    average: Money | None = None

    @property
    def without_cost(self) -> int:
        """Units without a known cost."""
        return max(0, self.on_hand - self.units)


class Movement(msgspec.Struct, frozen=True):
    """An entry of the append-only record; stock is the sum of its movements. `value`: carried, if it has a cost."""

    id: str
    variant_id: str
    location: str
    delta: int
    reason: str
    time: datetime
    value: Money | None = None


class SoldOut(Refused):
    """Not enough stock; `data["left"]` maps variant ids to what is available."""

    code = "sold_out"
