"""What it costs, and why."""

from shopwright.kit.manifest import Label

LABEL = Label(
    owns="prices and their history, coupons, tax rates, shipping rates",
    tells=("PriceChanged", "CouponUsed"),
)
