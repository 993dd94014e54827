"""What a shopper means to buy."""

from shopwright.kit.label import Label

LABEL = Label(owns="carts and their lines", asks=("catalog", "inventory", "pricing"))
