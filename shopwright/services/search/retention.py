"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Retention, StoredBody
from shopwright.services.search.model import IndexEntry

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="entries",
        rows="a product in search results",
        grows="products",
        end="never: one per product",
        bodies=(StoredBody("body", IndexEntry),),
    ),
    Retention(table="offers", rows="a variant in search results", grows="products", end="never: one per variant"),
    Retention(
        table="generations",
        rows="the search index in use",
        grows="not at all",
        end="never: there is only one",
        silent=("name",),
    ),
    Retention(
        table="purges",
        rows="a pending CDN invalidation",
        grows="products",
        end="when it was sent",
        job="search.purge",
        silent=("subject",),
    ),
    Retention(
        table="purged",
        rows="a product's content in lists, by which changes are detected",
        grows="products",
        end="never: one per product",
        silent=("subject", "slug", "digest"),
    ),
)
