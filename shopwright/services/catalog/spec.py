"""How the catalog is built and wired; besides the contract, the only file of this service that others import."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.catalog import MANIFEST
from shopwright.services.catalog.contract import Catalog
from shopwright.services.catalog.handlers import jobs
from shopwright.services.catalog.service import CatalogService


def _build(context: BuildContext) -> CatalogService:
    return context.chosen(CatalogService)(context.work, context.documents, context.files)


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=Catalog,
    build=_build,
    jobs=jobs,
    cached=(
        "get",
        "get_many",
        "by_variant",
        "collections",
        "collections_of",
        "product_types",
        "redirect",
        "categories",
        "attribute_types",
    ),
    reads=("list_products", "in_collection", "by_sources", "original", "picture"),
    public=True,
    rarely_changes=True,
    documents=True,
    beside=(
        "inventory",
        "pricing",
        "search",
        "recommendations",
    ),  # products as they are seen are put together in its process
)
