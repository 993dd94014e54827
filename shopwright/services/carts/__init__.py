"""Carts: items that a shopper intends to buy.

Interface
    contract/         Values, events and operations; all that other services import.
    service.py        The operations; prices, stock and totals are calculated each time.
    spec.py           How the service is built and wired.
    context.py        What the parts share: database, services they call, and carts by id.
    handlers.py       Event handlers and scheduled jobs of carts.
    http.py           REST routes of carts; a guest's cart id grants access.
    retention.py      How long the rows of each table are kept, and which are personal.
    migrations/       The tables.

Carts
    model.py          Rules of cart lines, and their problems in words and codes.
    lines.py          Lines of a cart: added, changed, saved for later.
    details.py        Checkout details: contact, addresses, shipping, coupons and gift cards.
    quoting.py        Quoting a cart at today's prices, stock and taxes.
    views.py          Carts as shown, built from stored data, products, stock and quote.
    closing.py        Opening, merging and closing carts.
    abandoned.py      Abandoned carts: untouched for some hours.
    businesses.py     Business buyers: their tax id and its check by the register.
    gift_cards.py     Gift cards of a cart: only their ids are stored.
    erasure.py        Erasure of carts.
    store.py          SQL for carts.

Beside carts
    wishlists.py      Wishlists.
    waiting_rooms.py  The waiting room: a queue when more shoppers arrive than the shop can serve.
    room_store.py     SQL for the waiting room.
"""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="carts and their lines, items saved for later, wishlists",
    asks=("catalog", "inventory", "pricing", "giftcards"),
    handles=("UserErased", "AddressErased"),
    emits=("CartStarted", "CheckoutStarted", "CartAbandoned"),
)
