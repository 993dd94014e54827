"""How long the rows of document tables are kept."""

from shopwright.kit.data.retention import Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="documents",
        rows="a product, category, review or the like",
        grows="products",
        end="when staff delete it; uploads that nobody finished after a day; who wrote a review when they are erased",
        job="staff, catalog.uploads, UserErased",
        personal="reviews",
        tells=("body",),  # of a review, who wrote it: the type of each collection declares it
        silent=("collection",),
    ),
    Retention(
        table="document_index",
        rows="a value a document is found by",
        grows="products",
        end="with its document",
        silent=("collection", "field", "value"),
    ),
    Retention(
        table="document_unique",
        rows="a value one document has",
        grows="products",
        end="with its document",
        silent=("collection", "field", "value"),
    ),
    Retention(
        table="document_moves",
        rows="a document that is on its way to MongoDB",
        grows="products",
        end="when it is there",
        job="catalog.documents, reviews.documents",
        silent=("collection",),
    ),
)
