"""Shopify's inventory export: a row per variant and location, with counts."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Literal

from shopwright.importers.draft import ImportIssue, Row, RowError
from shopwright.importers.meanings import plain
from shopwright.importers.numbers import NumberFormats
from shopwright.importers.values import readable
from shopwright.kit.errors import Missing, Refused, ShopError
from shopwright.kit.text import slugify
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import Product, Variant
from shopwright.services.inventory.contract import MAIN, Adjustment, Location
from shopwright.web.product_view.view import ProductViews

COUNTS = ("onhandnew", "onhand", "onhandcurrent", "available", "availablenoteditable")  # the first that says anything
NOT_STOCKED = "not stocked"


def is_inventory(columns: Sequence[str]) -> bool:
    """Whether this is a stock table without prices."""
    there = {plain(column) for column in columns}
    return {"handle", "location"} <= there and bool(there & set(COUNTS)) and not there & {"price", "variantprice"}


class InventoryCounts:
    """Sets the stock of existing variants by location."""

    def __init__(self, product_views: ProductViews, how: Literal["take", "try", "undo"]) -> None:
        if how == "undo":
            raise Refused(
                _("Stock counts cannot be undone: import the earlier counts, or adjust them in the back office.")
            )
        self._product_views = product_views
        self._writes = how == "take"
        self._numbers = NumberFormats(product_views.currency)
        self._locations: dict[str, str] = {}

    async def import_rows(self, rows: Iterable[Row]) -> AsyncIterator[ImportIssue]:
        """Iterate over the result of every row."""
        for number, cells in rows:
            row = {plain(header): cell.strip() for header, cell in cells.items()}
            row["options"] = "\n".join(cells.get(f"Option{n} Value", "").strip() for n in (1, 2, 3))
            name = row.get("sku") or row.get("handle", "")
            try:
                yield ImportIssue(
                    number, name, await self._one(row), source=f"stock/{name}/{row.get('location', '')}/{number}"
                )
            except (RowError, ShopError) as error:
                yield ImportIssue(number, name, "refused", getattr(error, "detail", str(error)))

    async def _one(self, row: Mapping[str, str]) -> Literal["taken", "unchanged"]:
        """Import a row. Raises RowError, ShopError."""
        quantity = next((row[key] for key in COUNTS if row.get(key)), "")
        product, variant = await self._variant(row)
        place = await self._place(row.get("location", ""))
        there = (await self._product_views.inventory.by_location(variant.id)).get(place)
        if quantity.casefold() == NOT_STOCKED:
            return "unchanged"
        counted = self._numbers.count(quantity)
        if counted is None:
            raise RowError(_("“{title}” has no count at this location", title=product.title))
        if there is not None and there.on_hand == max(counted, 0):
            return "unchanged"
        if self._writes:
            one = Adjustment(variant_id=variant.id, on_hand=max(counted, 0), reason="imported", location=place)
            await self._product_views.inventory.adjust([one])
        return "taken"

    async def _variant(self, row: Mapping[str, str]) -> tuple[Product, Variant]:
        sku, source = row.get("sku", "").lstrip("'"), f"shopify/{row.get('handle', '')}"
        product = (await self._product_views.catalog.by_sources([source])).get(source)
        if product is not None:
            chosen = [readable(value) for value in row["options"].split("\n") if value] if product.options else []
            for variant in product.variants:
                if (sku and variant.sku == sku) or list(variant.options.values()) == chosen:
                    return product, variant
        if not sku:
            raise RowError(_("belongs to no variant that is here: import the products first"))
        try:
            product = await self._product_views.catalog.by_variant(sku)
        except Missing:
            raise RowError(_("no variant here has the SKU {sku}: import the products first", sku=sku)) from None
        return product, next(one for one in product.variants if one.sku == sku)

    async def _place(self, title: str) -> str:
        """The location with this name, created if missing. In a shop with one location the first name is that."""
        if not self._locations:
            self._locations = {one.title.casefold(): one.id for one in await self._product_views.inventory.locations()}
        if not title:
            return MAIN
        if title.casefold() not in self._locations:
            made = Location(
                slugify(title)[:40] if slugify(title).isascii() else f"place-{len(self._locations) + 1}",
                title,
                len(self._locations),
            )
            if self._writes:
                await self._product_views.inventory.put_location(made)
            else:
                return MAIN
            self._locations[title.casefold()] = made.id
        return self._locations[title.casefold()]
