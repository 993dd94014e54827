"""Reservations: all lines or none; they expire, are taken, or released."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _
from shopwright.services.inventory import backorder_store, store
from shopwright.services.inventory.backorders import Backorders
from shopwright.services.inventory.context import InventoryContext
from shopwright.services.inventory.contract import SoldOut, VariantQuantity
from shopwright.services.inventory.valuation import StockMove, sale_move


class Reservations:
    """Reserves stock without overselling, however many ask at once."""

    def __init__(self, context: InventoryContext, backorders: Backorders) -> None:
        self._context = context
        self._work = context.work
        self._backorders = backorders

    async def reserve(self, order_id: str, lines: Sequence[VariantQuantity], expires_at: datetime) -> None:
        wanted: dict[str, int] = {}
        for line in lines:
            if line.quantity <= 0:
                raise Invalid(_("A reservation is of one unit or more."))
            wanted[line.variant_id] = wanted.get(line.variant_id, 0) + line.quantity
        async with self._work.begin() as tx:
            if not await store.open_reservation(tx, order_id, to_micros(expires_at)):
                return
            # Keys are locked in the same order everywhere, so that two orders cannot deadlock.
            before = await store.read(tx, sorted(wanted))
            spread = await store.spread(tx, sorted(wanted))
            if len(spread) < len(wanted):  # of what never had stock only the rule can be locked: after all stock
                await store.hold(tx, sorted(spread))
            missing = []
            for variant_id, quantity in sorted(wanted.items()):
                if (
                    spread.get(variant_id, 0) > 1
                ):  # a row that turns out to have too few stays locked while others are tried
                    await store.hold(tx, [variant_id])
                if not await self._reserve_units(tx, order_id, VariantQuantity(variant_id, quantity)):
                    missing.append(variant_id)
            if missing:
                left = {variant_id: before[variant_id].available for variant_id in missing}
                raise SoldOut(_("Fewer are left than you asked for."), data={"left": left})
            await self._context.emit_changes(tx, before)

    async def _reserve_units(self, tx: Transaction, order_id: str, wanted: VariantQuantity) -> bool:
        """Reserve at one location if possible, else at several, the rest as backorder. Returns False if too few."""
        if await store.reserve(tx, order_id, wanted):
            return True
        left = wanted.quantity
        for location, free in (await store.free(tx, wanted.variant_id)).items():
            part = min(free, left)
            if part and await store.reserve(tx, order_id, VariantQuantity(wanted.variant_id, part), location):
                left -= part
        if not left:
            return True
        if not await backorder_store.promise(tx, wanted.variant_id, left):
            return False
        await store.keep_line(tx, order_id, VariantQuantity(wanted.variant_id, left), store.ON_BACKORDER)
        return True

    async def commit_reservation(self, order_id: str) -> Literal["taken", "expired"]:
        async with self._work.begin() as tx:
            if not await store.close_reservation(tx, order_id, store.TAKEN):
                return "taken" if await store.reservation_state(tx, order_id) == store.TAKEN else "expired"
            moves: list[StockMove] = []
            for line, location in await store.delete_lines(tx, order_id, leaves_shelf=True):
                if location == store.ON_BACKORDER:
                    await self._backorders.keep_promise(tx, order_id, line, moves)
                else:
                    moves.append(sale_move(order_id, line, location))
            await self._context.record(tx, moves)
        return "taken"

    async def release_reservation(self, order_id: str) -> None:
        await self._close(order_id, store.RELEASED)

    async def _close(self, order_id: str, state: str) -> None:
        async with self._work.begin() as tx:
            if not await store.close_reservation(tx, order_id, state):
                return
            async with self._context.moving(tx, await store.variants_of(tx, order_id)) as moves:
                for line, location in await store.delete_lines(tx, order_id, leaves_shelf=False):
                    if location == store.ON_BACKORDER:
                        await backorder_store.unpromise(tx, line.variant_id, line.quantity)
                    else:
                        await self._backorders.goods_came(tx, line.variant_id, location, moves)

    async def expire(self) -> None:
        """Scheduled job: release expired reservations."""
        for order_id in await store.expired(self._work, to_micros(self._work.now()), limit=200):
            with self._work.aside.guard("reservation", order_id):
                await self._close(order_id, store.EXPIRED)

    async def extend_reservation(self, order_id: str, expires_at: datetime) -> None:
        async with self._work.begin() as tx:
            await store.keep_until(tx, order_id, to_micros(expires_at))

    async def backordered(self, order_id: str) -> dict[str, int]:
        return await backorder_store.backordered(self._work, order_id)
