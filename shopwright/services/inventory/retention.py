"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Expiry, Retention

COST_DAYS = 1095  # what left for an order comes back at its cost as long

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="stock",
        rows="the stock of a variant at a location",
        grows="products",
        end="never: one per variant and location",
        silent=("location",),
    ),
    Retention(
        table="reservations",
        rows="a stock reservation for an order",
        grows="orders",
        expiries=(
            Expiry(
                days=7,
                what="it would have expired, unless it is open",
                since="expires_at",
                where="state IN ('taken', 'released', 'expired')",
                key=("order_id",),
            ),
        ),
    ),
    Retention(
        table="reservation_lines",
        rows="reserved units of a variant",
        grows="orders",
        end="when they are committed or released",
        job="OrderPaid, OrderCancelled, inventory.expire",
        silent=("location",),
    ),
    Retention(
        table="movements",
        rows="a stock movement",
        grows="orders",
        end="after 400 days, when all earlier movements of a variant at a location are combined into one",
        job="inventory.carry_forward",
        silent=("location", "reason"),
    ),
    Retention(
        table="stock_values", rows="the stock value of a variant", grows="products", end="never: one per variant"
    ),
    Retention(
        table="order_costs",
        rows="the cost of goods sold with an order",
        grows="orders",
        expiries=(Expiry(days=COST_DAYS, what="the goods were sold", since="since", key=("order_id", "variant_id")),),
    ),
    Retention(table="locations", rows="a location", grows="staff", end="when staff delete it", silent=("title",)),
    Retention(table="stock_rules", rows="the stock rules of a variant", grows="products", end="never: one per variant"),
    Retention(
        table="owed",
        rows="a backorder",
        grows="orders",
        end="when the goods arrive, or the order no longer needs them",
        job="StockChanged, OrderCancelled",
    ),
)
