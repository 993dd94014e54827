"""What people are told."""

from shopwright.kit.label import Label

LABEL = Label(
    owns="messages, templates, deliveries, preferences",
    asks=("users", "catalog"),
    hears=(
        "UserRegistered",
        "EmailVerificationAsked",
        "PasswordResetAsked",
        "PasswordChanged",
        "UserErased",
        "OrderPlaced",
        "OrderPaid",
        "OrderShipped",
        "OrderDelivered",
        "OrderCancelled",
        "OrderExpired",
        "OrderRefunded",
        "BackInStock",
        "CartAbandoned",
    ),
)
