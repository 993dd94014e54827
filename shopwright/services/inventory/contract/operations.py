"""The operations of inventory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from shopwright.kit.money import Money
from shopwright.kit.rpc.operations import idempotent
from shopwright.services.inventory.contract.values import (
    Adjustment,
    Location,
    Movement,
    Receipt,
    Stock,
    StockRule,
    StockValue,
    VariantQuantity,
)


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
