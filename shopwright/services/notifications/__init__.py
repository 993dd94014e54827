"""What people are told."""

from shopwright.kit.label import Label

LABEL = Label(
    owns="messages, templates, deliveries",
    asks=("users",),
    hears=(
        "UserRegistered",
        "EmailVerificationAsked",
        "PasswordResetAsked",
        "PasswordChanged",
        "OrderPlaced",
        "OrderPaid",
        "OrderShipped",
        "OrderDelivered",
        "OrderCancelled",
        "OrderExpired",
        "OrderRefunded",
    ),
)
