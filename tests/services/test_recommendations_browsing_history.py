"""Views and searches of shoppers: counted anonymously, remembered only with consent."""

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.errors import Missing
from shopwright.services.insights.contract import FunnelStep
from tests.builders.customers import sign_in
from tests.builders.goods import sell
from tests.builders.orders import fill_cart


async def recent(shop: Shop, viewer: str) -> list[str]:
    found = await shop.recommendations.recommend("recently_viewed", user_id=viewer)
    return [one.product_id for one in found]


async def test_browsing_history_needs_consent_and_is_deleted_when_it_is_withdrawn(shop: Shop, clock) -> None:
    lamp, chair = await sell(shop, "Lamp"), await sell(shop, "Chair")
    await shop.recommendations.record_view("someone", lamp.slug)
    assert await recent(shop, "someone") == []
    await shop.recommendations.set_consent("someone", wanted=True)
    for product in (lamp, chair, lamp):
        clock.move(seconds=1)
        await shop.recommendations.record_view("someone", product.id)
    assert await recent(shop, "someone") == [lamp.id, chair.id]
    found = await shop.recommendations.recommend("recently_viewed", user_id="someone", products=[lamp.id])
    assert [(one.product_id, one.reason) for one in found] == [(chair.id, "You looked at this")]
    with pytest.raises(Missing):
        await shop.recommendations.record_view("someone", "no-such-thing")
    await shop.recommendations.set_consent("someone", wanted=False)
    await shop.recommendations.record_view("someone", lamp.id)
    assert await recent(shop, "someone") == []


async def test_old_browsing_history_is_deleted_and_its_size_is_bounded(shop: Shop, clock) -> None:
    products = [await sell(shop, f"Thing {n}") for n in range(3)]
    await shop.recommendations.set_consent("someone", wanted=True)
    for product in products:
        await shop.recommendations.record_view("someone", product.id)
        clock.move(days=40)
    await shop.recommendations.forget_old()
    assert await recent(shop, "someone") == [products[2].id, products[1].id]
    clock.move(days=91)
    await shop.recommendations.forget_old()
    assert not await shop.recommendations.has_consent("someone")


async def test_signing_in_keeps_the_browsing_history(shop: Shop) -> None:
    lamp = await sell(shop, "Lamp")
    await shop.recommendations.set_consent("browser", wanted=True)
    await shop.recommendations.record_view("browser", lamp.id)
    await shop.recommendations.assign_views("browser", "usr_1")
    await shop.recommendations.assign_views("browser", "usr_1")
    assert (await recent(shop, "browser"), await recent(shop, "usr_1")) == ([], [lamp.id])


async def test_personal_recommendations_follow_the_browsing_history_without_orders(shop: Shop) -> None:
    lamp = await sell(shop, "Lamp", brand="Ostra", tags=("brass",))
    twin = await sell(shop, "Other lamp", brand="Ostra", tags=("brass",))
    await sell(shop, "Chair", brand="Nord")
    await shop.recommendations.set_consent("usr_1", wanted=True)
    await shop.recommendations.record_view("usr_1", lamp.id)
    found = await shop.recommendations.recommend("for_you", user_id="usr_1")
    assert (found[0].product_id, found[0].reason) == (twin.id, "Similar to products you viewed")


async def test_a_customer_consents_at_the_api_and_withdraws(api: httpx.AsyncClient, shop: Shop) -> None:
    lamp = await sell(shop, "Lamp")
    await shop.search.bring_up_to_date()
    await api.post("/v1/users", json={"email": "ada@example.com", "password": "harbour at seven", "name": "Ada"})
    ada = await sign_in(api, "ada@example.com", "harbour at seven")
    assert (await api.get("/v1/me/consents")).status_code == 401
    assert (await api.get("/v1/me/consents", headers=ada)).json() == {"remember": False}
    assert (await api.put("/v1/me/consents", json={"remember": True}, headers=ada)).json() == {"remember": True}
    assert (await api.post("/v1/me/views", json={"product": lamp.slug}, headers=ada)).status_code == 204
    assert (await api.post("/v1/me/views", json={"product": "nothing"}, headers=ada)).status_code == 404
    shown = (await api.get("/v1/recommendations", params={"kind": "recently_viewed"}, headers=ada)).json()["items"]
    assert [(one["slug"], one["reason"]) for one in shown] == [(lamp.slug, "You looked at this")]
    export = (await api.get("/v1/me/export", headers=ada)).json()
    assert (export["remember_views"], export["viewed_products"]) == (True, [lamp.id])
    await api.put("/v1/me/consents", json={"remember": False}, headers=ada)
    assert (await api.get("/v1/recommendations", params={"kind": "recently_viewed"}, headers=ada)).json()["items"] == []


async def test_a_visitor_is_asked_once_and_shown_their_recent_products(api: httpx.AsyncClient, shop: Shop) -> None:
    lamp, chair = await sell(shop, "Lamp"), await sell(shop, "Chair")
    await shop.search.bring_up_to_date()

    async def send(path: str, **fields: str) -> httpx.Response:
        page = (await api.get("/remember")).text
        token = page.split('name="_csrf_token" value="')[1].split('"')[0]
        return await api.post(path, data={"_csrf_token": token, **fields})

    assert "May we remember" in (await api.get("/recent", params={"product": lamp.id})).text
    assert (await send("/seen", product=lamp.id)).status_code == 204
    response = await send("/remember", wanted="no", slug=lamp.slug)
    assert response.headers["location"] == f"/p/{lamp.slug}"
    assert (await api.get("/recent", params={"product": lamp.id})).text.strip() == ""
    await send("/remember", wanted="yes")
    await send("/seen", product=lamp.id)
    assert lamp.title in (await api.get("/recent", params={"product": chair.id})).text
    assert lamp.title in (await api.get("/remember")).text
    await send("/remember", wanted="no")
    assert lamp.title not in (await api.get("/remember")).text
    assert await shop.databases["recommendations"].fetch("SELECT * FROM views") == []


async def test_the_conversion_funnel_is_counted_and_can_be_rebuilt(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]
) -> None:
    lamp = await sell(shop, "Lamp", on_hand=9)
    await shop.search.bring_up_to_date()
    for _ in range(3):
        assert (await api.get(f"/p/{lamp.slug}")).status_code == 200
    assert (await api.get("/p/no-such-lamp")).status_code == 404
    for words in ("lamp", " Lamp ", "lmap unobtainable", "ada@example.com"):
        await api.get("/v1/search", params={"q": words})
    await api.get("/v1/search", params={"q": "lamp", "page": 2})
    cart = await fill_cart(shop, (lamp, 1))
    await fill_cart(shop, (lamp, 2))
    body = {
        "cart_id": cart.id,
        "expected_total": cart.totals.total.amount,
        "payment": {"provider": "pretend", "token": "pretend_ok"},
    }
    assert (await api.post("/v1/orders", json=body, headers={"Idempotency-Key": "k"})).status_code == 201
    await shop.flush_counts()
    await shop.bus.settle()
    expected = {"viewed": 3, "cart": 2, "checkout": 2, "placed": 1, "paid": 1}
    for _ in range(2):
        assert await shop.insights.funnel() == [FunnelStep(step, count) for step, count in expected.items()]
        assert [(one.words, one.count) for one in await shop.insights.top_searches()] == [
            ("lamp", 2),
            ("lmap unobtainable", 1),
        ]
        assert [(one.product_id, one.count) for one in await shop.insights.top_views()] == [(lamp.id, 3)]
        await shop.insights.rebuild()
    shown = (await api.get("/v1/insights", headers=staff)).json()
    assert shown["funnel"][0] == {"step": "viewed", "count": 3}
