"""Whose an address or a SKU is, within one transaction: of many products that are written together it is asked once."""

from collections.abc import Iterable

from shopwright.kit.data.unit_of_work import Transaction
from shopwright.services.catalog.contract import Product
from shopwright.services.catalog.store import CatalogStore


class Names:
    """What was asked, and what was given since: it is known before it is written."""

    def __init__(self, store: CatalogStore, tx: Transaction) -> None:
        self._store = store
        self._tx = tx
        self._owners: dict[tuple[str, str], str] = {}

    async def look_up(self, field: str, values: Iterable[str]) -> None:
        """Ask about all of these (`field`: slug or skus), so that `owner` need not."""
        unknown = [value for value in dict.fromkeys(values) if value and (field, value) not in self._owners]
        found = await self._store.owners(self._tx, field, unknown)
        self._owners |= {(field, value): found.get(value, "") for value in unknown}

    async def owner(self, field: str, value: str) -> str:
        """The id of the product that has it, "" where none does."""
        if (known := self._owners.get((field, value))) is None:
            await self.look_up(field, [value])
            known = self._owners.get((field, value), "")
        return known

    def give(self, product: Product, before: Product) -> None:
        """The product has its address and its SKUs from now on, and no others (`before`: as it was)."""
        for variant in before.variants:
            if self._owners.get(("skus", variant.sku)) == product.id:
                self._owners[("skus", variant.sku)] = ""
        self._owners[("slug", product.slug)] = product.id
        self._owners |= {("skus", variant.sku): product.id for variant in product.variants}
