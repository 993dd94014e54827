"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Expiry, Retention

OWED = "never automatically: its balance is a liability in the accounts"

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="cards",
        rows="a gift card, with the e-mail address of its recipient",
        grows="orders",
        personal="orders",
        end=f"{OWED}; the address when its owner is erased",
        job="UserErased, AddressErased",
        personal_columns=("recipient", "recipient_key", "issued_by"),
        silent=(
            "code_hash",
            "last4",
            "why",
            "request",
            "code_key",
            "fingerprint",
            "successor",
            "variant_id",
            "withdrawn",
        ),
    ),
    Retention(
        table="movements",
        rows="a credit or debit of a gift card",
        grows="orders",
        end="with its card",
        personal="books",
        personal_columns=("who",),
        silent=("kind", "refund"),
    ),
    Retention(
        table="holds",
        rows="a hold on gift cards for an order",
        grows="orders",
        expiries=(
            Expiry(
                days=7,
                what="it would have expired, unless it was captured",
                since="expires_at",
                where="state IN ('released', 'expired')",
                key=("order_id",),
                children=(("hold_lines", "order_id"),),
            ),
        ),
        end="if captured, with the card",
        silent=("cart",),
    ),
    Retention(table="hold_lines", rows="the amount held on one gift card", grows="orders", end="with its hold"),
    Retention(table="refunds", rows="a refund to gift cards", grows="orders", end="with the card", silent=("key",)),
    Retention(
        table="purchases",
        rows="gift cards that an order buys: who gets them, when, and with which message",
        grows="orders",
        personal="orders",
        expiries=(
            Expiry(
                days=30,
                what="the order was placed, unless it was paid",
                since="created_at",
                where="state <> 'issued'",
                key=("order_id",),
                children=(("purchase_lines", "order_id"),),
            ),
        ),
        end="if paid, with the cards; the message 7 days after it was sent, and names and addresses with their owner",
        job="UserErased, AddressErased",
        personal_columns=("buyer", "buyer_key", "sender", "recipient", "recipient_key", "message"),
    ),
    Retention(
        table="purchase_lines", rows="a gift card product that an order buys", grows="orders", end="with its purchase"
    ),
    Retention(
        table="codes",
        rows="the encrypted code of a gift card, for the e-mail to its recipient",
        grows="orders",
        end="7 days after it was issued, or its day came",
        job="giftcards.forget",
        silent=("body",),
    ),
    Retention(
        table="guesses",
        rows="wrong gift card codes from a network address",
        grows="visitors",
        personal="security",
        end="15 minutes after the first one",
        job="giftcards.forget",
        personal_columns=("key",),
    ),
)
