"""Accounting: ledger, periods, statements and documents of sales, refunds and payments.

Interface
    contract/           Values, events and operations; all that other services import.
    service.py          The operations, one line each; the parts do the work.
    spec.py             How the service is built and wired.
    handlers.py         Event handlers and jobs of the books.
    http.py             REST routes for accounting; customers may read the documents of their orders.
    retention.py        How long the rows of each table are kept, and which are personal.
    migrations/         The tables.

Bookkeeping
    model.py            What is booked for what: one table, and the postings an order amounts to.
    bookkeeping.py      Books the difference between what an order amounts to and what is booked; stock, gift cards.
    manual_entries.py   Payouts of providers, and corrections.
    periods.py          Months of the books, open or closed.
    charts.py           Default account numbers of charts of accounts.
    regions.py          Taxes by place: US states, and the EU threshold for sales to other countries.
    goods.py            Stock value and cost of goods in the books.
    store.py            SQL for the ledger: entries are added, never changed.

Statements
    statements.py       Reading the books: entries, balances, taxes and days.
    statement_store.py  SQL for statements: balances, taxes and days, from sums written with each entry.

Documents
    issuing.py          Issuing documents: each number is given in the transaction that writes the document.
    order_documents.py  Documents issued on request: corrected invoices, delivery notes, pro forma invoices.
    papers.py           The content of documents, made from an order and the entry or parcel they belong to.
    document_store.py   SQL for documents, which are added and never changed.
    pdf.py              PDF/A-3 documents with an embedded e-invoice (Factur-X 1.0, ZUGFeRD 2), typeset by Typst.
    einvoice.py         E-invoices of EN 16931 as Cross Industry Invoice: Factur-X, ZUGFeRD and XRechnung.
    ubl.py              E-invoices of EN 16931 as UBL 2.1, and as Peppol BIS Billing 3.0.
    invoice_values.py   Values shared by both syntaxes of EN 16931: seller ids, prices, taxes by category.

Exports
    ledger_export.py    Ledger exports, and their account numbers.
    extract.py          The model that ledger exports are written from.
    exports.py          Ledger exports: writers of one model, and the CSV writer.
    datev.py            DATEV export (EXTF 700).
    fec.py              FEC export for French tax audits.
    saft.py             SAF-T export (OECD, version 2.00).
"""

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
