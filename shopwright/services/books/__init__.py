"""Accounting: ledger, periods, statements and documents of sales, refunds and payments."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="ledger, periods, tax statements, invoices, credit notes and other documents",
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
