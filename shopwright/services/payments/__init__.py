"""Payments: opened, captured and refunded, with double-entry records."""

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
