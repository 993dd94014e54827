"""Notifications: e-mails, text messages and push messages."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="messages, templates, deliveries, preferences",
    asks=("users", "catalog", "orders", "giftcards", "books"),
    handles=(
        "UserRegistered",
        "EmailVerificationAsked",
        "EmailVerified",
        "PasswordResetAsked",
        "PasswordChanged",
        "RegistrationRepeated",
        "SecondFactorAdded",
        "SecondFactorRemoved",
        "StaffInvited",
        "StaffChanged",
        "UserErased",
        "AddressErased",
        "OrderPlaced",
        "OrderPaid",
        "OrderShipped",
        "OrderDelivered",
        "OrderCancelled",
        "OrderExpired",
        "OrderRefunded",
        "OrderRefundRefused",
        "OrderDisputed",
        "DocumentIssued",
        "GiftCardIssued",
        "GiftCardDue",
        "BackInStock",
        "CartAbandoned",
    ),
)
