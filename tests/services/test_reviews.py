"""Reviews: what stops for a look, what the shop answers."""

import re

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import Caller
from shopwright.kit.errors import Invalid, Missing
from shopwright.services.catalog.contract import Product
from shopwright.services.orders.contract import PaymentChoice, PlaceOrder
from shopwright.services.reviews.contract import NewReview
from tests.conftest import OWNER, fill_cart, sell, sign_in
from tests.pages.test_pages import Browser

GOOD = NewReview(rating=5, title="Boils at once", body="And does not whistle.")


async def buyer(shop: Shop, product: Product, name: str = "Ada") -> Caller:
    email = f"{name.lower()}@example.com"
    user = await shop.users.register(email, "harbour at seven", name)
    caller = Caller(user_id=user.id, email=email, name=name)
    cart = await fill_cart(shop, (product, 1), email=email, customer=user.id)
    payment = PaymentChoice(provider="pretend", token="pretend_ok")
    await shop.orders.place(
        PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=payment), f"key-{name}", caller
    )
    await shop.bus.settle()
    return caller


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        ("see https://spam.example", "holds a link"),
        ("write to me@spam.example", "holds an e-mail address"),
        ("call +49 (0)30 1234567", "holds a long number"),
        ("sooooooooooooo good", "repeats one character"),
        ("BUY IT NOW AND NEVER REGRET", "is shouted"),
    ],
)
async def test_what_looks_odd_waits_for_a_person_and_says_why(shop: Shop, words: str, flag: str) -> None:
    kettle = await sell(shop)
    ada = await buyer(shop, kettle)
    title = "GREAT" if flag == "is shouted" else "Kettle"
    written = await shop.reviews.write(kettle.id, NewReview(rating=4, title=title, body=words), ada)
    assert (written.status, written.flags) == ("pending", (flag,))
    assert [one.id for one in await shop.reviews.queue()] == [written.id]
    assert await shop.reviews.of_product(kettle.id) == []


async def test_what_was_rejected_is_not_published_by_writing_it_again(shop: Shop) -> None:
    kettle = await sell(shop)
    ada = await buyer(shop, kettle)
    first = await shop.reviews.write(kettle.id, GOOD, ada)
    assert first.status == "published"
    await shop.reviews.moderate(first.id, "rejected")
    again = await shop.reviews.write(kettle.id, GOOD, ada)
    assert (again.status, again.flags) == ("pending", ("was rejected before",))
    assert (await shop.reviews.histogram(kettle.id)).count == 0
    await shop.reviews.moderate(first.id, "published")
    assert (await shop.reviews.histogram(kettle.id)).count == 1


async def test_the_shop_answers_and_the_answer_stays_when_the_review_changes(shop: Shop) -> None:
    kettle = await sell(shop)
    ada = await buyer(shop, kettle)
    written = await shop.reviews.write(kettle.id, GOOD, ada)
    answered = await shop.reviews.reply(written.id, " Thank you, Ada. ")
    assert (answered.reply, answered.replied_at) == ("Thank you, Ada.", shop.clock.now())
    await shop.reviews.write(kettle.id, NewReview(rating=4, title="Still good", body=""), ada)
    assert (await shop.reviews.of_product(kettle.id))[0].reply == "Thank you, Ada."
    assert (await shop.reviews.reply(written.id, "")).replied_at is None
    with pytest.raises(Missing):
        await shop.reviews.reply("rev_none", "Hello")
    with pytest.raises(Invalid):
        await shop.reviews.reply(written.id, "x" * 2001)


async def test_staff_moderate_and_answer_over_the_api(api: httpx.AsyncClient, shop: Shop, staff) -> None:
    kettle = await sell(shop)
    ada = await buyer(shop, kettle)
    odd = await shop.reviews.write(kettle.id, NewReview(rating=2, title="Hm", body="www.spam.example"), ada)
    queue = (await api.get("/v1/reviews", headers=staff)).json()
    assert [(one["id"], one["flags"]) for one in queue["items"]] == [(odd.id, ["holds a link"])]
    decided = await api.patch(
        f"/v1/reviews/{odd.id}", json={"status": "published", "reply": "We took the link away."}, headers=staff
    )
    assert (decided.json()["status"], decided.json()["reply"]) == ("published", "We took the link away.")
    assert (await api.get("/v1/reviews", headers=staff)).json()["items"] == []
    assert (await api.patch(f"/v1/reviews/{odd.id}", json={}, headers=staff)).status_code == 422
    customer = await sign_in(api, "ada@example.com", "harbour at seven")
    assert (await api.get("/v1/reviews", headers=customer)).status_code == 403


async def test_a_review_from_its_page_to_the_queue_and_back(api: httpx.AsyncClient, shop: Shop) -> None:
    kettle = await sell(shop)
    await buyer(shop, kettle)
    await shop.bus.settle()
    customer, office = Browser(api), Browser(httpx.AsyncClient(transport=api._transport, base_url="http://shop.test"))
    await customer.go("/sign-in")
    await customer.send("/sign-in", email="ada@example.com", password="harbour at seven")
    await customer.go("/p/harbour-kettle")
    page = await customer.send(
        "/p/harbour-kettle/reviews", rating="4", title="<b>Fine</b>", body="More at www.spam.example"
    )
    assert "Your review waits for a look by the shop" in page
    assert "More at www.spam.example</textarea>" in page
    await office.go("/sign-in?next=/office/reviews")
    email, password = OWNER
    queue = await office.send("/sign-in", email=email, password=password)
    assert "Holds a link" in queue
    assert "&lt;b&gt;Fine&lt;&#x2f;b&gt;" in queue
    action = re.search(r'action="(/office/reviews/[^"]+)"', queue)[1]
    await office.send(action, do="reply", reply="Thank you.")
    assert "Nothing waits for a decision" in await office.send(action, do="published")
    page = await customer.go("/p/harbour-kettle")
    assert "answers</strong><p>Thank you.</p>" in page
    assert "Change your review" in page
    (review,) = await shop.reviews.of_product(kettle.id)
    page = await customer.send("/p/harbour-kettle/votes", review=review.id)
    assert "helped 1" in page
    async with httpx.AsyncClient(transport=api._transport, base_url="http://shop.test") as guest:
        seen = (await guest.get("/p/harbour-kettle")).text
    assert "This helped me" not in seen
    assert "Thank you." in seen
