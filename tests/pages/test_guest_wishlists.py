"""The wishlist of a guest is kept after signing in."""

import re

import httpx

from shopwright.app import Shop
from tests.builders.goods import sell

ADA, PASSWORD = "ada@example.com", "harbour at seven"


async def send(api: httpx.AsyncClient, page: str, action: str, **fields: str) -> httpx.Response:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await api.get(page)).text)[1]
    return await api.post(action, data={"_csrf_token": token, **fields})


async def test_a_guest_wishlist_survives_signing_in(shop: Shop, api: httpx.AsyncClient) -> None:
    kettle, cup, gone = await sell(shop, "Kettle"), await sell(shop, "Cup"), await sell(shop, "Gone")
    user = await shop.users.register(ADA, PASSWORD, "Ada")
    for one in (kettle, cup, gone, kettle):
        page = f"/p/{one.slug}"
        assert "Add to wishlist" in (await api.get(page)).text
        answer = await send(api, page, "/account/wishlist", product_id=one.id)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/account/wishlist")
    await send(api, "/p/kettle", "/account/wishlist", product_id="<script>.prd_x")
    await shop.catalog.set_status(gone.id, "retired")
    signed_in = await send(
        api, "/sign-in?next=/account/wishlist", "/sign-in", email=ADA, password=PASSWORD, next="/account/wishlist"
    )
    assert signed_in.headers["location"] == "/account/wishlist"
    assert {one.product_id for one in await shop.carts.wishes(user.id)} == {kettle.id, cup.id}
    page = (await api.get("/account/wishlist")).text
    assert "Kettle" in page
    assert "Cup" in page
    assert not api.cookies.get("wishes")
