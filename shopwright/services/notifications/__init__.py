"""What people are told."""

from shopwright.kit.label import Label

LABEL = Label(
    owns="messages, templates, deliveries",
    hears=(
        "UserRegistered",
        "OrderPlaced",
        "OrderPaid",
        "OrderShipped",
        "OrderDelivered",
        "OrderCancelled",
        "OrderExpired",
        "OrderRefunded",
    ),
)
