"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import DAY, Expiry, Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="pairs", rows="two products bought together, with a count", grows="products", end="never: one per pair"
    ),
    Retention(
        table="sold",
        rows="orders of a product on a day",
        grows="products",
        expiries=(Expiry(days=400, what="that day", since="day", unit=DAY, key=("product_id", "day")),),
    ),
    Retention(
        table="bought",
        rows="a product a customer bought",
        grows="customers",
        personal="behaviour",
        end="with the account",
        job="UserErased",
    ),
    Retention(
        table="features",
        rows="a feature of a product",
        grows="products",
        end="with the product",
        job="ProductDeleted",
        silent=("feature",),
    ),
    Retention(
        table="feature_counts",
        rows="the number of products with a feature",
        grows="products",
        end="never: one per feature",
        silent=("feature",),
    ),
    Retention(
        table="consents",
        rows="a browser whose user agreed to recommendations from viewed products",
        grows="visitors",
        personal="behaviour",
        end="90 days after its last view",
        job="recommendations.forget",
        personal_columns=("viewer",),
    ),
    Retention(
        table="views",
        rows="a product view by a person",
        grows="visitors",
        personal="behaviour",
        end="90 days after the view",
        job="recommendations.forget",
        personal_columns=("viewer",),
    ),
)
