"""How long the rows of document tables are kept."""

from shopwright.kit.data.retention import Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="documents",
        rows="a product, category, review or the like",
        grows="products",
        end="when staff delete it; unfinished uploads after a day; the author of a review when they are erased",
        job="staff, catalog.uploads, UserErased",
        personal="reviews",
        personal_columns=("body",),  # of a review, who wrote it: the type of each collection declares it
        silent=("collection",),
    ),
    Retention(
        table="document_index",
        rows="an indexed value of a document",
        grows="products",
        end="with its document",
        silent=("collection", "field", "value"),
    ),
    Retention(
        table="document_unique",
        rows="a unique value of a document",
        grows="products",
        end="with its document",
        silent=("collection", "field", "value"),
    ),
    Retention(
        table="document_moves",
        rows="a document being moved to MongoDB",
        grows="products",
        end="when it is moved",
        job="catalog.documents, reviews.documents",
        silent=("collection",),
    ),
)
