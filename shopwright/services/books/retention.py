"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Retention

BOOKS = "never by itself: books; a shop that may delete them closes and exports them first"

RETENTION: tuple[Retention, ...] = (
    Retention(table="chains", rows="the last number of a series", grows="not at all", end="never: one a series"),
    Retention(table="entries", rows="an entry of the ledger", grows="orders", personal="books", end=BOOKS),
    Retention(table="postings", rows="an account in an entry", grows="orders", end="with its entry"),
    Retention(table="tax_kinds", rows="a rate of tax as it was booked", grows="not at all", end="never: some dozens"),
    Retention(table="day_sums", rows="an account on a day", grows="days", end="never: some a day"),
    Retention(table="tax_sums", rows="a tax in a month", grows="days", end="never: some a month"),
    Retention(
        table="closed_periods", rows="a month that is closed", grows="days", personal="books", end="never: one a month"
    ),
    Retention(table="followed_orders", rows="an order that was booked", grows="orders", end="with its entries"),
    Retention(table="progress", rows="how far a job has come", grows="not at all", end="never: one a job"),
    Retention(
        table="issued_documents",
        rows="an invoice, credit note or other document",
        grows="orders",
        personal="books",
        end="its body SHOPWRIGHT_BOOKS_YEARS full years after it was issued; number and hash never",
        job="books.drop_documents",
    ),
    Retention(table="erased_orders", rows="an order whose buyer was erased", grows="customers", end="with its entries"),
    Retention(
        table="sealed_documents",
        rows="the body of a document whose buyer was erased, encrypted",
        grows="orders",
        personal="books",
        end="SHOPWRIGHT_BOOKS_YEARS full years after it was issued",
        job="books.drop_documents",
    ),
    Retention(
        table="account_numbers",
        rows="a number of the chart of accounts",
        grows="not at all",
        end="when it is taken away",
    ),
)
