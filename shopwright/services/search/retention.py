"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Retention

RETENTION: tuple[Retention, ...] = (
    Retention(table="entries", rows="a product as it is found", grows="products", end="never: one a product"),
    Retention(table="offers", rows="a variant as it is found", grows="products", end="never: one a variant"),
    Retention(table="generations", rows="which index is in use", grows="not at all", end="never: there is one"),
    Retention(
        table="purges",
        rows="what a cache in front has still to drop",
        grows="products",
        end="when it was told",
        job="search.purge",
    ),
    Retention(table="purged", rows="how lists show a product", grows="products", end="never: one a product"),
)
