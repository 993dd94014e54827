"""Cost of goods: receipts, costs set later, and stock value."""

from collections.abc import Sequence

from shopwright.kit.data.unit_of_work import AlreadyDone, Reader, Transaction
from shopwright.kit.errors import Invalid, Refused
from shopwright.kit.money import LARGEST, Money
from shopwright.kit.translation import gettext as _
from shopwright.services.inventory import backorder_store, store, value_store
from shopwright.services.inventory.backorders import Backorders
from shopwright.services.inventory.context import MOST, InventoryContext
from shopwright.services.inventory.contract import MAIN, Location, Receipt, Stock, StockValue
from shopwright.services.inventory.valuation import StockMove, Valuation, part

LONGEST_REFERENCE = 100


class Costs:
    """Values stock."""

    def __init__(self, context: InventoryContext, backorders: Backorders) -> None:
        self._context = context
        self._work = context.work
        self._backorders = backorders

    async def receive(self, receipts: Sequence[Receipt], who: str = "", key: str = "") -> dict[str, Stock]:
        known = await backorder_store.locations(self._work)
        costs = [self._cost_of(one, f"/{number}", known) for number, one in enumerate(receipts)]
        ids = sorted({one.variant_id for one in receipts})
        try:
            async with self._work.begin(dedup_key=f"receive/{key}" if key else None) as tx:
                async with self._context.moving(tx, ids) as moves:
                    for one, cost in sorted(zip(receipts, costs, strict=True), key=lambda pair: pair[0].variant_id):
                        await self._receive_one(tx, one, cost, who, moves)
                return await store.read(tx, ids)
        except AlreadyDone:
            return await store.read(self._work, ids)

    async def _receive_one(
        self, tx: Transaction, one: Receipt, cost: Money | None, who: str, moves: list[StockMove]
    ) -> None:
        await store.move(tx, one.variant_id, one.location, one.quantity)
        moves.append(
            StockMove(
                variant_id=one.variant_id,
                location=one.location,
                delta=one.quantity,
                reason=_signed(f"received {one.reference.strip()}".strip(), who),
                cause="received",
                cost=cost,
                reference=one.reference.strip(),
            )
        )
        await self._backorders.goods_came(tx, one.variant_id, one.location, moves)

    def _cost_of(self, one: Receipt, pointer: str, known: Sequence[Location]) -> Money | None:
        """The total cost of a receipt, or None. Raises Invalid."""
        if not 0 < one.quantity <= MOST:
            raise Invalid.at(
                f"{pointer}/quantity", _("A quantity received is a whole number from 1 to {most}.", most=MOST)
            )
        if one.location not in {location.id for location in known}:
            there = ", ".join(location.id for location in known)
            raise Invalid.at(
                f"{pointer}/location",
                _("There is no location “{location}”; this shop has {there}.", location=one.location, there=there),
            )
        if len(one.reference) > LONGEST_REFERENCE:
            raise Invalid.at(
                f"{pointer}/reference",
                _("A reference has at most {longest_reference} characters.", longest_reference=LONGEST_REFERENCE),
            )
        if one.unit_cost is not None and one.total_cost is not None:
            raise Invalid.at(f"{pointer}/total_cost", _("Give either what each costs (unit_cost) or all (total_cost)."))
        if one.total_cost is not None:
            return self._checked(one.total_cost, f"{pointer}/total_cost")
        return self._all(one.unit_cost, one.quantity, f"{pointer}/unit_cost") if one.unit_cost is not None else None

    def _all(self, unit_cost: Money, units: int, pointer: str) -> Money:
        return self._checked(self._checked(unit_cost, pointer) * units, pointer)

    def _checked(self, cost: Money, pointer: str) -> Money:
        if cost.currency != self._context.currency:
            raise Invalid.at(
                pointer, _("A cost is in the currency of the shop, {currency}.", currency=self._context.currency)
            )
        if not 0 <= cost.amount <= LARGEST:
            raise Invalid.at(pointer, _("A cost is 0 or more, and their total is within limits."))
        return cost

    async def set_cost(self, variant_id: str, unit_cost: Money, who: str = "", key: str = "") -> StockValue:
        self._checked(unit_cost, "/unit_cost")
        try:
            async with self._work.begin(dedup_key=f"cost/{key}" if key else None) as tx:
                await store.free(tx, variant_id)  # so that nothing leaves meanwhile
                now = (await self._values(tx, [variant_id]))[variant_id]
                if not now.without_cost:
                    raise Refused(_("All units in stock have a cost."))
                cost = self._all(unit_cost, now.without_cost, "/unit_cost")
                reason = _signed("cost set", who)
                await self._context.record(
                    tx,
                    [StockMove(variant_id=variant_id, location=MAIN, delta=0, reason=reason, cause="opened", cost=cost,
                          given=now.without_cost)],
                )  # fmt: skip
                return (await self._values(tx, [variant_id]))[variant_id]
        except AlreadyDone:
            return (await self.values([variant_id]))[variant_id]

    async def values(self, variant_ids: Sequence[str]) -> dict[str, StockValue]:
        async with self._work.pinned() as reader:
            return await self._values(reader, variant_ids)

    async def _values(self, source: Reader, variant_ids: Sequence[str]) -> dict[str, StockValue]:
        there = await value_store.read(source, variant_ids)
        counts = await store.counts(source, variant_ids)
        found = {}
        for one in variant_ids:
            now = there.get(one, Valuation(currency=self._context.currency))
            average = part(now.average_units, now.average_value, 1) if now.average_units else None
            found[one] = StockValue(
                variant_id=one,
                on_hand=counts.get(one, 0),
                units=now.units,
                value=Money(now.value, now.currency),
                average=None if average is None else Money(average, now.currency),
            )
        return found

    async def without_cost(self, after: str = "", limit: int = 100) -> list[str]:
        return await value_store.without_cost(self._work, after, min(limit, 1_000))


def _signed(reason: str, who: str) -> str:
    return f"{reason} ({who})" if who else reason
