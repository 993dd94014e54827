"""An event of the tests."""

from typing import ClassVar

from shopwright.app import Shop
from shopwright.kit.data.events import Event


class SampleEvent(Event, frozen=True, kw_only=True):
    """The nth event about a key."""

    SUBJECT: ClassVar[str] = "key"
    key: str
    n: int


async def emit_events(shop: Shop, handlers: tuple[str, ...], *events: tuple[str, int]) -> None:
    """Emit such events to `handlers`."""
    shop.databases["users"].subscriptions.by_event = {"SampleEvent": handlers}
    async with shop.databases["users"].begin() as tx:
        for key, n in events:
            await tx.emit(SampleEvent(key=key, n=n))
            shop.clock.move(milliseconds=1)
