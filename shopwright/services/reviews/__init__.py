"""Reviews and ratings by buyers."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="reviews, ratings, votes, moderation (documents)",
    handles=("OrderPaid", "OrderImported", "UserErased"),
    emits=("ReviewPublished",),
)
