"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Expiry, Retention

OWED = "never by itself: its balance is owed, and stands in the books"

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="cards",
        rows="a gift card, with the e-mail address of its recipient",
        grows="orders",
        personal="orders",
        end=f"{OWED}; the address when its owner is erased",
        job="UserErased, AddressErased",
        tells=("recipient", "recipient_key", "issued_by"),
        silent=("code_hash", "last4", "why", "request", "code_key", "fingerprint", "successor"),
    ),
    Retention(
        table="movements",
        rows="money that came to a gift card or left it",
        grows="orders",
        end="with its card",
        personal="books",
        tells=("who",),
        silent=("kind", "refund"),
    ),
    Retention(
        table="holds",
        rows="that gift cards pay for an order",
        grows="orders",
        expiries=(
            Expiry(
                days=7,
                what="it would have run out, for those that were not taken",
                since="expires_at",
                where="state IN ('released', 'expired')",
                key=("order_id",),
                children=(("hold_lines", "order_id"),),
            ),
        ),
        end="where it was taken: with the card",
        silent=("cart",),
    ),
    Retention(table="hold_lines", rows="what a gift card pays of an order", grows="orders", end="with its hold"),
    Retention(
        table="refunds", rows="that a refund went to gift cards", grows="orders", end="with the card", silent=("key",)
    ),
    Retention(
        table="codes",
        rows="the code of a gift card, encrypted, for the e-mail to its recipient",
        grows="orders",
        end="7 days after it was issued",
        job="giftcards.forget",
        silent=("body",),
    ),
    Retention(
        table="guesses",
        rows="codes that were tried from a network address",
        grows="strangers",
        personal="security",
        end="15 minutes after the first",
        job="giftcards.forget",
        tells=("key",),
    ),
)
