"""Finding things: an index of what can be seen, seconds behind at most."""

from shopwright.kit.manifest import Label

LABEL = Label(
    owns="its index and what it is built from",
    asks=("catalog",),
    hears=(
        "ProductPublished",
        "ProductRetired",
        "PriceChanged",
        "StockChanged",
        "ReviewPublished",
        "OrderPaid",
        "OrderImported",
    ),
    tells=("SearchesMade",),
)
