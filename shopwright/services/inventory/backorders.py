"""Backorders: promised when placed, owed once paid, filled when goods arrive."""

from shopwright.kit.data.unit_of_work import Transaction
from shopwright.services.inventory import backorder_store, store
from shopwright.services.inventory.contract import VariantQuantity
from shopwright.services.inventory.valuation import StockMove, sale_move


class Backorders:
    """Handles backorders within transactions of other parts."""

    async def goods_came(self, tx: Transaction, variant_id: str, location: str, moves: list[StockMove]) -> None:
        """Give arrived goods to waiting orders, longest waiting first."""
        for order_id, quantity in await backorder_store.waiting(tx, variant_id):
            free = (await store.free(tx, variant_id)).get(location, 0)
            if not (given := min(free, quantity)) or not await store.move(tx, variant_id, location, -given):
                return
            await backorder_store.settle(tx, order_id, variant_id, given)
            moves.append(sale_move(order_id, VariantQuantity(variant_id, given), location, ", on backorder"))

    async def keep_promise(
        self, tx: Transaction, order_id: str, wanted: VariantQuantity, moves: list[StockMove]
    ) -> None:
        """Take a paid order's backordered units from stock if they arrived, else record them as owed."""
        left = await self.leave(tx, order_id, wanted, moves)
        if left < wanted.quantity:
            await backorder_store.unpromise(tx, wanted.variant_id, wanted.quantity - left)
        if left:
            await backorder_store.owe(tx, order_id, VariantQuantity(wanted.variant_id, left))

    async def leave(
        self, tx: Transaction, order_id: str, wanted: VariantQuantity, moves: list[StockMove], how: str = ""
    ) -> int:
        """Take free units from stock for an order. Returns how many are lacking."""
        left = wanted.quantity
        for location, free in (await store.free(tx, wanted.variant_id)).items():
            given = min(free, left)
            if given and await store.move(tx, wanted.variant_id, location, -given):
                moves.append(sale_move(order_id, VariantQuantity(wanted.variant_id, given), location, how))
                left -= given
        return left
