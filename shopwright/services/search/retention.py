"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Retention, StoredBody
from shopwright.services.search.model import IndexEntry

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="entries",
        rows="a product as it is found",
        grows="products",
        end="never: one a product",
        bodies=(StoredBody("body", IndexEntry),),
    ),
    Retention(table="offers", rows="a variant as it is found", grows="products", end="never: one a variant"),
    Retention(
        table="generations",
        rows="which index is in use",
        grows="not at all",
        end="never: there is one",
        silent=("name",),
    ),
    Retention(
        table="purges",
        rows="what a cache in front has still to drop",
        grows="products",
        end="when it was told",
        job="search.purge",
        silent=("subject",),
    ),
    Retention(
        table="purged",
        rows="how lists show a product",
        grows="products",
        end="never: one a product",
        silent=("subject", "slug", "digest"),
    ),
)
