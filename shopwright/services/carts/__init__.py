"""Carts: items that a shopper intends to buy."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="carts and their lines, items saved for later, wishlists",
    asks=("catalog", "inventory", "pricing", "giftcards"),
    handles=("UserErased", "AddressErased"),
    emits=("CartStarted", "CheckoutStarted", "CartAbandoned"),
)
