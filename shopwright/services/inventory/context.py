"""Shared context of the parts of this service: the database, and how movements are recorded and reported."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.services.inventory import store, value_store
from shopwright.services.inventory.contract import BackInStock, Stock, StockChanged, StockRanLow
from shopwright.services.inventory.valuation import StockMove, follow, valued_events

MOST = 10_000_000  # units of a variant


class InventoryContext:
    """Shared context, given to each part."""

    def __init__(self, work: ServiceDatabase, currency: str) -> None:
        self.work = work
        self.currency = currency

    @asynccontextmanager
    async def moving(self, tx: Transaction, variant_ids: Sequence[str]) -> AsyncIterator[list[StockMove]]:
        """Lock the stock of these variants; record the movements made inside and emit their events."""
        await store.hold(tx, variant_ids)
        before = await store.read(tx, variant_ids)
        moves: list[StockMove] = []
        yield moves
        await self.record(tx, moves)
        await self.emit_changes(tx, before)

    async def record(self, tx: Transaction, moves: Sequence[StockMove]) -> None:
        """Record movements and the value they carry, all at once, so that more lines cost no more queries."""
        if not moves:
            return
        await value_store.make(tx, {one.variant_id for one in moves if one.cost is not None}, self.currency)
        there = await value_store.held(tx, {one.variant_id for one in moves if one.may_change_value})
        orders = {one.order_id for one in moves if one.order_id and one.variant_id in there}
        out = await value_store.out(tx, orders)
        before, out_before = dict(there), dict(out)
        carried = follow(moves, there, out, self.currency)
        ids = self.work.ids.many("mov", len(moves))
        await value_store.record(tx, ids, moves, carried)
        await value_store.put(tx, {name: one for name, one in there.items() if one != before[name]})
        await value_store.put_out(tx, {key: one for key, one in out.items() if one != out_before.get(key)})
        if valued := valued_events(ids, moves, carried):
            await tx.emit(*valued)

    @staticmethod
    async def emit_changes(tx: Transaction, before: dict[str, Stock]) -> None:
        """Emit events for variants whose availability changed."""
        after = await store.read(tx, sorted(before))
        for variant_id, then in before.items():
            now = after[variant_id].available
            if now == then.available:
                continue
            await tx.emit(StockChanged(variant_id=variant_id, available=now))
            if then.available == 0:
                await tx.emit(BackInStock(variant_id=variant_id, available=now))
            if now <= after[variant_id].low_at < then.available:
                await tx.emit(StockRanLow(variant_id=variant_id, available=now))
