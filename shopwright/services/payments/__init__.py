"""Money: asked for, received, given back, and written down twice."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="payments, refunds, double-entry ledger, provider webhooks",
    emits=(
        "PaymentAuthorized",
        "PaymentCaptured",
        "PaymentFailed",
        "RefundSettled",
        "RefundRefused",
        "PaymentDisputed",
    ),
)
