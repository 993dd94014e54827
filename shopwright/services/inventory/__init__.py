"""How many there are, and who has some of them set aside."""

from shopwright.kit.manifest import Label

LABEL = Label(
    owns="stock per location, reservations that expire, movements (append-only), what it is worth",
    tells=("StockChanged", "StockRanLow", "BackInStock", "StockValued"),
)
