"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="product_words",
        rows="a search term of a product in the back office",
        grows="products",
        end="never, like its product",
        silent=("words",),
    ),
    Retention(
        table="words_written",
        rows="the progress of writing these search terms",
        grows="not at all",
        end="never: there is only one",
        silent=("name", "until"),
    ),
    Retention(
        table="reserved_variants",
        rows="the id of a variant whose product an import has not saved yet",
        grows="staff",
        end="when its product is saved, by that import or the next one of the same file",
        silent=("source", "options"),
    ),
)
