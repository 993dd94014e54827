"""Findings of `doctor`."""

from shopwright.app import Shop
from shopwright.operations.doctor import examine


async def healthy(shop: Shop) -> None:
    """Deliver everything, and check that `doctor` finds nothing wrong."""
    await shop.bus.settle()
    assert await wrong(shop) == []


async def wrong(shop: Shop) -> list[str]:
    """Everything that `doctor` finds wrong."""
    return [sentence for finding in await examine(shop) for sentence in finding.wrong]
