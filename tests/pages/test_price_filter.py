"""A price filter is in the currency of the shop: bounds, chips and placeholders, with its decimals."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.money import parse
from shopwright.web.application import build
from shopwright.web.product_view import write
from tests.builders.shops import QUICK, make_settings

CASES = {
    "JPY": (("500", "1500", "3000"), ("1000", "2000"), ("From ¥1,000", "Up to ¥2,000"), ("500", "3000"), "¥"),
    "KWD": (("0.500", "1.505", "3.001"), ("1.5", "1,505"), ("From KWD1.500", "Up to KWD1.505"), ("0", "4"), "KWD"),
    "EUR": (("5.00", "19.99", "30.00"), ("19.99", "19.99"), ("From €19.99", "Up to €19.99"), ("5", "30"), "€"),
    "RSD": (("0.40", "199.50", "900"), ("199.50", "200"), ("From RSD199.50", "Up to RSD200.00"), ("0", "900"), "RSD"),
}  # fmt: skip


@asynccontextmanager
async def shop_in(currency: str, data: tuple[Path, str]) -> AsyncIterator[tuple[Shop, httpx.AsyncClient]]:
    shop = Shop(make_settings(*data, currency=currency), clock=HandClock(), hasher=QUICK)
    async with shop.running(deliver=False):
        transport = httpx.ASGITransport(app=build(shop, deliver=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            yield shop, client


@pytest.mark.parametrize("currency", CASES)
async def test_a_price_filter_is_in_the_shops_currency(currency: str, data: tuple[Path, str]) -> None:
    prices, (low, high), label, ends, sign = CASES[currency]
    async with shop_in(currency, data) as (shop, api):
        for number, price in enumerate(prices):
            variant = write.VariantWrite(price=parse(price, currency), on_hand=5)
            new = write.ProductWrite(title=f"Lamp {number}", status="published", variants=(variant,))
            await write.create(shop.product_views, new, "opening stock")
        await shop.bus.settle()
        await shop.search.bring_up_to_date()
        page = (await api.get("/search", params={"q": "lamp", "min": low, "max": high})).text
        assert [f"Lamp {number}" in page for number in range(3)] == [False, True, False]
        assert all(one in page for one in label), page
        unfiltered = (await api.get("/search", params={"q": "lamp"})).text
        assert f'From {sign} <input name="min"' in unfiltered
        assert all(f'placeholder="{one}"' in unfiltered for one in ends)
        assert "From €" not in unfiltered or currency == "EUR"
        for nonsense in ("abc", "NaN", "1e99", "-3", "Infinity"):
            assert (await api.get("/search", params={"min": nonsense, "max": nonsense})).status_code == 200
