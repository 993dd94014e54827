"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Expiry, Retention

COST_DAYS = 1095  # what left for an order comes back at its cost as long

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="stock",
        rows="how many are at a location",
        grows="products",
        end="never: one a variant and location",
        silent=("location",),
    ),
    Retention(
        table="reservations",
        rows="that goods were set aside for an order",
        grows="orders",
        expiries=(
            Expiry(
                days=7,
                what="it would have run out, for those that are not open",
                since="expires_at",
                where="state IN ('taken', 'released', 'expired')",
                key=("order_id",),
            ),
        ),
    ),
    Retention(
        table="reservation_lines",
        rows="goods set aside",
        grows="orders",
        end="when they are taken or given back",
        job="OrderPaid, OrderCancelled, inventory.expire",
        silent=("location",),
    ),
    Retention(
        table="movements",
        rows="goods that came or went",
        grows="orders",
        end="400 days after it, when all earlier ones of a variant at a location are carried forward as one",
        job="inventory.carry_forward",
        silent=("location", "reason"),
    ),
    Retention(
        table="stock_values", rows="what a variant's stock is worth", grows="products", end="never: one a variant"
    ),
    Retention(
        table="order_costs",
        rows="what left for an order, at its cost",
        grows="orders",
        expiries=(Expiry(days=COST_DAYS, what="it left", since="since", key=("order_id", "variant_id")),),
    ),
    Retention(table="locations", rows="a location", grows="staff", end="when staff remove it", silent=("title",)),
    Retention(table="stock_rules", rows="rules for a variant", grows="products", end="never: one a variant"),
    Retention(
        table="owed",
        rows="goods promised and not there yet",
        grows="orders",
        end="when they are there, or not wanted any more",
        job="StockChanged, OrderCancelled",
    ),
)
