"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Retention, StoredBody
from shopwright.services.books.contract import TaxKind
from shopwright.services.books.contract.documents import DocumentBody

BOOKS = (
    "never automatically: accounting records; a merchant who may delete them closes the period and exports them first"
)

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="chains",
        rows="the last number of a document series",
        grows="not at all",
        end="never: one per series",
        silent=("name", "sha256"),
    ),
    Retention(
        table="entries",
        rows="a journal entry",
        grows="orders",
        personal="books",
        end=BOOKS,
        personal_columns=("text", "who"),
        silent=("kind", "number", "sha256"),
    ),
    Retention(
        table="postings",
        rows="a posting to one account in an entry",
        grows="orders",
        end="with its entry",
        silent=("account", "provider"),
    ),
    Retention(
        table="tax_kinds",
        rows="a posted tax rate",
        grows="not at all",
        end="never: a few dozen rows",
        bodies=(StoredBody("kind", TaxKind),),
    ),
    Retention(
        table="day_sums",
        rows="the daily total of an account",
        grows="days",
        end="never: a few rows a day",
        silent=("account", "provider"),
    ),
    Retention(table="tax_sums", rows="the monthly total of a tax", grows="days", end="never: a few rows a month"),
    Retention(
        table="closed_periods",
        rows="a closed month",
        grows="days",
        personal="books",
        end="never: one per month",
        personal_columns=("who",),
        silent=("sha256",),
    ),
    Retention(table="followed_orders", rows="a posted order", grows="orders", end="with its entries"),
    Retention(
        table="progress",
        rows="the progress of a job",
        grows="not at all",
        end="never: one per job",
        silent=("name", "place"),
    ),
    Retention(
        table="issued_documents",
        rows="an invoice, credit note or other document",
        grows="orders",
        personal="books",
        end="its body SHOPWRIGHT_BOOKS_YEARS full years after issue; its number and hash never",
        job="books.drop_documents",
        bodies=(StoredBody("body", DocumentBody),),
        silent=("series", "name", "kind", "refers_to", "sha256", "before"),
    ),
    Retention(table="erased_orders", rows="an order whose buyer was erased", grows="customers", end="with its entries"),
    Retention(
        table="sealed_documents",
        rows="the encrypted body of a document of an erased buyer",
        grows="orders",
        personal="books",
        end="SHOPWRIGHT_BOOKS_YEARS full years after issue",
        job="books.drop_documents",
        bodies=(StoredBody("body", DocumentBody),),
    ),
    Retention(
        table="account_numbers",
        rows="an account number in the chart of accounts",
        grows="not at all",
        end="when it is removed",
        silent=("name", "number"),
    ),
)
