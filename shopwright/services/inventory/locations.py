"""Locations, and rules for low stock and backorders."""

import re
from collections.abc import Mapping

from shopwright.kit.errors import Conflict, Invalid, Missing
from shopwright.kit.text import slugify
from shopwright.kit.translation import gettext as _
from shopwright.services.inventory import backorder_store, store
from shopwright.services.inventory.context import MOST, InventoryContext
from shopwright.services.inventory.contract import Location, Stock, StockRule

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Locations:
    """Locations and stock rules."""

    def __init__(self, context: InventoryContext) -> None:
        self._context = context
        self._work = context.work

    async def locations(self) -> list[Location]:
        return await backorder_store.locations(self._work)

    async def put_location(self, location: Location) -> Location:
        if not NAME.fullmatch(location.id) or not location.title.strip():
            raise Invalid.at(
                "/id", _("A location has a title, and an id such as {value}.", value=slugify(location.title)[:40])
            )
        async with self._work.begin() as tx:
            await backorder_store.put_location(tx, location)
        return location

    async def delete_location(self, location_id: str) -> None:
        async with self._work.begin() as tx:
            if location_id not in {one.id for one in await backorder_store.locations(tx)}:
                raise Missing(_("There is no location “{location_id}”.", location_id=location_id))
            if not await backorder_store.delete_location(tx, location_id):
                raise Conflict(_("Only an empty location can be removed, and never the main one."))

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
                    raise Invalid.at(f"/{name}", _("{name} is a whole number from 0 to {most}.", name=name, most=MOST))
        async with self._work.begin() as tx:
            before = await store.read(tx, sorted(rules))
            await backorder_store.put_rules(tx, rules)
            await self._context.emit_changes(tx, before)
