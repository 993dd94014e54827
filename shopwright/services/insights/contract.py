"""What others may know of insights."""

from datetime import date, datetime
from typing import Literal, Protocol

import msgspec

from shopwright.kit.money import Money
from shopwright.kit.rpc.operations import idempotent


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in the log of the whole shop; `cursor` is its place there.

    `request_id`: the request it was told in, or the run of a job; `trace_id`: its trace, where traces are kept. "" for unknown.
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
    """The orders that were paid on a day, without those cancelled or wholly refunded since, and what was kept of their money."""

    day: date
    orders: int
    revenue: Money


class TopProduct(msgspec.Struct, frozen=True):
    """What sold and was not refunded, how often, for how much."""

    product_id: str
    title: str
    quantity: int
    revenue: Money


Step = Literal["viewed", "cart", "checkout", "placed", "paid"]


class FunnelStep(msgspec.Struct, frozen=True):
    """How often it came that far."""

    step: Step
    count: int


class TopSearch(msgspec.Struct, frozen=True):
    """Words, and how often they were searched for."""

    words: str
    count: int


class TopView(msgspec.Struct, frozen=True):
    """A product, and how often it was looked at."""

    product_id: str
    count: int


class Insights(Protocol):
    """The verbs of insights."""

    @idempotent
    async def events(self, after: str = "", limit: int = 100) -> list[Logged]:
        """The log of facts after a cursor, in order; the same cursor always continues at the same place."""
        ...

    @idempotent
    async def about(self, subjects: list[str], limit: int = 500) -> list[Logged]:
        """The first facts about these subjects, in the order of the log."""
        ...

    @idempotent
    async def days(self, count: int = 30) -> list[Day]:
        """The last days, oldest first, days without orders too."""
        ...

    @idempotent
    async def funnel(self, count: int = 30) -> list[FunnelStep]:
        """Of the last days: products looked at, carts begun, checkouts begun, orders placed, orders paid."""
        ...

    @idempotent
    async def top_searches(self, count: int = 30, limit: int = 10) -> list[TopSearch]:
        """What was searched for most in the last days."""
        ...

    @idempotent
    async def top_views(self, count: int = 30, limit: int = 10) -> list[TopView]:
        """What was looked at most in the last days."""
        ...

    async def rebuild(self) -> int:
        """Add everything up anew from the log; answers how many facts were read."""
        ...

    @idempotent
    async def top_products(self, limit: int = 10) -> list[TopProduct]:
        """What sold most."""
        ...
