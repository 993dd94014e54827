"""An event of the tests."""

from typing import ClassVar

from shopwright.app import Shop
from shopwright.kit.data.events import Event


class Rang(Event, frozen=True, kw_only=True):
    """A bell rang for the nth time."""

    SUBJECT: ClassVar[str] = "bell"
    bell: str
    n: int


async def ring(shop: Shop, hearers: tuple[str, ...], *events: tuple[str, int]) -> None:
    """Emit such events; `hearers`: who receives them."""
    shop.databases["users"].hearers.by_event = {"Rang": hearers}
    async with shop.databases["users"].begin() as tx:
        for bell, n in events:
            await tx.emit(Rang(bell=bell, n=n))
            shop.clock.move(milliseconds=1)
