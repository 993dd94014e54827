"""A day in a form is a day of the shop, and a time in a form is in its zone."""

import re
from datetime import UTC, datetime

import httpx

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.services.catalog.contract import ProductInput
from tests.builders.goods import sell
from tests.builders.orders import fill_cart
from tests.builders.shops import OWNER


async def office(shop: Shop, api: httpx.AsyncClient) -> dict[str, str]:
    """Sign in the owner by cookie; returns the form token."""
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    page = await api.get("/office/pricing")
    return {"_csrf_token": re.search(r'name="_csrf_token" value="([^"]+)"', page.text)[1]}


async def test_a_coupon_for_one_day_applies_from_its_first_to_its_last_moment_in_the_shop(
    shop: Shop, api: httpx.AsyncClient, clock: HandClock
) -> None:
    token = await office(shop, api)
    form = {"code": "ONEDAY", "kind": "percentage", "value": "10", "starts_at": "2026-03-03", "ends_at": "2026-03-03"}
    made = await api.post("/office/pricing/coupons", data={**token, **form})
    assert made.status_code == 303, made.text
    assert "on 3 March 2026" in (await api.get("/office/pricing")).text
    cart = await fill_cart(shop, (await sell(shop), 1))

    async def holds() -> str:
        quoted = await shop.carts.set_coupons(cart.id, ("ONEDAY",))
        return next((one.detail for one in quoted.problems), "")

    assert "valid from 3 March 2026" in await holds()
    clock.move(hours=13, minutes=59)  # 23:59 in Berlin
    assert "valid from 3 March 2026" in await holds()
    clock.move(minutes=1)
    assert await holds() == ""
    clock.move(hours=23, minutes=59)
    assert await holds() == ""
    clock.move(minutes=1)
    assert "valid until 3 March 2026" in await holds()


async def test_a_product_is_published_at_the_time_of_the_shop_and_a_cleared_time_is_reported(
    shop: Shop, api: httpx.AsyncClient
) -> None:
    token = await office(shop, api)
    product = await shop.catalog.create(
        ProductInput(title="Lamp", status="scheduled", publish_at=datetime(2026, 7, 1, 8, tzinfo=UTC))
    )
    page = (await api.get(f"/office/products/{product.id}")).text
    assert 'value="2026-07-01T10:00"' in page
    assert "UTC" not in page
    address = f"/office/products/{product.id}"
    saved = await api.post(address, data={**token, "publish_at": "2026-12-01T10:00", "status": "scheduled"})
    assert saved.status_code == 303, saved.text
    assert (await shop.catalog.get(product.id)).publish_at == datetime(2026, 12, 1, 9, tzinfo=UTC)
    emptied = await api.post(address, data={**token, "publish_at": "", "status": "scheduled"})
    assert emptied.status_code == 422
    assert "Enter when the scheduled product is to be published." in emptied.text
