"""Recommendations: products a shopper may like, and why."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="products bought together, product features, product views of shoppers who agreed",
    asks=("catalog",),
    handles=("OrderPaid", "OrderImported", "ProductPublished", "ProductRetired", "UserErased"),
    emits=("ProductsViewed",),
)
