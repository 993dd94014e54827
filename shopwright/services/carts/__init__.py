"""What a shopper means to buy."""

from shopwright.kit.manifest import Label

LABEL = Label(
    owns="carts and their lines, saved for later, wishlists",
    asks=("catalog", "inventory", "pricing", "giftcards"),
    hears=("UserErased", "AddressErased"),
    tells=("CartStarted", "CheckoutStarted", "CartAbandoned"),
)
