"""Gift cards: prepaid money that is spent on orders."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="gift cards, purchases of them, holds for orders, movements (append-only)",
    handles=("UserErased", "AddressErased"),
    emits=("GiftCardIssued", "GiftCardDue", "GiftCardErased"),
)
