"""Gift cards: money that was paid before there was an order, and is spent on orders."""

from shopwright.kit.manifest import Label

LABEL = Label(
    owns="gift cards, what is held of them for orders, movements (append-only)",
    hears=("UserErased", "AddressErased"),
    tells=("GiftCardIssued", "GiftCardErased"),
)
