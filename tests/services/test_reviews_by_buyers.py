"""Reviews are written by buyers, once each, and moderated."""

import pytest

from shopwright.app import Shop
from shopwright.kit.auth import GUEST
from shopwright.kit.errors import Invalid, Unauthenticated
from shopwright.services.reviews.contract import NewReview, NotABuyer
from tests.builders.customers import ada
from tests.builders.goods import sell
from tests.builders.orders import buy

GOOD = NewReview(rating=5, title="Boils at once", body="And does not whistle.")


async def test_only_buyers_review_and_only_once(shop: Shop) -> None:
    caller = await ada(shop)
    lamp = await sell(shop)
    review = NewReview(rating=5, title="Bright", body="It is.")
    with pytest.raises(NotABuyer):
        await shop.reviews.write(lamp.id, review, caller)
    with pytest.raises(Unauthenticated):
        await shop.reviews.write(lamp.id, review, GUEST)
    await buy(shop, (lamp, 1), who=caller)
    first = await shop.reviews.write(lamp.id, review, caller)
    again = await shop.reviews.write(lamp.id, NewReview(rating=3, title="Hm", body="Less so."), caller)
    assert first.id == again.id
    assert (await shop.reviews.histogram(lamp.id)).counts == (0, 0, 1, 0, 0)
    await shop.bus.settle()
    assert (await shop.search.rating(lamp.id)).average == 3.0
    assert (await shop.reviews.vote(again.id, caller)).helpful == 1
    assert (await shop.reviews.vote(again.id, caller)).helpful == 1
    odd = await shop.reviews.write(lamp.id, NewReview(rating=1, title="See", body="https://spam.example"), caller)
    assert odd.status == "pending"
    assert [one.id for one in await shop.reviews.queue()] == [odd.id]
    await shop.reviews.moderate(odd.id, "rejected")
    assert await shop.reviews.of_product(lamp.id) == []
    with pytest.raises(Invalid):
        await shop.reviews.write(lamp.id, NewReview(rating=6, title="", body=""), caller)
