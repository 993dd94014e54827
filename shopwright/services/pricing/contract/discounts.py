"""Coupons and promotions, and what they give."""

from datetime import datetime
from typing import Literal

import msgspec

from shopwright.kit.money import Money


class LineDiscount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a coupon (`code`) or a promotion takes off a line."""

    title: str
    amount: Money
    code: str = ""
    promotion_id: str = ""


class CodeProblem(msgspec.Struct, frozen=True):
    """Why a coupon did not apply."""

    code: str
    detail: str


class Coupon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`value`: basis points off (percentage) or minor units off (fixed). Limits of 0 are none.

    One that is not `combinable` applies alone; lower `position`s come first among those of a kind.
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
    """A discount nobody types a code for.

    Several apply one after another: of items (`product_ids`, `category_ids`) before that of the order, percentages before
    fixed amounts, then by `position`. One that is not `combinable` applies alone, where that saves more.
    `value` and limits are as a coupon's. It is for `product_ids` and `category_ids` (with all below them), or for
    everything where neither is named.
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
