"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="purchases",
        rows="what a customer may review",
        grows="customers",
        personal="reviews",
        end="with the account",
        job="UserErased",
    ),
    Retention(table="stars", rows="how many reviews gave so many stars", grows="products", end="never: five a product"),
    Retention(
        table="votes",
        rows="that a customer found a review helpful",
        grows="customers",
        personal="reviews",
        end="with the account",
        job="UserErased",
    ),
)
