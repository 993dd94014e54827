"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Expiry, Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="messages",
        rows="a message to a person",
        grows="orders",
        personal="messages",
        expiries=(
            Expiry(
                days=7,
                setting="messages_kept",
                what="it was created, if it was sent",
                since="id",
                prefix="msg",
                where="state = 'sent'",
            ),
            Expiry(
                days=30,
                what="it was created, if it could not be sent",
                since="id",
                prefix="msg",
                where="state NOT IN ('waiting', 'sent')",
            ),
        ),
        end="the last one to an erased person, within a day",
        job="notifications.forget_farewells",
        personal_columns=("recipient", "subject", "text", "html", "about", "unsubscribe", "account", "secret"),
        silent=("channel", "problem", "topic", "secret_of", "request", "trace", "documents"),
    ),
    Retention(
        table="attached_documents",
        rows="a document attached to a message",
        grows="orders",
        personal="messages",
        expiries=(Expiry(days=400, what="it was sent", since="created_at", where="created_at > 0"),),
        silent=("name",),
    ),
    Retention(
        table="viewer",
        rows="a message in the viewer of a shop without a mail server",
        grows="orders",
        expiries=(Expiry(days=7, what="it was created", since="id", prefix="msg"),),
        silent=("channel", "recipient", "subject", "text", "html", "unsubscribe"),
    ),
    Retention(
        table="preferences",
        rows="the notification preferences of a person",
        grows="customers",
        personal="marketing",
        end="when the person is erased",
        job="UserErased, AddressErased",
        personal_columns=("person",),
        silent=("topic", "channel"),
    ),
    Retention(
        table="unsubscribes",
        rows="an unsubscribe link",
        grows="customers",
        personal="marketing",
        expiries=(
            Expiry(days=400, what="the message was created", since="created_at", where="created_at > 0", key=("hash",)),
        ),
        personal_columns=("person",),
        silent=("hash", "topic"),
    ),
    Retention(
        table="stock_alerts",
        rows="a back-in-stock alert",
        grows="visitors",
        personal="marketing",
        expiries=(
            Expiry(
                days=1,
                what="it was requested, if it was not confirmed",
                since="created_at",
                where="confirmed = 0",
                key=("variant_id", "person"),
            ),
            Expiry(
                days=400,
                what="it was requested",
                since="created_at",
                where="confirmed = 1",
                key=("variant_id", "person"),
            ),
        ),
        end="when the alert was sent",
        job="BackInStock",
        personal_columns=("person", "email"),
    ),
    Retention(
        table="alert_tokens",
        rows="a link that confirms a back-in-stock alert",
        grows="visitors",
        personal="marketing",
        expiries=(Expiry(days=0, what="it expires", since="expires_at", key=("hash",)),),
        personal_columns=("person",),
        silent=("hash",),
    ),
)
