"""The contract of inventory: values, events and operations."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Literal, Protocol

import msgspec

from shopwright.kit.data.events import Event
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money
from shopwright.kit.rpc.operations import idempotent

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


class Inventory(Protocol):
    """The operations of inventory."""

    @idempotent
    async def stock(self, variant_ids: Sequence[str]) -> dict[str, Stock]:
        """Return the stock of each variant; a variant never stocked has 0."""
        ...

    async def adjust(self, adjustments: Sequence[Adjustment], key: str = "") -> dict[str, Stock]:
        """Adjust stock, all or none, once per `key`. Raises Invalid, Refused below zero."""
        ...

    @idempotent
    async def open_stock(
        self, lines: Sequence[VariantQuantity], reason: str, costs: Mapping[str, Money] | None = None
    ) -> None:
        """Set opening stock of variants that never had any; others are unchanged. Safe to repeat.

        `costs`: unit costs without tax, where known.
        """
        ...

    @idempotent
    async def reserve(self, order_id: str, lines: Sequence[VariantQuantity], expires_at: datetime) -> None:
        """Reserve all lines of an order or none. Safe to repeat. Raises SoldOut."""
        ...

    @idempotent
    async def extend_reservation(self, order_id: str, expires_at: datetime) -> None:
        """Extend a reservation until `expires_at`, if that is later."""
        ...

    @idempotent
    async def commit_reservation(self, order_id: str) -> Literal["taken", "expired"]:
        """Take reserved goods from stock; "expired" if nothing is reserved any more."""
        ...

    @idempotent
    async def release_reservation(self, order_id: str) -> None:
        """Release a reservation."""
        ...

    @idempotent
    async def restock(self, order_id: str, lines: Sequence[VariantQuantity], key: str) -> None:
        """Return goods to stock or release backordered ones, once per `key`."""
        ...

    @idempotent
    async def recommit(self, order_id: str, lines: Sequence[VariantQuantity], key: str) -> None:
        """Take returned goods for the order after all, all or none, once per `key`. Raises Refused."""
        ...

    @idempotent
    async def backordered(self, order_id: str) -> dict[str, int]:
        """Return the backordered units of a paid order by variant; they cannot be shipped yet."""
        ...

    @idempotent
    async def locations(self) -> list[Location]:
        """Return locations in the order they are taken from."""
        ...

    async def put_location(self, location: Location) -> Location:
        """Create or update a location. Raises Invalid."""
        ...

    async def delete_location(self, location_id: str) -> None:
        """Delete an empty location. Raises Missing, Conflict."""
        ...

    @idempotent
    async def by_location(self, variant_id: str) -> dict[str, Stock]:
        """Return the stock of a variant at each location that has or had some."""
        ...

    @idempotent
    async def rule(self, variant_id: str) -> StockRule:
        """Return the stock rule of a variant, or the default."""
        ...

    async def put_rule(self, variant_id: str, rule: StockRule) -> StockRule:
        """Set the backorder limit and low-stock threshold. Raises Invalid."""
        ...

    async def put_rules(self, rules: Mapping[str, StockRule]) -> None:
        """Set the rules of many variants, all or none. Raises Invalid."""
        ...

    @idempotent
    async def movements(self, variant_id: str, limit: int = 50) -> list[Movement]:
        """Return the newest movements of a variant."""
        ...

    async def receive(self, receipts: Sequence[Receipt], who: str = "", key: str = "") -> dict[str, Stock]:
        """Receive goods, all or none, once per `key`. Raises Invalid, Refused."""
        ...

    async def set_cost(self, variant_id: str, unit_cost: Money, who: str = "", key: str = "") -> StockValue:
        """Set the unit cost of stock without one. Raises Invalid, Refused if all units have a cost."""
        ...

    @idempotent
    async def values(self, variant_ids: Sequence[str]) -> dict[str, StockValue]:
        """Return the stock value of each variant."""
        ...

    @idempotent
    async def without_cost(self, after: str = "", limit: int = 100) -> list[str]:
        """Return variants with units on hand that have no cost, by id."""
        ...
