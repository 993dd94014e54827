"""Reviews: which ones wait for moderation, and replies of the shop."""

import html
import re
from datetime import timedelta

import httpx
import pytest

from shopwright.app import Shop
from shopwright.demo.care import MEASURES, UNITS, care_of
from shopwright.demo.goods import AISLES
from shopwright.demo.said import SAID
from shopwright.kit.auth import Caller
from shopwright.kit.errors import Invalid, Missing
from shopwright.services.catalog.contract import Product
from shopwright.services.orders.contract import PaymentChoice, PlaceOrder
from shopwright.services.reviews.contract import NewReview, Order, Review
from shopwright.services.reviews.service import flagged
from tests.builders.customers import sign_in
from tests.builders.goods import sell
from tests.builders.orders import fill_cart
from tests.builders.pages import Browser
from tests.builders.shops import OWNER

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
async def test_a_suspicious_review_waits_for_moderation_with_the_reason(shop: Shop, words: str, flag: str) -> None:
    kettle = await sell(shop)
    ada = await buyer(shop, kettle)
    title = "GREAT" if flag == "is shouted" else "Kettle"
    written = await shop.reviews.write(kettle.id, NewReview(rating=4, title=title, body=words), ada)
    assert (written.status, written.flags) == ("pending", (flag,))
    assert [one.id for one in await shop.reviews.queue()] == [written.id]
    assert await shop.reviews.of_product(kettle.id) == []


async def test_a_rejected_review_is_not_published_by_writing_it_again(shop: Shop) -> None:
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


async def test_the_shop_replies_and_the_reply_stays_when_the_review_changes(shop: Shop) -> None:
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


async def test_staff_moderate_and_reply_over_the_api(api: httpx.AsyncClient, shop: Shop, staff) -> None:
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
    assert "Your review is waiting for approval" in page
    assert "More at www.spam.example</textarea>" in page
    await office.go("/sign-in?next=/office/reviews")
    email, password = OWNER
    queue = await office.send("/sign-in", email=email, password=password)
    assert "Holds a link" in queue
    assert "&lt;b&gt;Fine&lt;&#x2f;b&gt;" in queue
    action = re.search(r'action="(/office/reviews/[^"]+)"', queue)[1]
    await office.send(action, do="reply", reply="Thank you.")
    assert "No reviews to moderate" in await office.send(action, do="published")
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


async def many_reviews(shop: Shop, count: int) -> Product:
    kettle = await sell(shop, on_hand=count)
    for n in range(count):
        who = await buyer(shop, kettle, f"Ada{n}")
        shop.clock.move(minutes=1)
        await shop.reviews.write(kettle.id, NewReview(rating=n % 5 + 1, title=f"Title {n}", body=f"Body {n}."), who)
    return kettle


@pytest.mark.slow
async def test_all_reviews_are_reached_in_every_order_and_by_stars(browser: Browser, shop: Shop) -> None:
    kettle = await many_reviews(shop, 45)
    first: dict[str, list[Review]] = {}
    orders: tuple[Order, ...] = ("helpful", "newest", "best", "worst")
    for order in orders:
        pages = [await shop.reviews.review_page(kettle.id, order, page=page) for page in (1, 2, 3, 4)]
        assert [len(one) for one in pages] == [20, 20, 5, 0]
        assert len({review.id for one in pages for review in one}) == 45
        first[order] = pages[0]
    assert [one.rating for one in first["best"]] == [5] * 9 + [4] * 9 + [3] * 2
    assert [one.rating for one in first["worst"]] == [1] * 9 + [2] * 9 + [3] * 2
    assert first["newest"] == sorted(first["newest"], key=lambda review: review.created_at, reverse=True)
    seen: set[str] = set()
    link = f"/p/{kettle.slug}"
    while link:
        page = await browser.go(link)
        seen |= set(re.findall(r"<h3>(Title \d+)</h3>", page))
        more = re.search(r'href="([^"]+)">More reviews<', page)
        link = html.unescape(more[1]) if more else ""
    assert len(seen) == 45
    page = await browser.go(f"/p/{kettle.slug}")
    assert len(set(re.findall(r'<rect width="(\d+)" height="8">', page))) == 1
    two = html.unescape(re.search(r'href="([^"]+)">2 stars<', page)[1])
    page = await browser.go(two)
    assert re.findall(r'hidden">(\d) of 5 stars</span><h3>', page) == ["2"] * 9
    for nonsense in ("?page=x", "?page=99999", "?stars=9", "?order=%22", "?page=-1"):
        assert (await browser.client.get(f"/p/{kettle.slug}{nonsense}")).status_code == 200


async def test_an_imported_review_keeps_its_date_and_none_is_in_the_future(shop: Shop) -> None:
    kettle = await sell(shop)
    ada, bea = await buyer(shop, kettle), await buyer(shop, kettle, "Bea")
    now = shop.clock.now()
    old = await shop.reviews.write(kettle.id, GOOD, ada, written_at=now - timedelta(days=200))
    assert old.created_at == now - timedelta(days=200)
    assert (await shop.reviews.write(kettle.id, GOOD, bea, written_at=now + timedelta(days=2))).created_at == now


def test_the_demo_repeats_no_sentence() -> None:
    sentences = [
        one
        for reviews in SAID.values()
        for _, title, body in reviews
        for one in (title, *re.split(r"(?<=[.!?]) ", body))
    ]
    assert len(sentences) == len(set(sentences))
    assert not [
        flagged(NewReview(rating=r, title=t, body=b))
        for reviews in SAID.values()
        for r, t, b in reviews
        if flagged(NewReview(rating=r, title=t, body=b))
    ]


def test_each_product_of_the_demo_has_care_instructions_of_its_kind() -> None:
    lines = {article.title: care_of(article) for aisle in AISLES for article in aisle.products}
    assert "dishwasher" not in lines["Bowl Planter"]
    assert "wick" in lines["Beeswax Candle"]
    assert "wax" not in lines["Work Tote"].casefold()
    measured = {name for name, _, _ in MEASURES}
    numbers = {
        name
        for aisle in AISLES
        for article in aisle.products
        for name, value in article.attributes.items()
        if isinstance(value, float)
    }
    assert numbers - measured == {"pages", "persons"}


async def test_units_are_in_specifications_and_in_facets(browser: Browser, shop: Shop) -> None:
    for unit in UNITS:
        await shop.catalog.put_attribute_type(unit)
    kettle = await sell(shop, attributes={"capacity": 1.2})
    await sell(shop, "Pot", attributes={"capacity": 7.0})
    await shop.search.bring_up_to_date()
    assert '<th scope="row">Capacity</th><td>1.2 l</td>' in await browser.go(f"/p/{kettle.slug}")
    assert "<span>1.2 l</span>" in await browser.go("/search")


async def test_the_front_page_quotes_different_good_reviews(browser: Browser, shop: Shop) -> None:
    for n, (title, rating) in enumerate((("Kettle", 5), ("Lamp", 2), ("Pan", 5))):
        product = await sell(shop, title)
        who = await buyer(shop, product, f"Bea{n}")
        await shop.reviews.write(product.id, NewReview(rating=rating, title="So", body="The very same words."), who)
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    assert re.findall(r"<blockquote>(.*?)</blockquote>", await browser.go("/")) == ["The very same words."]
