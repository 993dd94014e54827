"""How long the rows of each table are kept."""

from shopwright.kit.retention import Expiry, Retention

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="users",
        rows="an account",
        grows="customers",
        end="when its customer deletes it, or staff",
        job="DELETE /v1/me",
    ),
    Retention(
        table="sessions",
        rows="somebody who is signed in",
        grows="customers",
        expiries=(
            Expiry(
                days=1,
                what="it ran out",
                since="expires_at",
                children=(("refresh_tokens", "session_id"),),
            ),
        ),
        end="when they sign out",
        job="sign-out",
    ),
    Retention(
        table="refresh_tokens", rows="a refresh token", grows="customers", end="with its session", job="users.tidy"
    ),
    Retention(
        table="addresses",
        rows="an address of a customer",
        grows="customers",
        end="with the account",
        job="DELETE /v1/me",
    ),
    Retention(
        table="failures",
        rows="wrong passwords of an account or address",
        grows="strangers",
        end="an hour after the last",
        job="users.forget_guesses",
    ),
    Retention(
        table="signing_keys",
        rows="a key that signs tokens",
        grows="not at all",
        end="when keys are rotated",
        job="shopwright keys rotate",
    ),
    Retention(
        table="mail_tokens",
        rows="a link in a message that proves an address",
        grows="strangers",
        expiries=(Expiry(days=0, what="it expires", since="expires_at", key=("hash",)),),
        end="when it is used",
    ),
    Retention(
        table="letters_asked",
        rows="that a message was asked for",
        grows="strangers",
        end="a day after it",
        job="users.forget_guesses",
    ),
    Retention(
        table="second_factors",
        rows="a second factor",
        grows="customers",
        end="when it is taken away, or with the account",
        job="DELETE /v1/me",
    ),
    Retention(
        table="recovery_codes",
        rows="a recovery code",
        grows="customers",
        end="when it is used, or with the second factor",
        job="DELETE /v1/me",
    ),
    Retention(
        table="half_signed_in",
        rows="somebody who has still to give a second factor",
        grows="customers",
        expiries=(Expiry(days=0, what="it expires", since="expires_at", key=("hash",)),),
    ),
    Retention(
        table="known_clients",
        rows="a browser an account was signed in to from",
        grows="customers",
        end="180 days after it was seen last, and with the account",
        job="users.forget_guesses",
    ),
    Retention(
        table="audit",
        rows="an act of staff",
        grows="staff",
        end="never: evidence, each entry vouches for the one before",
    ),
    Retention(
        table="audit_open",
        rows="an act that has begun",
        grows="staff",
        end="when it is over",
        job="users.close_unfinished_acts",
    ),
    Retention(
        table="audit_head", rows="the last entry of the audit log", grows="not at all", end="never: there is one"
    ),
)
