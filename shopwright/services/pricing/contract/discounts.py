"""Coupons, promotions, and the discounts they give."""

from datetime import datetime
from typing import Literal

import msgspec

from shopwright.kit.money import Money


class LineDiscount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The discount of a coupon (`code`) or a promotion on a line."""

    title: str
    amount: Money
    code: str = ""
    promotion_id: str = ""


class CodeProblem(msgspec.Struct, frozen=True):
    """Why a coupon did not apply."""

    code: str
    detail: str


class Coupon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A coupon. `value`: basis points (percentage) or minor units (fixed). A limit of 0 means none.

    A coupon that is not `combinable` applies alone; among coupons of a kind lower `position`s come first.
    """

    code: str
    kind: Literal["percentage", "fixed", "free_shipping"]
    value: int = 0
    currency: str = ""
    minimum: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    limit_total: int = 0
    limit_per_customer: int = 0
    used: int = 0
    combinable: bool = True
    position: int = 0


class Promotion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An automatic discount.

    Promotions apply one after another: for items (`product_ids`, `category_ids`) before those for the order,
    percentages before fixed amounts, then by `position`. One that is not `combinable` applies alone, if that saves
    more. `value` and limits are as in Coupon. It covers `product_ids` and `category_ids` (with subcategories), or
    everything if neither is given.
    """

    id: str = ""
    title: str
    kind: Literal["percentage", "fixed", "free_shipping"]
    value: int = 0
    currency: str = ""
    minimum: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    product_ids: tuple[str, ...] = ()
    category_ids: tuple[str, ...] = ()
    position: int = 0
    active: bool = True
    combinable: bool = True
