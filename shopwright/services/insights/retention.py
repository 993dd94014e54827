"""How long the rows of each table are kept."""

from shopwright.kit.data.events import Event
from shopwright.kit.data.retention import DAY, Expiry, Retention, StoredBody

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="journal",
        rows="an event in the event log",
        grows="orders",
        end="SHOPWRIGHT_EVENTS_KEPT days after it was emitted; the statistics made from it stay",
        job="insights.trim",
        bodies=(StoredBody("data", Event),),
        silent=("type", "subject", "request", "trace"),
    ),
    Retention(
        table="journal_personal",
        rows="personal data of an event in the event log",
        grows="orders",
        personal="running",
        end="when the person is erased, or with the event",
        job="UserErased, AddressErased, OrderErased, GiftCardErased, insights.trim",
        personal_columns=("data",),
        silent=("subject",),
    ),
    Retention(
        table="journal_head",
        rows="the last position in the event log",
        grows="not at all",
        end="never: there is only one",
        silent=("name",),
    ),
    Retention(table="sales", rows="the sales of a day", grows="days", end="never: one per day and currency"),
    Retention(
        table="sale_days",
        rows="the day an order is counted under",
        grows="orders",
        expiries=(Expiry(days=800, what="that day", since="day", unit=DAY, key=("order_id",)),),
    ),
    Retention(
        table="products_sold",
        rows="units sold of a product",
        grows="products",
        end="never: one per product",
        silent=("title",),
    ),
    Retention(
        table="funnel",
        rows="visitors at a step of the conversion funnel on a day",
        grows="days",
        expiries=(Expiry(days=800, what="that day", since="day", unit=DAY, key=("day", "step")),),
        silent=("step",),
    ),
    Retention(
        table="searches",
        rows="searches for a text on a day",
        grows="visitors",
        expiries=(Expiry(days=400, what="that day", since="day", unit=DAY, key=("day", "words")),),
        end="at the end of the day, all but the 500 most frequent; at most 5,000 different texts a day are counted",
        job="insights.trim",
        silent=("words",),
    ),
    Retention(
        table="product_views",
        rows="views of a product on a day",
        grows="products",
        expiries=(Expiry(days=400, what="that day", since="day", unit=DAY, key=("day", "product_id")),),
    ),
)
