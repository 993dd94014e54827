"""A shop as it was at one moment: the databases that the doctor compares, each read from a snapshot."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from shopwright.app import Shop
from shopwright.kit.data.events import UnderWay
from shopwright.kit.data.unit_of_work import Reader
from shopwright.kit.errors import ShopError

# As facts go, so that what is on its way from one to the next is seen where it comes from.
COMPARED = ("inventory", "payments", "giftcards", "orders", "notifications", "insights", "books")


class ShopSnapshot:
    """`of` a service: its database. `under_way`: facts that somebody had not heard just before or just after."""

    def __init__(self, shop: Shop, opened: Mapping[str, Reader | ShopError], under_way: Sequence[UnderWay]) -> None:
        self.shop = shop
        self.under_way = under_way
        self._opened = opened

    def of(self, service: str) -> Reader:
        """What can be asked of it. Raises ShopError where it could not be opened."""
        found = self._opened[service]
        if isinstance(found, ShopError):
            raise found
        return found


@asynccontextmanager
async def snapshot_of(shop: Shop) -> AsyncIterator[ShopSnapshot]:
    """All of them at almost the same moment; nobody waits for it."""
    async with AsyncExitStack() as stack:
        before = await under_way(shop)
        opened: dict[str, Reader | ShopError] = {}
        for name in COMPARED:
            try:
                opened[name] = await stack.enter_async_context(shop.works[name].snapshot())
            except ShopError as error:  # said by each check that needs it
                opened[name] = error
        yield ShopSnapshot(shop, opened, [*before, *await under_way(shop)])


async def under_way(shop: Shop) -> Sequence[UnderWay]:
    """What somebody has not heard yet."""
    try:
        return await shop.bus.under_way()
    except ShopError:  # what cannot be read is said by each check that needs it
        return ()
