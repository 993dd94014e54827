"""What else one may like, and why."""

from shopwright.kit.manifest import Label

LABEL = Label(
    owns="what was bought together, features of products, what those who agreed looked at",
    asks=("catalog",),
    hears=("OrderPaid", "OrderImported", "ProductPublished", "ProductRetired", "UserErased"),
    tells=("ProductsViewed",),
)
