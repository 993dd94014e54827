"""How long the rows of each table are kept."""

from shopwright.kit.retention import Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="product_words", rows="what staff find a product by", grows="products", end="never, as its product"
    ),
    Retention(
        table="words_written",
        rows="how far words of products are written",
        grows="not at all",
        end="never: there is one",
    ),
)
