"""How long the rows of the pretend provider's tables are kept."""

from shopwright.kit.data.retention import Expiry, Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="intents",
        rows="a payment that moves no money",
        grows="orders",
        expiries=(
            Expiry(
                days=400,
                what="it was created",
                since="reference",
                prefix="pi",
                key=("reference",),
                children=(("intent_refunds", "reference"),),
            ),
        ),
        silent=("reference", "key", "token", "return_url", "reason", "capture", "dispute"),
    ),
    Retention(
        table="intent_refunds",
        rows="a refund that moves no money",
        grows="orders",
        end="with its payment",
        job="pretend.tidy",
        silent=("key", "reference", "reason", "name"),
    ),
    Retention(
        table="notices",
        rows="a webhook to be sent",
        grows="orders",
        end="when it was accepted, or all attempts failed",
        job="pretend.call",
        silent=("reference",),
    ),
    Retention(
        table="secrets",
        rows="the secret that signs webhooks",
        grows="not at all",
        end="never: there is only one",
        silent=("name", "secret"),
    ),
)
