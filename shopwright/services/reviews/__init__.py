"""Reviews and ratings by buyers.

contract/     Values, events and operations; all that other services import.
service.py    The operations: by verified buyers, published at once unless flagged.
spec.py       How the service is built and wired.
handlers.py   Event handlers of reviews.
http.py       REST routes of reviews.
retention.py  How long the rows of each table are kept, and which are personal.
store.py      Reviews as documents; purchases, ratings and votes in SQL.
migrations/   The tables.
"""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="reviews, ratings, votes, moderation (documents)",
    handles=("OrderPaid", "OrderImported", "UserErased"),
    emits=("ReviewPublished",),
)
