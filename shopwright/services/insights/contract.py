"""The contract of analytics: values and operations."""

from datetime import date, datetime
from typing import Literal, Protocol

import msgspec

from shopwright.kit.money import Money
from shopwright.kit.rpc.operations import idempotent


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


class Insights(Protocol):
    """The operations of analytics."""

    @idempotent
    async def events(self, after: str = "", limit: int = 100) -> list[Logged]:
        """Return the event log after a cursor, in a stable order."""
        ...

    @idempotent
    async def about(self, subjects: list[str], limit: int = 500) -> list[Logged]:
        """Return the first events about these subjects, in order."""
        ...

    @idempotent
    async def days(self, count: int = 30) -> list[Day]:
        """Return the last days, oldest first, including days without orders."""
        ...

    @idempotent
    async def funnel(self, count: int = 30) -> list[FunnelStep]:
        """Return the funnel of the last days: views, carts, checkouts, orders placed, orders paid."""
        ...

    @idempotent
    async def top_searches(self, count: int = 30, limit: int = 10) -> list[TopSearch]:
        """Return the most frequent searches of the last days."""
        ...

    @idempotent
    async def top_views(self, count: int = 30, limit: int = 10) -> list[TopView]:
        """Return the most viewed products of the last days."""
        ...

    async def rebuild(self) -> int:
        """Recalculate all statistics from the log. Returns the number of events read."""
        ...

    @idempotent
    async def top_products(self, limit: int = 10) -> list[TopProduct]:
        """Return the best-selling products."""
        ...
