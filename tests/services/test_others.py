"""Users, catalog, carts, reviews, search, recommendations, notifications, insights."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.auth import GUEST, SYSTEM, Caller
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Conflict, Invalid, Missing, RateLimited, Unauthenticated, VersionConflict
from shopwright.kit.money import Money
from shopwright.kit.states import IllegalMove
from shopwright.services.carts.contract import CartChange, CartClosed
from shopwright.services.catalog.contract import Option, ProductInput, SkuTaken, VariantInput
from shopwright.services.orders.contract import Order, PaymentChoice, PlaceOrder
from shopwright.services.pricing.contract import Price, Quote, QuoteRequest
from shopwright.services.pricing.service import PricingService
from shopwright.services.reviews.contract import NewReview, NotABuyer
from shopwright.services.search import store as search_store
from shopwright.services.search.contract import SearchRequest
from shopwright.services.users.contract import EmailTaken, WrongPassword
from tests.conftest import BERLIN, QUICK, fill_cart, make_settings, sell

PASSWORD = "correct horse"


async def ada(shop: Shop) -> Caller:
    user = await shop.users.register("ada@example.com", PASSWORD, "Ada")
    return await shop.users.session(await shop.users.open_session_for(user.id))


async def buy(shop: Shop, *wanted, who: Caller = GUEST, key: str = "k") -> Order:
    cart = await fill_cart(shop, *wanted, customer=who.user_id)
    request = PlaceOrder(
        cart_id=cart.id, expected_total=cart.totals.total, payment=PaymentChoice(provider="pretend", token="pretend_ok")
    )
    order = await shop.orders.place(request, key, who)
    shop.clock.move(seconds=2)
    await shop.bus.settle()
    return order


# --- users


async def test_an_address_has_one_account_whatever_its_case(shop: Shop) -> None:
    await shop.users.register("ada@example.com", PASSWORD, "Ada")
    with pytest.raises(EmailTaken):
        await shop.users.register("ADA@example.com", PASSWORD, "Ada again")


@pytest.mark.parametrize(
    ("email", "password", "name", "field"),
    [
        ("ada", PASSWORD, "Ada", "email"),
        ("ada@example.com", "short", "Ada", "password"),
        ("ada@example.com", "password", "Ada", "password"),
        ("ada@example.com", PASSWORD, " ", "name"),
    ],
)
async def test_an_account_that_cannot_be_says_what_is_wrong(
    shop: Shop, email: str, password: str, name: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await shop.users.register(email, password, name)
    assert refused.value.problems[0].pointer == f"/{field}"
    assert password not in refused.value.detail or password == "password"


async def test_wrong_passwords_wait_longer_and_longer(shop: Shop, clock) -> None:
    await ada(shop)
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await shop.users.sign_in("ada@example.com", "wrong password", "10.0.0.1")
    with pytest.raises(RateLimited) as waiting:
        await shop.users.sign_in("ada@example.com", PASSWORD, "10.0.0.2")
    assert waiting.value.data["retry_after"] >= 1
    clock.move(seconds=2)
    assert await shop.users.sign_in("ada@example.com", PASSWORD, "10.0.0.2")


async def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(shop: Shop) -> None:
    await ada(shop)
    first = await shop.users.sign_in("ada@example.com", PASSWORD)
    second = await shop.users.refresh(first.refresh_token)
    assert (await shop.users.authenticate(second.access_token)).email == "ada@example.com"
    with pytest.raises(Unauthenticated):
        await shop.users.refresh(first.refresh_token)
    with pytest.raises(Unauthenticated):
        await shop.users.refresh(second.refresh_token)
    with pytest.raises(Unauthenticated):
        await shop.users.authenticate(second.access_token)


async def test_access_tokens_end_and_cannot_be_forged(shop: Shop, clock) -> None:
    await ada(shop)
    tokens = await shop.users.sign_in("ada@example.com", PASSWORD)
    head, body, mark = tokens.access_token.split(".")
    for forged in (
        f"{head}.{body}.",
        f"{head}.{body}.{mark[:-4]}AAAA",
        f"eyJhbGciOiJub25lIn0.{body}.",
        "nonsense",
        "",
        f"{head}.{mark}.{body}",
    ):
        with pytest.raises(Unauthenticated):
            await shop.users.authenticate(forged)
    clock.move(minutes=16)
    with pytest.raises(Unauthenticated):
        await shop.users.authenticate(tokens.access_token)


async def test_public_keys_show_nothing_private(shop: Shop) -> None:
    keys = (await shop.users.public_keys())["keys"]
    assert keys
    assert all("d" not in key and key["kid"] for key in keys)


async def test_an_address_book_is_its_owners_alone(shop: Shop) -> None:
    caller = await ada(shop)
    bea = await shop.users.register("bea@example.com", PASSWORD, "Bea")
    saved = await shop.users.save_address(caller.user_id, BERLIN)
    with pytest.raises(Missing):
        await shop.users.save_address(bea.id, BERLIN, saved.id)
    with pytest.raises(Missing):
        await shop.users.delete_address(bea.id, saved.id)
    assert [one.address for one in await shop.users.addresses(caller.user_id)] == [BERLIN]


# --- catalog


async def test_a_product_keeps_its_variants_through_edits(shop: Shop) -> None:
    new = ProductInput(title="Mug", options=(Option("Colour", ("Red", "Blue")),))
    made = await shop.catalog.create(new)
    assert [variant.sku for variant in made.variants] == ["MUG-RED", "MUG-BLUE"]
    more = ProductInput(title="Mug", options=(Option("Colour", ("Red", "Blue", "Green")),))
    edited = await shop.catalog.edit(made.id, more, made.version)
    assert [one.id for one in edited.variants][:2] == [one.id for one in made.variants]
    with pytest.raises(VersionConflict):
        await shop.catalog.edit(made.id, new, made.version)


async def test_slugs_and_skus_are_one_products_alone(shop: Shop) -> None:
    first = await shop.catalog.create(ProductInput(title="Mug", variants=(VariantInput(sku="M1"),)))
    second = await shop.catalog.create(ProductInput(title="Mug"))
    assert (first.slug, second.slug) == ("mug", "mug-2")
    with pytest.raises(SkuTaken):
        await shop.catalog.create(ProductInput(title="Other", variants=(VariantInput(sku="M1"),)))


@pytest.mark.parametrize(
    "wrong",
    [
        ProductInput(title=" "),
        ProductInput(title="x" * 300),
        ProductInput(title="Mug", options=(Option("Colour", ("Red",)),), variants=(VariantInput(),)),
        ProductInput(title="Mug", variants=(VariantInput(sku="A"), VariantInput(sku="B"))),
        ProductInput(title="Mug", attributes={"Bad Name": "x"}),
        ProductInput(title="Mug", categories=("nowhere",)),
    ],
)
async def test_a_product_that_cannot_be_is_refused_whole(shop: Shop, wrong: ProductInput) -> None:
    with pytest.raises(Invalid):
        await shop.catalog.create(wrong)
    assert await shop.catalog.list_products() == []


async def test_an_attribute_keeps_its_kind(shop: Shop) -> None:
    await shop.catalog.create(ProductInput(title="Kettle", attributes={"capacity": 1.2}))
    with pytest.raises(Invalid, match="Capacity is a number"):
        await shop.catalog.create(ProductInput(title="Pot", attributes={"capacity": "big"}))


async def test_retired_products_cannot_be_bought(shop: Shop) -> None:
    lamp = await sell(shop)
    cart = await shop.carts.create()
    await shop.carts.add(cart.id, lamp.variants[0].id, 1)
    await shop.catalog.move(lamp.id, "retired")
    assert [one.code for one in (await shop.carts.get(cart.id)).problems] == ["not_found"]
    with pytest.raises(Missing):
        await shop.carts.add(cart.id, lamp.variants[0].id, 1)
    with pytest.raises(IllegalMove):
        from shopwright.services.catalog.model import STATES

        STATES.move("draft", "draft")


# --- carts


async def test_a_guests_cart_joins_the_customers_at_sign_in(shop: Shop) -> None:
    caller = await ada(shop)
    lamp, chair = await sell(shop, "Lamp"), await sell(shop, "Chair")
    own = await shop.carts.create(caller.user_id)
    await shop.carts.add(own.id, lamp.variants[0].id, 1)
    guest = await shop.carts.create()
    await shop.carts.add(guest.id, lamp.variants[0].id, 2)
    await shop.carts.add(guest.id, chair.variants[0].id, 1)
    assert await shop.carts.merge(guest.id, caller.user_id) == own.id
    merged = await shop.carts.get(own.id)
    assert sorted((line.title, line.quantity) for line in merged.lines) == [("Chair", 1), ("Lamp", 3)]
    with pytest.raises(CartClosed):
        await shop.carts.add(guest.id, lamp.variants[0].id, 1)


async def test_a_cart_says_what_has_changed(shop: Shop) -> None:
    lamp = await sell(shop, on_hand=2)
    cart = await shop.carts.create()
    cart = await shop.carts.add(cart.id, lamp.variants[0].sku, 3)
    assert [one.code for one in cart.problems] == ["fewer_left"]
    await shop.pricing.set_prices([Price(lamp.variants[0].id, Money(9900, "EUR"))])
    cart = await shop.carts.set_quantity(cart.id, cart.lines[0].id, 2)
    assert [one.code for one in cart.problems] == ["price_changed"]
    assert (await shop.carts.accept_prices(cart.id)).problems == ()


@pytest.mark.parametrize("quantity", [0, -1, 1000, 10**12])
async def test_quantities_stay_within_reason(shop: Shop, quantity: int) -> None:
    lamp = await sell(shop)
    cart = await shop.carts.create()
    with pytest.raises(Invalid):
        await shop.carts.add(cart.id, lamp.variants[0].id, quantity)
    assert (await shop.carts.get(cart.id)).lines == ()


async def test_checkout_details_are_checked_field_by_field(shop: Shop) -> None:
    lamp = await sell(shop)
    cart = await shop.carts.create()
    await shop.carts.add(cart.id, lamp.variants[0].id, 1)
    with pytest.raises(Invalid) as refused:
        await shop.carts.change(
            cart.id,
            CartChange(shipping_address=Address(name="Ada", line1="x", city="Berlin", postal_code="1", country="DE")),
        )
    assert refused.value.problems[0].pointer == "/shipping_address/postal_code"
    with pytest.raises(Invalid, match="address first"):
        await shop.carts.shipping_options(cart.id)
    await shop.carts.change(cart.id, CartChange(shipping_address=BERLIN))
    assert [one.id for one in await shop.carts.shipping_options(cart.id)] == [
        "shr_standard",
        "shr_express",
    ]
    with pytest.raises(Invalid, match="cannot be shipped that way"):
        await shop.carts.change(cart.id, CartChange(shipping_option_id="by-balloon"))
    assert (await shop.carts.get(cart.id)).shipping_option_id is None


async def test_a_way_to_ship_is_chosen_once_it_is_known_where_to(shop: Shop) -> None:
    cart = await shop.carts.create()
    with pytest.raises(Invalid, match="address first"):
        await shop.carts.change(cart.id, CartChange(email="ada@example.com", shipping_option_id="shr_standard"))
    assert (await shop.carts.get(cart.id)).email == ""
    empty = await shop.carts.change(cart.id, CartChange(shipping_address=BERLIN, shipping_option_id="shr_standard"))
    assert (empty.shipping_option_id, empty.totals.total.amount) == (None, 0)  # nothing is shipped yet
    filled = await shop.carts.add(cart.id, (await sell(shop)).variants[0].id, 1)
    assert filled.shipping_option_id == "shr_standard"
    assert filled.totals.shipping == filled.shipping_option.price


async def test_a_pricing_of_0_1_0_is_asked_for_the_way_to_ship(data: tuple[Path, str]) -> None:
    class Earlier(PricingService):
        async def quote(self, request: QuoteRequest) -> Quote:
            return msgspec.structs.replace(await super().quote(request), shipping_option=msgspec.UNSET)

    shop = Shop(make_settings(*data), hasher=QUICK, overrides={PricingService: Earlier})
    cart = await fill_cart(shop, (await sell(shop), 1))
    assert cart.shipping_option_id == "shr_standard"
    assert cart.totals.shipping == cart.shipping_option.price
    with pytest.raises(Invalid, match="cannot be shipped that way"):
        await shop.carts.change(cart.id, CartChange(shipping_option_id="by-balloon"))
    await shop.close()


# --- readers


async def test_search_is_up_to_date_with_catalog_price_and_stock(shop: Shop) -> None:
    lamp = await sell(shop, "Reading Lamp", price=9000, on_hand=1, brand="Nordlys")
    await shop.search.bring_up_to_date()
    found = await shop.search.find(SearchRequest(text="reading"))
    assert found.total == 1
    await shop.pricing.set_prices([Price(lamp.variants[0].id, Money(8000, "EUR"))])
    await buy(shop, (lamp, 1))
    await shop.search.bring_up_to_date()
    card = (await shop.search.cards((lamp.id,)))[0]
    assert (card.price, card.in_stock) == (Money(8000, "EUR"), False)
    assert (await shop.search.find(SearchRequest(text="reading", chosen={"in_stock": ("true",)}))).total == 0
    await shop.catalog.move(lamp.id, "retired")
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    assert (await shop.search.find(SearchRequest(text="reading"))).total == 0


async def test_a_lost_index_is_built_again(shop: Shop) -> None:
    lamp = await sell(shop, "Lamp")
    await shop.search.bring_up_to_date()
    await shop.search._index.write([], [lamp.id])
    await shop.search.heal()
    assert (await shop.search.find(SearchRequest(text="lamp"))).total == 1


async def test_what_was_written_to_an_index_that_is_being_replaced_is_not_taken_for_done(shop: Shop) -> None:
    lamp = await sell(shop, "Lamp")
    await shop.search.bring_up_to_date()
    work = shop.works["search"]
    await shop.pricing.set_prices([Price(lamp.variants[0].id, Money(1234, "EUR"))])
    await shop.bus.settle()
    (changed,) = await search_store.changed(work, 10)
    before = await search_store.generation(work)

    async def mark() -> None:
        async with work.begin() as tx:
            await search_store.mark_indexed(tx, {changed.product_id: changed.changed}, before)

    async with work.begin() as tx:
        await search_store.new_generation(tx)
        marking = asyncio.create_task(mark())
        await asyncio.sleep(0.3)  # it waits for what this transaction holds
    await marking
    assert [one.product_id for one in await search_store.changed(work, 10)] == [lamp.id]


async def test_while_an_index_is_built_again_shoppers_find_all_and_no_change_is_lost(shop: Shop) -> None:
    lamps = [await sell(shop, f"Lamp {n}") for n in range(30)]
    await shop.search.bring_up_to_date()
    done = asyncio.Event()
    totals = []

    async def shoppers() -> None:
        while not done.is_set():
            totals.append((await shop.search.find(SearchRequest(text="lamp"))).total)
            await asyncio.sleep(0)

    async def reprice() -> None:
        for lamp in lamps[:15]:
            await shop.pricing.set_prices([Price(lamp.variants[0].id, Money(1234, "EUR"))])
            await shop.bus.settle()
            await shop.search.bring_up_to_date()

    async def rebuild() -> None:
        for _ in range(8):
            await shop.search.rebuild()

    looking = asyncio.create_task(shoppers())
    await asyncio.gather(reprice(), rebuild())
    done.set()
    await looking
    assert set(totals) == {30}
    await shop.search.bring_up_to_date()
    assert (await shop.search.find(SearchRequest(text="lamp", price_max=1234))).total == 15


@pytest.fixture
async def embedded(data: tuple[Path, str], clock: HandClock) -> AsyncIterator[Shop]:
    """A shop whose index is in its data folder, whatever else it runs on."""
    settings = make_settings(*data, search=f"tantivy://{data[0]}/search")
    async with Shop(settings, clock=clock, hasher=QUICK).running(deliver=False) as shop:
        yield shop


@pytest.mark.parametrize("damage", ["meta", "gone", "leftover"])
async def test_a_damaged_index_is_built_again_by_itself(embedded: Shop, damage: str) -> None:
    shop = embedded
    await sell(shop, "Lamp")
    await shop.search.bring_up_to_date()
    index = shop.search._index
    home = index._folder / index._current()
    if damage == "meta":
        (home / "meta.json").write_text("{")
    elif damage == "gone":
        for path in home.glob("*.store"):
            path.unlink()
        index._opened = None
    else:  # what a process killed while it wrote leaves behind
        segment = next(home.glob("*.store")).stem
        for number in range(200):
            (home / f"{segment}.{number}.del").write_bytes(b"")
        await shop.catalog.edit(
            (await shop.catalog.get("lamp")).id, ProductInput(title="Bright Lamp", status="published")
        )
        await shop.bus.settle()
    for _ in range(4):
        shop.clock.move(seconds=2)
        await shop.bus.settle()
    assert (await shop.search.find(SearchRequest(text="lamp"))).total == 1


async def test_only_buyers_review_and_each_once(shop: Shop) -> None:
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


async def test_what_is_bought_together_is_recommended_with_its_reason(shop: Shop) -> None:
    lamp, bulb, chair = await sell(shop, "Lamp"), await sell(shop, "Bulb"), await sell(shop, "Chair")
    for n in range(2):
        await buy(shop, (lamp, 1), (bulb, 1), key=f"k{n}")
    found = await shop.recommendations.recommend("bought_together", products=[lamp.id])
    assert [(one.product_id, one.reason) for one in found] == [(bulb.id, "Often bought together with this")]
    assert chair.id not in {one.product_id for one in await shop.recommendations.recommend("trending")}
    assert await shop.recommendations.recommend("for_you") == []


async def test_similar_things_share_what_is_rare(shop: Shop) -> None:
    lamp = await sell(shop, "Lamp", tags=("brass", "light"))
    twin = await sell(shop, "Twin", tags=("brass", "light"))
    await sell(shop, "Chair", tags=("oak",))
    assert [one.product_id for one in await shop.recommendations.recommend("similar", products=[lamp.id])] == [twin.id]


async def test_every_step_of_an_order_is_written_about_once(shop: Shop) -> None:
    caller = await ada(shop)
    order = await buy(shop, (await sell(shop), 1), who=caller)
    shop.clock.move(seconds=2)
    await shop.bus.settle()
    for _ in range(3):
        await shop.bus.settle()
    subjects = [one.subject for one in await shop.notifications.messages()]
    assert sorted(subjects) == sorted(
        ["Payment received for order 1001", "We have your order 1001", "Your account is ready", "Your account is ready"]
    )
    message = next(one for one in await shop.notifications.messages() if "received" in one.subject)
    assert message.state == "sent"
    view = await shop.notifications.message(message.id)
    assert "1 × Harbour Kettle" in view.text
    assert "style=" in view.html
    assert "<style" not in view.html
    await shop.orders.cancel(order.id, "no", SYSTEM)
    await shop.bus.settle()
    assert len(await shop.notifications.messages()) == 5


async def test_a_name_cannot_write_html_into_a_letter(shop: Shop) -> None:
    await shop.users.register("eve@example.com", PASSWORD, "<script>alert(1)</script>")
    await shop.bus.settle()
    view = await shop.notifications.message((await shop.notifications.messages())[0].id)
    assert "<script>" not in view.html


async def test_the_log_of_facts_is_whole_in_order_and_replayable(shop: Shop) -> None:
    await buy(shop, (await sell(shop), 2))
    events = await shop.insights.events(limit=1000)
    assert [int(one.cursor) for one in events] == list(range(1, len(events) + 1))
    assert {"ProductPublished", "PriceChanged", "StockChanged", "OrderPlaced", "PaymentCaptured", "OrderPaid"} <= {
        one.type for one in events
    }
    half = events[len(events) // 2]
    assert await shop.insights.events(after=half.cursor, limit=1000) == events[len(events) // 2 + 1 :]
    days = await shop.insights.days(7)
    assert [(day.orders, day.revenue.amount) for day in days if day.orders] == [(1, 12800)]
    assert (await shop.insights.top_products())[0].quantity == 2
    with pytest.raises(Invalid):
        await shop.insights.events(after="yesterday")


async def test_an_account_cannot_be_had_twice_at_once(shop: Shop) -> None:
    with pytest.raises(Conflict):
        await shop.users.register("owner@example.com", PASSWORD, "Eve")


async def test_sums_of_the_dashboard_are_built_anew_from_the_log(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=9)
    for n in range(3):
        await buy(shop, (kettle, 2), key=f"k{n}")
    days, top = await shop.insights.days(), await shop.insights.top_products()
    assert days[-1].orders == 3
    async with shop.works["insights"].begin() as tx:
        await tx.run("UPDATE sales SET revenue = 1, orders = 77")
        await tx.run("DELETE FROM products_sold")
    await shop.insights.rebuild()
    assert (await shop.insights.days(), await shop.insights.top_products()) == (days, top)


async def test_a_search_is_narrowed_down_by_a_handful_of_facets_and_no_more(shop: Shop, api: httpx.AsyncClient) -> None:
    await sell(shop, attributes={"material": "steel"})
    few = {f"attr.a{number}": "x" for number in range(8)}
    assert (await api.get("/v1/search", params=few)).status_code == 200
    for many in (few | {"attr.a8": "x"}, {"brand": [f"b{number}" for number in range(51)]}):
        answer = await api.get("/v1/search", params=many)
        assert answer.status_code == 422
        assert "at most 8 facets and 50" in answer.json()["detail"]
    pages = {f"attr.a{number}": "x" for number in range(150)}
    assert (await api.get("/search", params=pages)).status_code == 200
