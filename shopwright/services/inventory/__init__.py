"""Inventory: stock, reservations and backorders."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="stock per location, reservations that expire, movements (append-only), stock value",
    emits=("StockChanged", "StockRanLow", "BackInStock", "StockValued"),
)
