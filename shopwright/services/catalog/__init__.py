"""The catalog: products with variants, pictures, categories and collections.

Interface
    contract/          Values, events and operations; all that other services import.
    service.py         The operations, one line each; the parts do the work.
    spec.py            How the service is built and wired.
    context.py         What the parts share: database, documents and the memo of recent reads.
    handlers.py        Scheduled jobs of the catalog.
    http.py            REST routes of categories, collections, types and pictures.
    retention.py       How long the rows of each table are kept, and which are personal.
    migrations/        The tables.

Products
    model.py           Rules of the catalog: slugs, clean text, variants that match their options, states.
    attributes.py      Rules of attributes: kinds, choices, and what a product type requires.
    editing.py         Editing by staff: create, edit, publish, retire.
    writing.py         Writing products: validation, unique names, collections and events.
    names.py           Ownership of slugs and SKUs within one transaction, looked up once for many products.
    product_import.py  Imports many products at once, safe to repeat.
    reserved_store.py  SQL for variant ids reserved by an import that has not written the product yet.
    lookup.py          Product lookup by id, slug, variant, SKU, source, category or words.
    words_store.py     SQL for the product search of staff.
    redirects.py       Redirects from an earlier shop's URLs.
    store.py           Products, categories and attributes as documents.

Grouping
    categories.py      The category tree.
    collections.py     Collections: chosen by hand or by rules, updated as products change.
    rules.py           Rules of collections.
    product_types.py   Product types and attribute definitions.

Pictures
    media.py           Pictures: originals, and sizes made on demand.
    uploads.py         Uploads of large pictures, directly to the file store.
    drawing.py         Drawings (SVG): checked, then rasterised in a separate process.
    rasterize.py       Rasterises one SVG to PNG, as a process of its own.
"""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="products, variants, attributes, types, categories, collections, media (documents)",
    emits=("ProductPublished", "ProductRetired"),
)
