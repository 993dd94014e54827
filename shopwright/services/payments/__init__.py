"""Money: asked for, received, given back, and written down twice."""

from shopwright.kit.manifest import Label

LABEL = Label(
    owns="payments, refunds, double-entry ledger, provider webhooks",
    tells=(
        "PaymentAuthorized",
        "PaymentCaptured",
        "PaymentFailed",
        "RefundSettled",
        "RefundRefused",
        "PaymentDisputed",
    ),
)
