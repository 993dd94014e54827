"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Expiry, Retention

RETENTION: tuple[Retention, ...] = (
    Retention(table="prices", rows="a price", grows="products", end="never: one a variant and currency"),
    Retention(
        table="price_changes",
        rows="an earlier price (Directive 98/6/EC asks for the lowest of 30 days)",
        grows="products",
        expiries=(
            Expiry(
                days=400,
                what="it was set, unless it was the last before",
                since="id",
                prefix="prc",
                where="EXISTS (SELECT 1 FROM price_changes n WHERE n.variant_id = price_changes.variant_id"
                " AND n.currency = price_changes.currency AND n.id > price_changes.id AND n.id < :old)",
            ),
        ),
    ),
    Retention(table="coupons", rows="a coupon", grows="staff", end="when staff remove it"),
    Retention(
        table="coupon_uses",
        rows="that an order used a coupon",
        grows="orders",
        personal="orders",
        end="with its order, or when that is cancelled",
        job="OrderCancelled",
    ),
    Retention(
        table="coupon_users",
        rows="who used a coupon, by hash",
        grows="orders",
        personal="orders",
        end="with its order, or when that is cancelled",
        job="OrderCancelled",
    ),
    Retention(
        table="tax_rates", rows="a tax rate, for the version that reads it here", grows="staff", end="with that version"
    ),
    Retention(
        table="dated_tax_rates", rows="a tax rate and its time", grows="staff", end="never: what applied can be shown"
    ),
    Retention(
        table="tax_rules", rows="a rule of tax and its time", grows="staff", end="never: what applied can be shown"
    ),
    Retention(table="sellers", rows="who sells, and since when", grows="staff", end="never: documents name them"),
    Retention(table="exchange_rates", rows="what a currency was worth", grows="staff", end="never: books depend on it"),
    Retention(table="tax_classes", rows="a kind of goods", grows="staff", end="never: products and orders name it"),
    Retention(
        table="untaxed_places",
        rows="a place orders went to without a rate",
        grows="staff",
        end="never: one a place and class",
    ),
    Retention(table="tax_changes", rows="the count of changes of rates", grows="not at all", end="never: one row"),
    Retention(table="shipping_rates", rows="a shipping rate", grows="staff", end="when staff remove it"),
    Retention(table="promotions", rows="a promotion", grows="staff", end="when staff remove it"),
)
