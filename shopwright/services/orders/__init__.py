"""Orders: their items, buyer and progress from placement to delivery."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="orders, shipments, refunds, history",
    asks=("carts", "inventory", "pricing", "payments", "giftcards"),
    handles=(
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
    emits=(
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
