"""Stock adjustments: counts, opening stock, and returned goods."""

from collections.abc import Mapping, Sequence

from shopwright.kit.data.unit_of_work import AlreadyDone, Transaction
from shopwright.kit.errors import Invalid, Refused
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext as _
from shopwright.services.inventory import backorder_store, store
from shopwright.services.inventory.backorders import Backorders
from shopwright.services.inventory.context import MOST, InventoryContext
from shopwright.services.inventory.contract import MAIN, Adjustment, Location, Stock, StockChanged, VariantQuantity
from shopwright.services.inventory.valuation import StockMove


class Adjustments:
    """Changes stock on hand."""

    def __init__(self, context: InventoryContext, backorders: Backorders) -> None:
        self._context = context
        self._work = context.work
        self._backorders = backorders

    async def adjust(self, adjustments: Sequence[Adjustment], key: str = "") -> dict[str, Stock]:
        known = await backorder_store.locations(self._work)
        for number, one in enumerate(adjustments):
            _check(one, f"/{number}", known)
        ids = sorted({one.variant_id for one in adjustments})
        try:
            async with self._work.begin(dedup_key=f"adjust/{key}" if key else None) as tx:
                async with self._context.moving(tx, ids) as moves:
                    for one in sorted(adjustments, key=lambda one: one.variant_id):
                        await self._adjust_one(tx, one, moves)
                return await store.read(tx, ids)
        except AlreadyDone:
            return await store.read(self._work, ids)

    async def _adjust_one(
        self, tx: Transaction, one: Adjustment, moves: list[StockMove], returned_from: str = ""
    ) -> None:
        delta = one.delta or 0
        if one.on_hand is not None:
            await store.move(tx, one.variant_id, one.location, 0)  # so that the row is there, and locked
            delta = one.on_hand - await store.on_hand(tx, one.variant_id, one.location)
        if not await store.move(tx, one.variant_id, one.location, delta):
            stock = (await store.read(tx, [one.variant_id]))[one.variant_id]
            raise Refused(
                _(
                    "{variant_id} has {on_hand} on hand, {reserved} of them reserved: {value} cannot be removed.",
                    variant_id=one.variant_id,
                    on_hand=stock.on_hand,
                    reserved=stock.reserved,
                    value=-delta,
                )
            )
        if delta:
            moves.append(
                StockMove(
                    variant_id=one.variant_id,
                    location=one.location,
                    delta=delta,
                    reason=one.reason,
                    cause="returned" if returned_from else "counted",
                    order_id=returned_from,
                )
            )
        if delta > 0:
            await self._backorders.goods_came(tx, one.variant_id, one.location, moves)

    async def open_stock(
        self, lines: Sequence[VariantQuantity], reason: str, costs: Mapping[str, Money] | None = None
    ) -> None:
        for number, line in enumerate(lines):
            if not 0 <= line.quantity <= MOST:
                raise Invalid.at(
                    f"/{number}/quantity", _("Opening stock is a whole number from 0 to {most}.", most=MOST)
                )
        async with self._work.begin() as tx:
            there = await store.stocked(tx, [line.variant_id for line in lines])
            new = {line.variant_id: line for line in lines if line.variant_id not in there}
            opened = await store.put_first(tx, [new[one] for one in sorted(new)])
            moves = [
                StockMove(variant_id=one.variant_id, location=MAIN, delta=one.quantity, reason=reason, cause="opened",
                     cost=costs[one.variant_id] * one.quantity if costs and one.variant_id in costs else None)
                for one in opened
            ]  # fmt: skip
            ruled = await backorder_store.rules(tx, [one.variant_id for one in opened])
            for variant_id in ruled:
                await self._backorders.goods_came(tx, variant_id, MAIN, moves)
            await self._context.record(tx, moves)
            now = {one.variant_id: one.quantity for one in opened}
            now |= {one: stock.available for one, stock in (await store.read(tx, list(ruled))).items()}
            await tx.emit(*(StockChanged(variant_id=one, available=available) for one, available in now.items()))

    async def restock(self, order_id: str, lines: Sequence[VariantQuantity], key: str) -> None:
        ids = sorted({line.variant_id for line in lines})
        try:
            async with self._work.begin(dedup_key=f"adjust/{key}") as tx, self._context.moving(tx, ids) as moves:
                waits = await backorder_store.backordered(tx, order_id)
                for line in sorted(lines, key=lambda one: one.variant_id):
                    # Backordered units were never in stock: they are released, and nothing returns.
                    unsent = min(waits.get(line.variant_id, 0), line.quantity)
                    if unsent:
                        await backorder_store.settle(tx, order_id, line.variant_id, unsent)
                        waits[line.variant_id] -= unsent
                    if back := line.quantity - unsent:
                        reason = _("returned from {order_id}", order_id=order_id)
                        adjustment = Adjustment(variant_id=line.variant_id, delta=back, reason=reason)
                        await self._adjust_one(tx, adjustment, moves, returned_from=order_id)
        except AlreadyDone:
            return

    async def recommit(self, order_id: str, lines: Sequence[VariantQuantity], key: str) -> None:
        ids = sorted({line.variant_id for line in lines})
        try:
            async with self._work.begin(dedup_key=f"adjust/{key}") as tx, self._context.moving(tx, ids) as moves:
                for line in sorted(lines, key=lambda one: one.variant_id):
                    if lacking := await self._backorders.leave(tx, order_id, line, moves, ", once more"):
                        raise Refused(
                            _(
                                "{variant_id} has {quantity} free, not {line_quantity}.",
                                variant_id=line.variant_id,
                                quantity=line.quantity - lacking,
                                line_quantity=line.quantity,
                            )
                        )
        except AlreadyDone:
            return


def _check(one: Adjustment, pointer: str, known: Sequence[Location]) -> None:
    if (one.delta is None) == (one.on_hand is None):
        raise Invalid.at(pointer, _("Give either delta (a change) or on_hand (the new count)."))
    if one.on_hand is not None and not 0 <= one.on_hand <= MOST:
        raise Invalid.at(f"{pointer}/on_hand", _("on_hand is a whole number from 0 to {most}.", most=MOST))
    if one.delta is not None and not -MOST <= one.delta <= MOST:
        raise Invalid.at(
            f"{pointer}/delta", _("delta is a whole number from {value} to {most}.", value=-MOST, most=MOST)
        )
    if not one.reason.strip():
        raise Invalid.at(f"{pointer}/reason", _("Say why the stock changed, for the record."))
    if one.location not in {location.id for location in known}:
        there = ", ".join(location.id for location in known)
        raise Invalid.at(
            f"{pointer}/location",
            _("There is no location “{location}”; this shop has {there}.", location=one.location, there=there),
        )
