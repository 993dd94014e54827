"""Shops that real processes serve, before they start and after they have ended."""

import asyncio
from pathlib import Path

from shopwright.app import Shop
from tests.builders.goods import sell
from tests.builders.server import delivered
from tests.builders.shops import QUICK, make_settings


async def stock_up(data: tuple[Path, str], *goods: tuple[str, int]) -> list[str]:
    """Put products on sale before any process runs; returns their SKUs."""
    shop = Shop(make_settings(*data), hasher=QUICK)
    try:
        products = [await sell(shop, title, on_hand=count) for title, count in goods]
        return [product.variants[0].sku for product in products]
    finally:
        await shop.close()


async def settled(data: tuple[Path, str]) -> Shop:
    """The shop after every event was delivered and every message sent; leases of killed processes expire first."""
    shop = Shop(make_settings(*data), hasher=QUICK)
    await shop.pretend.prepare()
    async with asyncio.timeout(240):
        await delivered(shop)
        while await shop.databases["notifications"].fetch("SELECT id FROM messages WHERE state = 'waiting'"):
            await asyncio.sleep(0.5)
            await delivered(shop)
    return shop
