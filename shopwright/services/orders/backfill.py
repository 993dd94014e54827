"""What orders of an earlier version do not say of themselves yet, written by jobs some at a time."""

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.services.orders import find_store, tax_store

AT_ONCE, TIMES = 20, 100  # a transaction is short, and other timers have their turn soon


class Backfill:
    """Writes what is missing."""

    def __init__(self, work: ServiceDatabase) -> None:
        self._work = work

    async def write_terms(self) -> None:
        """A timer: orders a version before has written are found by what later ones are; some at a time."""
        for _ in range(TIMES):
            async with self._work.begin() as tx:
                if await find_store.write_missing(tx, AT_ONCE) < AT_ONCE:
                    return

    async def write_taxes(self) -> None:
        """A timer: the taxes of orders a version before has written are read from their receipts; some at a time."""
        for _ in range(TIMES):
            found = await tax_store.read_missing(self._work, AT_ONCE)
            async with self._work.begin() as tx:
                await tax_store.write(tx, found)
            if len(found) < AT_ONCE:
                return
