"""Search: an index of visible products, seconds behind at most."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="its index and what it is built from",
    asks=("catalog",),
    handles=(
        "ProductPublished",
        "ProductRetired",
        "PriceChanged",
        "StockChanged",
        "ReviewPublished",
        "OrderPaid",
        "OrderImported",
    ),
    emits=("SearchesMade",),
)
