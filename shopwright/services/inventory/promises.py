"""More than one place, and orders for what is not there yet."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Conflict, Invalid, Missing
from shopwright.kit.text import slugify
from shopwright.kit.work import AlreadyDone, Transaction
from shopwright.services.inventory import backorder_store, store
from shopwright.services.inventory.contract import Adjustment, Location, Stock, StockRule, Wanted
from shopwright.services.inventory.costs import Costs
from shopwright.services.inventory.service import MOST
from shopwright.services.inventory.valuation import Move, sold

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Promises(Costs):
    """All verbs of `contract.Inventory`."""

    async def locations(self) -> list[Location]:
        return await backorder_store.locations(self._work)

    async def put_location(self, location: Location) -> Location:
        if not NAME.fullmatch(location.id) or not location.title.strip():
            raise Invalid.at("/id", f"A location has a title, and an id such as {slugify(location.title)[:40]}.")
        async with self._work.begin() as tx:
            await backorder_store.put_location(tx, location)
        return location

    async def delete_location(self, location_id: str) -> None:
        async with self._work.begin() as tx:
            if location_id not in {one.id for one in await backorder_store.locations(tx)}:
                raise Missing(f"There is no location “{location_id}”.")
            if not await backorder_store.delete_location(tx, location_id):
                raise Conflict("Only an empty location can be taken away, and never the main one.")

    async def by_location(self, variant_id: str) -> dict[str, Stock]:
        return await store.by_location(self._work, variant_id)

    async def rule(self, variant_id: str) -> StockRule:
        known = (await backorder_store.rules(self._work, [variant_id])).get(variant_id)
        return known[0] if known else StockRule()

    async def put_rule(self, variant_id: str, rule: StockRule) -> StockRule:
        await self.put_rules({variant_id: rule})
        return rule

    async def put_rules(self, rules: Mapping[str, StockRule]) -> None:
        for rule in rules.values():
            for name in ("backorder", "low_at"):
                if not 0 <= getattr(rule, name) <= MOST:
                    raise Invalid.at(f"/{name}", f"{name} is a whole number from 0 to {MOST}.")
        async with self._work.begin() as tx:
            before = await store.read(tx, sorted(rules))
            await backorder_store.put_rules(tx, rules)
            await self._tell(tx, before)

    async def keep(self, order_id: str, expires_at: datetime) -> None:
        async with self._work.begin() as tx:
            await store.keep_until(tx, order_id, to_micros(expires_at))

    async def owed(self, order_id: str) -> dict[str, int]:
        return await backorder_store.owed(self._work, order_id)

    async def restock(self, order_id: str, lines: Sequence[Wanted], key: str) -> None:
        ids = sorted({line.variant_id for line in lines})
        try:
            async with self._work.begin(once=f"adjust/{key}") as tx:
                before = await store.read(tx, ids)
                waits = await backorder_store.owed(tx, order_id)
                moves: list[Move] = []
                for line in sorted(lines, key=lambda one: one.variant_id):
                    # What the order still waits for never left the shelf: it is owed no more, and nothing comes back.
                    unsent = min(waits.get(line.variant_id, 0), line.quantity)
                    if unsent:
                        await backorder_store.settle(tx, order_id, line.variant_id, unsent)
                        waits[line.variant_id] -= unsent
                    if back := line.quantity - unsent:
                        reason = f"returned from {order_id}"
                        came = Adjustment(variant_id=line.variant_id, delta=back, reason=reason)
                        await self._adjust_one(tx, came, moves, returned_from=order_id)
                await self._write(tx, moves)
                await self._tell(tx, before)
        except AlreadyDone:
            return

    async def _goods_came(self, tx: Transaction, variant_id: str, location: str, moves: list[Move]) -> None:
        """Orders that wait for a variant get it, the longest waiting first."""
        for order_id, quantity in await backorder_store.waiting(tx, variant_id):
            free = (await store.free(tx, variant_id)).get(location, 0)
            if not (given := min(free, quantity)) or not await store.move(tx, variant_id, location, -given):
                return
            await backorder_store.settle(tx, order_id, variant_id, given)
            moves.append(sold(order_id, Wanted(variant_id, given), location, ", on backorder"))

    async def _keep_promise(self, tx: Transaction, order_id: str, wanted: Wanted, moves: list[Move]) -> None:
        """A paid order's units that were not there when it was placed: from the shelf if they have come, else owed."""
        left = wanted.quantity
        for location, free in (await store.free(tx, wanted.variant_id)).items():
            given = min(free, left)
            if given and await store.move(tx, wanted.variant_id, location, -given):
                await backorder_store.unpromise(tx, wanted.variant_id, given)
                moves.append(sold(order_id, Wanted(wanted.variant_id, given), location))
                left -= given
        if left:
            await backorder_store.owe(tx, order_id, Wanted(wanted.variant_id, left))

    async def damage(self) -> list[str]:
        return [*await super().damage(), *await backorder_store.damage(self._work)]
