"""Ownership of slugs and SKUs within one transaction, looked up once for many products."""

from collections.abc import Iterable

from shopwright.kit.data.unit_of_work import Transaction
from shopwright.services.catalog.contract import Product
from shopwright.services.catalog.store import CatalogStore


class Names:
    """Owners that were looked up or assigned in this transaction, before they are written."""

    def __init__(self, store: CatalogStore, tx: Transaction) -> None:
        self._store = store
        self._tx = tx
        self._owners: dict[tuple[str, str], str] = {}

    async def look_up(self, field: str, values: Iterable[str]) -> None:
        """Look up all of these values at once (`field`: slug or skus)."""
        unknown = [value for value in dict.fromkeys(values) if value and (field, value) not in self._owners]
        found = await self._store.owners(self._tx, field, unknown)
        self._owners |= {(field, value): found.get(value, "") for value in unknown}

    async def owner(self, field: str, value: str) -> str:
        """Return the id of the owning product, or ""."""
        if (known := self._owners.get((field, value))) is None:
            await self.look_up(field, [value])
            known = self._owners.get((field, value), "")
        return known

    def give(self, product: Product, before: Product) -> None:
        """Assign slug and SKUs to the product and release those it had (`before`)."""
        for variant in before.variants:
            if self._owners.get(("skus", variant.sku)) == product.id:
                self._owners[("skus", variant.sku)] = ""
        self._owners[("slug", product.slug)] = product.id
        self._owners |= {("skus", variant.sku): product.id for variant in product.variants}
