"""Gift cards: prepaid money that is spent on orders.

contract/          Values, events and operations; all that other services import.
service.py         The operations: balances change by conditional statements only.
spec.py            How the service is built and wired.
handlers.py        Event handlers and scheduled jobs of gift cards.
http.py            REST routes of gift cards: management by staff, and the balance for owners of a code.
retention.py       How long the rows of each table are kept, and which are personal.
model.py           Rules of gift cards: codes, expiry, and where a refund goes.
hold_store.py      SQL for gift cards in orders: held, redeemed, refunded.
making.py          Making a card with its code, and recording its movements.
purchase_store.py  SQL for gift cards bought with orders.
purchases.py       Gift cards bought with orders: planned, made when paid, withdrawn when refunded.
replacement.py     Replaced cards: released holds and refunds go to the current successor.
store.py           SQL for gift cards: conditional statements that cannot overspend.
migrations/        The tables.
"""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="gift cards, purchases of them, holds for orders, movements (append-only)",
    handles=("UserErased", "AddressErased"),
    emits=("GiftCardIssued", "GiftCardDue", "GiftCardErased"),
)
