"""What others may know of insights."""

from datetime import date, datetime
from typing import Protocol

import msgspec

from shopwright.kit.money import Money


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in the log of the whole shop; `cursor` is its place there."""

    id: str
    type: str
    time: datetime
    subject: str
    data: msgspec.Raw
    cursor: str


class Day(msgspec.Struct, frozen=True):
    """A day's paid orders."""

    day: date
    orders: int
    revenue: Money


class TopProduct(msgspec.Struct, frozen=True):
    """What sold, how often, for how much."""

    product_id: str
    title: str
    quantity: int
    revenue: Money


class Insights(Protocol):
    """The verbs of insights."""

    async def events(self, after: str = "", limit: int = 100) -> list[Logged]:
        """The log of facts after a cursor, in order; the same cursor always continues at the same place."""
        ...

    async def days(self, count: int = 30) -> list[Day]:
        """The last days, oldest first, days without orders too."""
        ...

    async def rebuild(self) -> int:
        """Add everything up anew from the log; answers how many facts were read."""
        ...

    async def top_products(self, limit: int = 10) -> list[TopProduct]:
        """What sold most."""
        ...
