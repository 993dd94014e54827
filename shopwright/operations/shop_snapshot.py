"""A snapshot of a shop: the databases the doctor compares, at almost one moment."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from shopwright.app import Shop
from shopwright.kit.data.events import PendingEvents
from shopwright.kit.data.unit_of_work import Reader
from shopwright.kit.errors import ShopError

# In the order of events, so that pending ones are seen at their source.
COMPARED = ("inventory", "payments", "giftcards", "orders", "notifications", "insights", "books")


class ShopSnapshot:
    """`of`: a service's reader. `under_way`: events pending just before or after."""

    def __init__(
        self, shop: Shop, opened: Mapping[str, Reader | ShopError], under_way: Sequence[PendingEvents]
    ) -> None:
        self.shop = shop
        self.under_way = under_way
        self._opened = opened

    def of(self, service: str) -> Reader:
        """Return the reader of a service. Raises ShopError if it could not be opened."""
        found = self._opened[service]
        if isinstance(found, ShopError):
            raise found
        return found


@asynccontextmanager
async def snapshot_of(shop: Shop) -> AsyncIterator[ShopSnapshot]:
    """Open snapshots of all databases without blocking anyone."""
    async with AsyncExitStack() as stack:
        before = await under_way(shop)
        opened: dict[str, Reader | ShopError] = {}
        for name in COMPARED:
            try:
                opened[name] = await stack.enter_async_context(shop.databases[name].snapshot())
            except ShopError as error:  # said by each check that needs it
                opened[name] = error
        yield ShopSnapshot(shop, opened, [*before, *await under_way(shop)])


async def under_way(shop: Shop) -> Sequence[PendingEvents]:
    """Return pending events."""
    try:
        return await shop.bus.under_way()
    except ShopError:  # what cannot be read is said by each check that needs it
        return ()
