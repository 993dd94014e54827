"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import DAY, Expiry, Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="pairs", rows="how often two products were bought together", grows="products", end="never: one a pair"
    ),
    Retention(
        table="sold",
        rows="how many orders a product was in on a day",
        grows="products",
        expiries=(Expiry(days=400, what="that day", since="day", unit=DAY, key=("product_id", "day")),),
    ),
    Retention(
        table="bought",
        rows="what a customer has bought",
        grows="customers",
        personal="behaviour",
        end="with the account",
        job="UserErased",
    ),
    Retention(
        table="features",
        rows="what a product is like",
        grows="products",
        end="with the product",
        job="ProductDeleted",
        silent=("feature",),
    ),
    Retention(
        table="feature_counts",
        rows="how many products are like that",
        grows="products",
        end="never: one a feature",
        silent=("feature",),
    ),
    Retention(
        table="consents",
        rows="a browser that wants what it saw to be remembered",
        grows="strangers",
        personal="behaviour",
        end="90 days after its last look",
        job="recommendations.forget",
        tells=("viewer",),
    ),
    Retention(
        table="views",
        rows="what somebody looked at",
        grows="strangers",
        personal="behaviour",
        end="90 days after the look",
        job="recommendations.forget",
        tells=("viewer",),
    ),
)
