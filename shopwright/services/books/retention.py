"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Retention, StoredBody
from shopwright.services.books.contract import TaxKind
from shopwright.services.books.contract.documents import DocumentBody

BOOKS = "never by itself: books; a shop that may delete them closes and exports them first"

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="chains",
        rows="the last number of a series",
        grows="not at all",
        end="never: one a series",
        silent=("name", "sha256"),
    ),
    Retention(
        table="entries",
        rows="an entry of the ledger",
        grows="orders",
        personal="books",
        end=BOOKS,
        tells=("text", "who"),
        silent=("kind", "number", "sha256"),
    ),
    Retention(
        table="postings",
        rows="an account in an entry",
        grows="orders",
        end="with its entry",
        silent=("account", "provider"),
    ),
    Retention(
        table="tax_kinds",
        rows="a rate of tax as it was booked",
        grows="not at all",
        end="never: some dozens",
        bodies=(StoredBody("kind", TaxKind),),
    ),
    Retention(
        table="day_sums",
        rows="an account on a day",
        grows="days",
        end="never: some a day",
        silent=("account", "provider"),
    ),
    Retention(table="tax_sums", rows="a tax in a month", grows="days", end="never: some a month"),
    Retention(
        table="closed_periods",
        rows="a month that is closed",
        grows="days",
        personal="books",
        end="never: one a month",
        tells=("who",),
        silent=("sha256",),
    ),
    Retention(table="followed_orders", rows="an order that was booked", grows="orders", end="with its entries"),
    Retention(
        table="progress",
        rows="how far a job has come",
        grows="not at all",
        end="never: one a job",
        silent=("name", "place"),
    ),
    Retention(
        table="issued_documents",
        rows="an invoice, credit note or other document",
        grows="orders",
        personal="books",
        end="its body SHOPWRIGHT_BOOKS_YEARS full years after it was issued; number and hash never",
        job="books.drop_documents",
        bodies=(StoredBody("body", DocumentBody),),
        silent=("series", "name", "kind", "refers_to", "sha256", "before"),
    ),
    Retention(table="erased_orders", rows="an order whose buyer was erased", grows="customers", end="with its entries"),
    Retention(
        table="sealed_documents",
        rows="the body of a document whose buyer was erased, encrypted",
        grows="orders",
        personal="books",
        end="SHOPWRIGHT_BOOKS_YEARS full years after it was issued",
        job="books.drop_documents",
        bodies=(StoredBody("body", DocumentBody),),
    ),
    Retention(
        table="account_numbers",
        rows="a number of the chart of accounts",
        grows="not at all",
        end="when it is taken away",
        silent=("name", "number"),
    ),
)
