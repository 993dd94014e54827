"""Inventory: stock that cannot be oversold. Each operation is one line; the parts do the work.

context ← backorders ← adjustments, reservations, costs
context ← locations
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from shopwright.kit.caching.memo import Memo
from shopwright.kit.clock import to_micros
from shopwright.kit.data.retention import believed
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.money import Money
from shopwright.services.inventory import backorder_store, store, value_store
from shopwright.services.inventory.adjustments import Adjustments
from shopwright.services.inventory.backorders import Backorders
from shopwright.services.inventory.context import InventoryContext
from shopwright.services.inventory.contract import (
    Adjustment,
    Inventory,
    Location,
    Movement,
    Receipt,
    Stock,
    StockRule,
    StockValue,
    VariantQuantity,
)
from shopwright.services.inventory.costs import Costs
from shopwright.services.inventory.locations import Locations
from shopwright.services.inventory.reservations import Reservations

MOVEMENTS_KEPT = timedelta(days=400)


class InventoryService(Inventory):
    """The operations and jobs of inventory. `chosen`: the class of each part, which a test may replace."""

    def __init__(self, work: ServiceDatabase, currency: str, chosen: Callable[[type[Any]], type[Any]]) -> None:
        self._work = work
        self._memo = Memo(work)
        context = InventoryContext(work, currency)
        backorders: Backorders = chosen(Backorders)()
        self._adjustments: Adjustments = chosen(Adjustments)(context, backorders)
        self._reservations: Reservations = chosen(Reservations)(context, backorders)
        self._costs = Costs(context, backorders)
        self._locations = Locations(context)

    async def stock(self, variant_ids: Sequence[str]) -> dict[str, Stock]:
        found = await self._memo.many("stock", variant_ids, lambda ids: store.read(self._work, ids))
        return {variant_id: stock for variant_id, stock in found.items() if stock is not None}

    async def adjust(self, adjustments: Sequence[Adjustment], key: str = "") -> dict[str, Stock]:
        return await self._adjustments.adjust(adjustments, key)

    async def open_stock(
        self, lines: Sequence[VariantQuantity], reason: str, costs: Mapping[str, Money] | None = None
    ) -> None:
        await self._adjustments.open_stock(lines, reason, costs)

    async def reserve(self, order_id: str, lines: Sequence[VariantQuantity], expires_at: datetime) -> None:
        await self._reservations.reserve(order_id, lines, expires_at)

    async def extend_reservation(self, order_id: str, expires_at: datetime) -> None:
        await self._reservations.extend_reservation(order_id, expires_at)

    async def commit_reservation(self, order_id: str) -> Literal["taken", "expired"]:
        return await self._reservations.commit_reservation(order_id)

    async def release_reservation(self, order_id: str) -> None:
        await self._reservations.release_reservation(order_id)

    async def restock(self, order_id: str, lines: Sequence[VariantQuantity], key: str) -> None:
        await self._adjustments.restock(order_id, lines, key)

    async def recommit(self, order_id: str, lines: Sequence[VariantQuantity], key: str) -> None:
        await self._adjustments.recommit(order_id, lines, key)

    async def backordered(self, order_id: str) -> dict[str, int]:
        return await self._reservations.backordered(order_id)

    async def locations(self) -> list[Location]:
        return await self._locations.locations()

    async def put_location(self, location: Location) -> Location:
        return await self._locations.put_location(location)

    async def delete_location(self, location_id: str) -> None:
        await self._locations.delete_location(location_id)

    async def by_location(self, variant_id: str) -> dict[str, Stock]:
        return await self._locations.by_location(variant_id)

    async def rule(self, variant_id: str) -> StockRule:
        return await self._locations.rule(variant_id)

    async def put_rule(self, variant_id: str, rule: StockRule) -> StockRule:
        return await self._locations.put_rule(variant_id, rule)

    async def put_rules(self, rules: Mapping[str, StockRule]) -> None:
        await self._locations.put_rules(rules)

    async def movements(self, variant_id: str, limit: int = 50) -> list[Movement]:
        return await store.movements(self._work, variant_id, limit)

    async def receive(self, receipts: Sequence[Receipt], who: str = "", key: str = "") -> dict[str, Stock]:
        return await self._costs.receive(receipts, who, key)

    async def set_cost(self, variant_id: str, unit_cost: Money, who: str = "", key: str = "") -> StockValue:
        return await self._costs.set_cost(variant_id, unit_cost, who, key)

    async def values(self, variant_ids: Sequence[str]) -> dict[str, StockValue]:
        return await self._costs.values(variant_ids)

    async def without_cost(self, after: str = "", limit: int = 100) -> list[str]:
        return await self._costs.without_cost(after, limit)

    # --- jobs, metrics and checks

    async def expire(self) -> None:
        await self._reservations.expire()

    async def carry_forward(self) -> None:
        """Scheduled job: merge old movements into one per variant and location."""
        before = self._work.ids.at("mov", await believed(self._work) - MOVEMENTS_KEPT)
        for variant_id in await store.with_old_movements(self._work, before):
            with self._work.aside.guard("movements", variant_id):
                async with self._work.begin() as tx:
                    await store.carry_forward(tx, variant_id, before)

    async def metrics(self) -> dict[str, float]:
        """Metrics: open reservations."""
        return await store.metrics(self._work, to_micros(self._work.now()))

    async def check_consistency(self) -> list[str]:
        """Describe inconsistencies for `doctor`."""
        return [
            *await store.check_consistency(self._work),
            *await value_store.check_consistency(self._work),
            *await backorder_store.check_consistency(self._work),
        ]
