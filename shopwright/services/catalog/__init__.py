"""What the shop has: products with their variants, pictures and places in the category tree."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="products, variants, attributes, types, categories, collections, media (documents)",
    emits=("ProductPublished", "ProductRetired"),
)
