"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="gift_notes",
        rows="the note of an order",
        grows="orders",
        personal="orders",
        personal_columns=("text",),
        end="with its order",
    ),
)
