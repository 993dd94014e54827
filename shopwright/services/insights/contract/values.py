"""The values of insights: what operations take and return, and errors."""

from datetime import date, datetime
from typing import Literal

import msgspec

from shopwright.kit.money import Money


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """An event in the log of the whole shop; `cursor` is its place there.

    `request_id`: the request or job run that emitted it; `trace_id`: its trace, if traces are kept; "" if unknown.
    """

    id: str
    type: str
    time: datetime
    subject: str
    data: msgspec.Raw
    cursor: str
    request_id: str = ""
    trace_id: str = ""


class Day(msgspec.Struct, frozen=True):
    """Orders paid on a day, without those cancelled or fully refunded since, and their net revenue."""

    day: date
    orders: int
    revenue: Money


class TopProduct(msgspec.Struct, frozen=True):
    """Net units sold and revenue of a product."""

    product_id: str
    title: str
    quantity: int
    revenue: Money


Step = Literal["viewed", "cart", "checkout", "placed", "paid"]


class FunnelStep(msgspec.Struct, frozen=True):
    """A step of the conversion funnel and its count."""

    step: Step
    count: int


class TopSearch(msgspec.Struct, frozen=True):
    """A search text and its count."""

    words: str
    count: int


class TopView(msgspec.Struct, frozen=True):
    """A product and its page views."""

    product_id: str
    count: int
