"""The catalog: products with variants, pictures, categories and collections."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="products, variants, attributes, types, categories, collections, media (documents)",
    emits=("ProductPublished", "ProductRetired"),
)
