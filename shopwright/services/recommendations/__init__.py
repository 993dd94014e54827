"""Recommendations: products a shopper may like, and why.

contract/        Values, events and operations; all that other services import.
service.py       The operations.
spec.py          How the service is built and wired.
handlers.py      Event handlers and scheduled jobs of recommendations.
http.py          REST routes of recently viewed products, with consent.
retention.py     How long the rows of each table are kept, and which are personal.
model.py         Scores of product similarity and co-purchases.
learning.py      Learning from orders and products.
memory_store.py  SQL for viewed products and consent.
ranking.py       Ranking of recommendations, with reasons.
store.py         SQL for co-purchases, sales and features.
viewed.py        Recently viewed products, with consent, and anonymous view counts.
migrations/      The tables.
"""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="products bought together, product features, product views of shoppers who agreed",
    asks=("catalog",),
    handles=("OrderPaid", "OrderImported", "ProductPublished", "ProductRetired", "UserErased"),
    emits=("ProductsViewed",),
)
