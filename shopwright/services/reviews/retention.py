"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="purchases",
        rows="a product a customer may review",
        grows="customers",
        personal="reviews",
        end="with the account",
        job="UserErased",
    ),
    Retention(
        table="stars", rows="the number of reviews with a star rating", grows="products", end="never: five per product"
    ),
    Retention(
        table="votes",
        rows="a customer's helpful vote for a review",
        grows="customers",
        personal="reviews",
        end="with the account",
        job="UserErased",
    ),
)
