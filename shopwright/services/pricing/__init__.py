"""Pricing: what a cart costs, and why."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="prices and their history, coupons, tax rates, shipping rates",
    emits=("PriceChanged", "CouponUsed"),
)
