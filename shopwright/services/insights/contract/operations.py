"""The operations of insights."""

from typing import Protocol

from shopwright.kit.rpc.operations import idempotent
from shopwright.services.insights.contract.values import Day, FunnelStep, Logged, TopProduct, TopSearch, TopView


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
