"""What `doctor` finds wrong."""

from shopwright.app import Shop
from shopwright.operations.doctor import examine


async def healthy(shop: Shop) -> None:
    await shop.bus.settle()
    assert [sentence for finding in await examine(shop) for sentence in finding.wrong] == []


async def wrong(shop: Shop) -> list[str]:
    return [sentence for finding in await examine(shop) for sentence in finding.wrong]
