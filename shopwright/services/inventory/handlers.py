"""Scheduled jobs of inventory."""

from datetime import timedelta

from shopwright.kit.data.events import ScheduledJob
from shopwright.services.inventory.service import InventoryService


def jobs(inventory: InventoryService) -> list[ScheduledJob]:
    """Return the jobs: release expired reservations, carry old movements forward."""
    return [
        ScheduledJob("inventory.expire", timedelta(seconds=10), inventory.expire),
        ScheduledJob("inventory.carry_forward", timedelta(days=1), inventory.carry_forward),
    ]
