"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="product_words",
        rows="what staff find a product by",
        grows="products",
        end="never, as its product",
        silent=("words",),
    ),
    Retention(
        table="words_written",
        rows="how far words of products are written",
        grows="not at all",
        end="never: there is one",
        silent=("name", "until"),
    ),
    Retention(
        table="reserved_variants",
        rows="the id of a variant whose product an import has not written yet",
        grows="staff",
        end="when its product is written, by that import or the next one of the file",
        silent=("source", "options"),
    ),
)
