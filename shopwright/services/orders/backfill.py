"""Scheduled jobs that fill in data which orders of earlier versions lack, a batch at a time."""

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.services.orders import find_store, tax_store

AT_ONCE, TIMES = 20, 100  # a transaction is short, and other timers have their turn soon


class Backfill:
    """Fills in missing search terms and tax parts of older orders."""

    def __init__(self, work: ServiceDatabase) -> None:
        self._work = work

    async def write_terms(self) -> None:
        """Scheduled job: write the search terms of orders that an earlier version stored, in batches."""
        for _ in range(TIMES):
            async with self._work.begin() as tx:
                if await find_store.write_missing(tx, AT_ONCE) < AT_ONCE:
                    return

    async def write_taxes(self) -> None:
        """Scheduled job: read the tax parts of older orders from their receipts, in batches."""
        for _ in range(TIMES):
            found = await tax_store.read_missing(self._work, AT_ONCE)
            async with self._work.begin() as tx:
                await tax_store.write(tx, found)
            if len(found) < AT_ONCE:
                return
