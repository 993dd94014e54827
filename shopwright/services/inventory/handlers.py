"""When time passes, do this."""

from datetime import timedelta

from shopwright.kit.data.events import ScheduledJob
from shopwright.services.inventory.service import InventoryService


def jobs(inventory: InventoryService) -> list[ScheduledJob]:
    """Reservations that ran out are given back, old movements carried forward."""
    return [
        ScheduledJob("inventory.expire", timedelta(seconds=10), inventory.expire),
        ScheduledJob("inventory.carry_forward", timedelta(days=1), inventory.carry_forward),
    ]
