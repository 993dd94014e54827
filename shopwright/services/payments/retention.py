"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="payments",
        rows="a payment",
        grows="orders",
        personal="security",
        end="never: accounting records; hashes used to limit attempts, when the limit's window has passed",
        job="payments.forget_tries",
        personal_columns=("email_hash", "address_hash", "card_hash"),
        silent=("key", "provider", "token", "return_url", "reference", "reason", "redirect_url", "capture", "dispute"),
    ),
    Retention(
        table="refunds",
        rows="a refund",
        grows="orders",
        end="never: accounting records",
        silent=("key", "why", "reference"),
    ),
    Retention(
        table="ledger",
        rows="a journal entry",
        grows="orders",
        end="never: accounting records",
        silent=("entry", "account"),
    ),
    Retention(
        table="provider_keys",
        rows="the keys of a payment provider, encrypted",
        grows="not at all",
        end="when the provider is disconnected",
        silent=("provider", "keys", "connected_by"),
    ),
    Retention(
        table="notices",
        rows="a notice of a provider that was handled",
        grows="orders",
        end="after 90 days",
        job="payments.forget_notices",
        silent=("provider", "id", "kind"),
    ),
)
