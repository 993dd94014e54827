"""Pricing: the total of a cart, with its breakdown."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="prices and their history, coupons, tax rates, shipping rates",
    emits=("PriceChanged", "CouponUsed"),
)
