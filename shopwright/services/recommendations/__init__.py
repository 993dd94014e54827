"""Recommendations: products a shopper may like, and why."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="what was bought together, features of products, what those who agreed looked at",
    asks=("catalog",),
    handles=("OrderPaid", "OrderImported", "ProductPublished", "ProductRetired", "UserErased"),
    emits=("ProductsViewed",),
)
