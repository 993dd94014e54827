"""How long the rows of each table are kept."""

from shopwright.kit.data.events import Event
from shopwright.kit.data.retention import DAY, Expiry, Retention, StoredBody

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="journal",
        rows="an event in the log that apps read",
        grows="orders",
        end="SHOPWRIGHT_EVENTS_KEPT days after it was told; what it added to is kept",
        job="insights.trim",
        bodies=(StoredBody("data", Event),),
        silent=("type", "subject", "request", "trace"),
    ),
    Retention(
        table="journal_personal",
        rows="personal data of an event in the log",
        grows="orders",
        personal="running",
        end="when the person is erased, or with the event",
        job="UserErased, AddressErased, OrderErased, GiftCardErased, insights.trim",
        tells=("data",),
        silent=("subject",),
    ),
    Retention(
        table="journal_head",
        rows="the last place in the log",
        grows="not at all",
        end="never: there is one",
        silent=("name",),
    ),
    Retention(table="sales", rows="the sales of a day", grows="days", end="never: one a day and currency"),
    Retention(
        table="sale_days",
        rows="the day on which an order counts",
        grows="orders",
        expiries=(Expiry(days=800, what="that day", since="day", unit=DAY, key=("order_id",)),),
    ),
    Retention(
        table="products_sold",
        rows="how often a product was sold",
        grows="products",
        end="never: one a product",
        silent=("title",),
    ),
    Retention(
        table="funnel",
        rows="how many came how far on a day",
        grows="days",
        expiries=(Expiry(days=800, what="that day", since="day", unit=DAY, key=("day", "step")),),
        silent=("step",),
    ),
    Retention(
        table="searches",
        rows="how often words were searched for on a day",
        grows="strangers",
        expiries=(Expiry(days=400, what="that day", since="day", unit=DAY, key=("day", "words")),),
        end="at the end of the day, all but the 500 most frequent; in a day no more than 5,000 are told apart",
        job="insights.trim",
        silent=("words",),
    ),
    Retention(
        table="product_views",
        rows="how often a product was looked at on a day",
        grows="products",
        expiries=(Expiry(days=400, what="that day", since="day", unit=DAY, key=("day", "product_id")),),
    ),
)
