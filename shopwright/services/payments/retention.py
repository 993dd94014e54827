"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="payments",
        rows="a payment",
        grows="orders",
        personal="security",
        end="never: books; by what tries are counted (hashes), when its window has passed",
        job="payments.forget_tries",
        tells=("email_hash", "address_hash", "card_hash"),
        silent=("key", "provider", "token", "return_url", "reference", "reason", "redirect_url", "capture", "dispute"),
    ),
    Retention(
        table="refunds", rows="money given back", grows="orders", end="never: books", silent=("key", "why", "reference")
    ),
    Retention(
        table="ledger", rows="an entry of the ledger", grows="orders", end="never: books", silent=("entry", "account")
    ),
)
