"""Inventory: stock, reservations and backorders.

contract/           Values, events and operations; all that other services import.
service.py          The operations, one line each; the parts do the work.
spec.py             How the service is built and wired.
handlers.py         Scheduled jobs of inventory.
http.py             REST routes of locations, for staff.
retention.py        How long the rows of each table are kept, and which are personal.
adjustments.py      Stock adjustments: counts, opening stock, and returned goods.
backorder_store.py  SQL for backorders and locations.
backorders.py       Backorders: promised when placed, owed once paid, filled when goods arrive.
context.py          What the parts share: the database, and how movements are recorded and reported.
costs.py            Cost of goods: receipts, costs set later, and stock value.
locations.py        Locations, and rules for low stock and backorders.
reservations.py     Reserves all lines or none; reservations expire, are taken, or released.
store.py            SQL for stock: conditional statements that cannot oversell.
valuation.py        Stock valuation at the moving average, exact to the minor unit.
value_store.py      SQL for stock values and the cost of goods by order.
migrations/         The tables.
"""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="stock per location, reservations that expire, movements (append-only), stock value",
    emits=("StockChanged", "StockRanLow", "BackInStock", "StockValued"),
)
