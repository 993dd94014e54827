"""What it costs, and why."""

from shopwright.kit.label import Label

LABEL = Label(
    owns="prices and their history, coupons, tax rates, shipping rates",
    tells=("PriceChanged", "CouponUsed"),
)
