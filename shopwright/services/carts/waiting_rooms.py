"""The waiting room: when more shoppers arrive than the shop can serve, each gets a place in a queue."""

from shopwright.kit.errors import Invalid, Refused
from shopwright.kit.translation import gettext as _
from shopwright.services.carts import room_store
from shopwright.services.carts.context import CartContext
from shopwright.services.carts.contract import QueuePlaces, WaitingRoom

MOST_A_MINUTE = 60_000


class WaitingRooms:
    """Opens and closes the waiting room, and assigns places."""

    def __init__(self, context: CartContext) -> None:
        self._work = context.work

    async def waiting_room(self) -> WaitingRoom | None:
        return await room_store.read(self._work)

    async def open_waiting_room(self, per_minute: int) -> WaitingRoom:
        if not 1 <= per_minute <= MOST_A_MINUTE:
            raise Invalid.at(
                "/per_minute",
                _("Between 1 and {most_a_minute} shoppers are admitted per minute.", most_a_minute=MOST_A_MINUTE),
            )
        async with self._work.begin() as tx:
            await room_store.open_or_change(tx, self._work.ids.new("wtr"), per_minute)
        room = await self.waiting_room()
        if room is None:  # closed again by another in the same moment
            raise Refused(_("The waiting room was closed by someone else. Open it again."))
        return room

    async def close_waiting_room(self) -> None:
        async with self._work.begin() as tx:
            await room_store.close(tx)

    async def take_places(self, count: int) -> QueuePlaces | None:
        async with self._work.begin() as tx:
            return await room_store.take(tx, count)
