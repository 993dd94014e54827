"""Accounting: ledger, periods, statements and documents of what was sold, refunded and paid."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="ledger, periods, statements of tax, invoices, credit notes and other documents",
    asks=("pricing", "payments", "orders"),
    handles=(
        "OrderPaid",
        "OrderCancelled",
        "OrderRefunded",
        "OrderRefundRefused",
        "OrderTaxCorrected",
        "OrderErased",
        "PaymentCaptured",
        "RefundSettled",
        "RefundRefused",
        "PaymentDisputed",
        "StockValued",
        "GiftCardIssued",
    ),
    emits=("DocumentIssued",),
)
