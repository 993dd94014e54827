"""Who bought what, and how it is going."""

from shopwright.kit.manifest import Label

LABEL = Label(
    owns="orders, shipments, refunds, history",
    asks=("carts", "inventory", "pricing", "payments", "giftcards"),
    hears=(
        "EmailVerified",
        "UserErased",
        "AddressErased",
        "OrderCancelled",
        "OrderExpired",
        "PaymentAuthorized",
        "PaymentCaptured",
        "PaymentFailed",
        "RefundSettled",
        "RefundRefused",
        "PaymentDisputed",
    ),
    tells=(
        "OrderPlaced",
        "OrderPaid",
        "OrderImported",
        "OrderShipped",
        "OrderTaxCorrected",
        "OrderDelivered",
        "OrderCancelled",
        "OrderExpired",
        "OrderRefunded",
        "OrderRefundRefused",
        "OrderDisputed",
        "OrderErased",
    ),
)
