"""Search: an index of visible products, seconds behind at most.

contract/            Values, events and operations; all that other services import.
service.py           The operations: follows events, keeps the index and answers from it.
spec.py              How the service is built and wired.
handlers.py          Event handlers and scheduled jobs of search.
http.py              REST routes of search.
retention.py         How long the rows of each table are kept, and which are personal.
model.py             Index entries from products and offers, and facets from counted tokens.
cdn_invalidation.py  Changes are recorded, then reported to the CDN until it confirms.
purge_store.py       SQL for CDN invalidation.
store.py             SQL for the data the index is built from.
migrations/          The tables.
"""

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
