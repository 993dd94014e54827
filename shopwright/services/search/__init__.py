"""Search: an index of visible products, seconds behind at most."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="the search index and its source data",
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
