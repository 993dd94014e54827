"""What others may know of inventory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Literal, Protocol

import msgspec

from shopwright.kit.data.events import Event
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money
from shopwright.kit.rpc.operations import idempotent

MAIN = "main"
# Goods came with a cost; units that were there got one; left for an order; came back from it; were counted, more or fewer.
ValueCause = Literal["received", "opened", "sold", "returned", "counted"]


class Wanted(msgspec.Struct, frozen=True):
    """So many of a variant."""

    variant_id: str
    quantity: int


class Stock(msgspec.Struct, frozen=True):
    """Units on the shelf, units set aside for orders, and how many more than are there may still be ordered.

    `low_at`: as few as that are told as running low.
    """

    variant_id: str
    on_hand: int
    reserved: int
    backorder: int = 0
    low_at: int = 3

    @property
    def on_shelf(self) -> int:
        """Units that can be sent at once."""
        return max(0, self.on_hand - self.reserved)

    @property
    def available(self) -> int:
        """Units a shopper may order now."""
        return self.on_shelf + self.backorder


class Location(msgspec.Struct, frozen=True):
    """A place where stock lies; orders take from those with the lowest position first."""

    id: str
    title: str
    position: int = 0


class StockRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`backorder`: so many units may be ordered beyond what is there; `low_at`: as few as that are told as running low."""

    backorder: int = 0
    low_at: int = 3


class Adjustment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change by hand: either by `delta` or to `on_hand`, with the reason for the record."""

    variant_id: str
    reason: str
    delta: int | None = None
    on_hand: int | None = None
    location: str = MAIN


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Goods that came, and what they cost without tax: each (`unit_cost`) or all (`total_cost`); neither: it is not known.

    `reference`: such as the number of the supplier's delivery note.
    """

    variant_id: str
    quantity: int
    location: str = MAIN
    unit_cost: Money | None = None
    total_cost: Money | None = None
    reference: str = ""


class StockValue(msgspec.Struct, frozen=True, kw_only=True):
    """What a variant's stock is worth: `units` of those `on_hand` have a cost, and are worth `value` together.

    `average`: what one costs on average, rounded; that of the last there were where none is left.
    """

    variant_id: str
    on_hand: int
    units: int
    value: Money
    average: Money | None = None

    @property
    def without_cost(self) -> int:
        """Units whose cost is not known."""
        return max(0, self.on_hand - self.units)


class Movement(msgspec.Struct, frozen=True):
    """One line of the append-only record: stock = the sum of its movements. `value`: what it carried, where it has a cost."""

    id: str
    variant_id: str
    location: str
    delta: int
    reason: str
    time: datetime
    value: Money | None = None


class SoldOut(Refused):
    """Fewer are left than were asked for; `data["left"]` maps variant ids to what can be had."""

    code = "sold_out"


class StockChanged(Event, frozen=True, kw_only=True):
    """So many can be ordered now."""

    SUBJECT: ClassVar[str] = "variant_id"
    variant_id: str
    available: int


class StockRanLow(Event, frozen=True, kw_only=True):
    """Few are left: time to order more."""

    SUBJECT: ClassVar[str] = "variant_id"
    variant_id: str
    available: int


class BackInStock(Event, frozen=True, kw_only=True):
    """There were none, now there are some."""

    SUBJECT: ClassVar[str] = "variant_id"
    variant_id: str
    available: int


class StockValued(Event, frozen=True, kw_only=True):
    """Stock is worth so much more, or less where `value` is below 0. `order_id`: of what was sold or came back.

    `movement_id`: the first of the movements that carried it. `reference`: of what was received.
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
    """The verbs of inventory."""

    @idempotent
    async def stock(self, variant_ids: Sequence[str]) -> dict[str, Stock]:
        """The stock of each; a variant never stocked has none."""
        ...

    async def adjust(self, adjustments: Sequence[Adjustment], key: str = "") -> dict[str, Stock]:
        """Change stock by hand, all or none. The same `key` changes it once. Raises Invalid, Refused below zero."""
        ...

    @idempotent
    async def open_stock(self, lines: Sequence[Wanted], reason: str, costs: Mapping[str, Money] | None = None) -> None:
        """Opening stock of variants that never had any; the others, and whoever repeats it, change nothing.

        `costs`: what a unit of some of them costs without tax.
        """
        ...

    @idempotent
    async def reserve(self, order_id: str, lines: Sequence[Wanted], expires_at: datetime) -> None:
        """Set all lines aside for an order, or none. Repeating it changes nothing. Raises SoldOut."""
        ...

    @idempotent
    async def keep(self, order_id: str, expires_at: datetime) -> None:
        """What is set aside for an order stays so until then, if that is longer."""
        ...

    @idempotent
    async def take(self, order_id: str) -> Literal["taken", "expired"]:
        """What was set aside leaves the shelf for good; "expired" where nothing is set aside any more."""
        ...

    @idempotent
    async def release(self, order_id: str) -> None:
        """What was set aside may be ordered by others again."""
        ...

    @idempotent
    async def restock(self, order_id: str, lines: Sequence[Wanted], key: str) -> None:
        """Goods that came back onto the shelf, or are owed no more; once for each `key`."""
        ...

    @idempotent
    async def take_again(self, order_id: str, lines: Sequence[Wanted], key: str) -> None:
        """Goods that came back leave for the order after all, all or none; once for each `key`. Raises Refused."""
        ...

    @idempotent
    async def owed(self, order_id: str) -> dict[str, int]:
        """Units of a paid order that wait for goods to come, by variant; they cannot be sent yet."""
        ...

    @idempotent
    async def locations(self) -> list[Location]:
        """In the order in which they are taken from."""
        ...

    async def put_location(self, location: Location) -> Location:
        """Make or change a location. Raises Invalid."""
        ...

    async def delete_location(self, location_id: str) -> None:
        """Take an empty location away. Raises Missing, Conflict."""
        ...

    @idempotent
    async def by_location(self, variant_id: str) -> dict[str, Stock]:
        """The stock of a variant at each location that has or had some."""
        ...

    @idempotent
    async def rule(self, variant_id: str) -> StockRule:
        """The rule of a variant; the usual one where nobody set another."""
        ...

    async def put_rule(self, variant_id: str, rule: StockRule) -> StockRule:
        """Set how many may be backordered, and when a variant runs low. Raises Invalid."""
        ...

    async def put_rules(self, rules: Mapping[str, StockRule]) -> None:
        """The same for many variants, all or none. Raises Invalid."""
        ...

    @idempotent
    async def movements(self, variant_id: str, limit: int = 50) -> list[Movement]:
        """The newest movements of a variant."""
        ...

    async def receive(self, receipts: Sequence[Receipt], who: str = "", key: str = "") -> dict[str, Stock]:
        """Goods came, all or none. The same `key` receives them once. Raises Invalid, Refused."""
        ...

    async def set_cost(self, variant_id: str, unit_cost: Money, who: str = "", key: str = "") -> StockValue:
        """What a unit of those there costs whose cost is not known. Raises Invalid, Refused where all have one."""
        ...

    @idempotent
    async def values(self, variant_ids: Sequence[str]) -> dict[str, StockValue]:
        """What the stock of each is worth."""
        ...

    @idempotent
    async def without_cost(self, after: str = "", limit: int = 100) -> list[str]:
        """Variants of which some units that are there have no cost, by id."""
        ...
