"""What was sold, given back and paid, as an accountant signs it: ledger, periods, statements and documents."""

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
