"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Expiry, Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="messages",
        rows="a message to somebody",
        grows="orders",
        personal="messages",
        expiries=(
            Expiry(
                days=7,
                what="it was written, if it was sent",
                since="id",
                prefix="msg",
                where="state = 'sent'",
            ),
            Expiry(
                days=30, what="it was written, unless it waits", since="id", prefix="msg", where="state <> 'waiting'"
            ),
        ),
        end="the last one to somebody who was erased, within a day",
        job="notifications.forget_farewells",
        tells=("recipient", "subject", "text", "html", "about", "unsubscribe", "account", "secret"),
        silent=("channel", "problem", "topic", "secret_of", "request", "trace", "documents"),
    ),
    Retention(
        table="attached_documents",
        rows="that a document of the books went out with a message",
        grows="orders",
        personal="messages",
        expiries=(Expiry(days=400, what="it was sent", since="created_at", where="created_at > 0"),),
        silent=("name",),
    ),
    Retention(
        table="viewer",
        rows="that a message was handed over here, where there is no mail server",
        grows="orders",
        expiries=(Expiry(days=7, what="it was written", since="id", prefix="msg"),),
        silent=("channel", "recipient", "subject", "text", "html", "unsubscribe"),
    ),
    Retention(
        table="preferences",
        rows="what somebody wants to be told",
        grows="customers",
        personal="marketing",
        end="when they are erased",
        job="UserErased, AddressErased",
        tells=("person",),
        silent=("topic", "channel"),
    ),
    Retention(
        table="unsubscribes",
        rows="a link in a message that ends a topic",
        grows="customers",
        personal="marketing",
        expiries=(
            Expiry(days=400, what="the message was written", since="created_at", where="created_at > 0", key=("hash",)),
        ),
        tells=("person",),
        silent=("hash", "topic"),
    ),
    Retention(
        table="stock_alerts",
        rows="who wants to be told when something is back",
        grows="strangers",
        personal="marketing",
        expiries=(
            Expiry(
                days=1,
                what="it was asked for, if nobody confirmed it",
                since="created_at",
                where="confirmed = 0",
                key=("variant_id", "person"),
            ),
            Expiry(
                days=400,
                what="it was asked for",
                since="created_at",
                where="confirmed = 1",
                key=("variant_id", "person"),
            ),
        ),
        end="when they were told",
        job="BackInStock",
        tells=("person", "email"),
    ),
    Retention(
        table="alert_tokens",
        rows="a link that confirms an alert",
        grows="strangers",
        personal="marketing",
        expiries=(Expiry(days=0, what="it expires", since="expires_at", key=("hash",)),),
        tells=("person",),
        silent=("hash",),
    ),
)
