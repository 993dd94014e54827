"""When time passes, do this."""

from datetime import timedelta

from shopwright.kit.data.events import Timer
from shopwright.services.inventory.service import InventoryService


def timers(inventory: InventoryService) -> list[Timer]:
    """Reservations that ran out are given back, old movements carried forward."""
    return [
        Timer("inventory.expire", timedelta(seconds=10), inventory.expire),
        Timer("inventory.carry_forward", timedelta(days=1), inventory.carry_forward),
    ]
