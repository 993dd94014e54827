"""Recommendations and their reasons."""

from shopwright.app import Shop
from tests.builders.goods import sell
from tests.builders.orders import buy


async def test_products_bought_together_are_recommended_with_the_reason(shop: Shop) -> None:
    lamp, bulb, chair = await sell(shop, "Lamp"), await sell(shop, "Bulb"), await sell(shop, "Chair")
    for _ in range(2):
        await buy(shop, (lamp, 1), (bulb, 1))
    found = await shop.recommendations.recommend("bought_together", products=[lamp.id])
    assert [(one.product_id, one.reason) for one in found] == [(bulb.id, "Often bought together with this")]
    assert chair.id not in {one.product_id for one in await shop.recommendations.recommend("trending")}
    assert await shop.recommendations.recommend("for_you") == []


async def test_similar_products_share_rare_attributes(shop: Shop) -> None:
    lamp = await sell(shop, "Lamp", tags=("brass", "light"))
    twin = await sell(shop, "Twin", tags=("brass", "light"))
    await sell(shop, "Chair", tags=("oak",))
    assert [one.product_id for one in await shop.recommendations.recommend("similar", products=[lamp.id])] == [twin.id]
