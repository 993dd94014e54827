"""How long the rows of each table are kept."""

from shopwright.kit.addresses import Address
from shopwright.kit.data.retention import Expiry, Retention, StoredBody
from shopwright.services.carts.contract import BuyerNotes
from shopwright.services.carts.store import Business
from shopwright.services.giftcards.contract import GiftDelivery

LINES = (("cart_lines", "cart_id"),)
RETENTION: tuple[Retention, ...] = (
    Retention(
        table="carts",
        rows="a cart with its addresses",
        grows="visitors",
        personal="account",
        expiries=(
            Expiry(
                days=7,
                what="it became an order",
                since="updated_at",
                where="closed = 1",
                children=LINES,
            ),
            Expiry(
                days=60,
                what="a guest last changed it",
                since="updated_at",
                where="closed = 0 AND customer_id IS NULL",
                children=LINES,
            ),
            Expiry(
                days=400,
                what="a customer last changed it",
                since="updated_at",
                where="closed = 0",
                children=LINES,
            ),
        ),
        bodies=(
            StoredBody("shipping_address", Address),
            StoredBody("billing_address", Address),
            StoredBody("business", Business),
            StoredBody("notes", BuyerNotes),
            StoredBody("gift_delivery", GiftDelivery),
        ),
        personal_columns=("email", "reference"),
        silent=("coupons", "gift_cards"),
    ),
    Retention(table="cart_lines", rows="an item in a cart", grows="visitors", end="with its cart", job="carts.tidy"),
    Retention(
        table="wishes",
        rows="an item of a wishlist",
        grows="customers",
        personal="account",
        end="with the account",
        job="UserErased",
    ),
    Retention(
        table="waiting_rooms",
        rows="the waiting room",
        grows="not at all",
        end="when it is closed: there is only one",
        silent=("name",),
    ),
)
