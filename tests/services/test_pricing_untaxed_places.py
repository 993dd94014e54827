"""An order to a place without a tax rate is refused, or staff are notified until they set a rate or a reason."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import GUEST
from shopwright.kit.clock import HandClock
from shopwright.services.carts.contract import Cart, CartChange
from shopwright.services.orders.contract import PaymentChoice, PlaceOrder
from shopwright.services.orders.model import CartNotReady
from shopwright.services.pricing.contract import TaxRate
from tests.builders.customers import BERLIN
from tests.builders.goods import sell
from tests.builders.shops import OWNER, Post, running_shop

ZURICH = msgspec.structs.replace(BERLIN, line1="Bahnhofstrasse 1", city="Zürich", postal_code="8001", country="CH")


async def cart_to_zurich(shop: Shop) -> Cart:
    kettle = await sell(shop)
    cart = await shop.carts.create()
    await shop.carts.add(cart.id, kettle.variants[0].id, 1)
    change = CartChange(email="ada@example.com", shipping_address=ZURICH, shipping_option_id="shr_world")
    return await shop.carts.change(cart.id, change)


async def place(shop: Shop, cart: Cart) -> None:
    choice = PaymentChoice(provider="pretend", token="pretend_ok")
    request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
    await shop.orders.place(request, f"key-{cart.id}", GUEST)


async def notices(shop: Shop) -> list[tuple[str, str]]:
    return [(one.country, one.tax_class) for one in await shop.pricing.untaxed_places()]


async def test_staff_are_notified_until_there_is_a_rate(shop: Shop, api: httpx.AsyncClient, clock: HandClock) -> None:
    cart = await cart_to_zurich(shop)
    assert (cart.untaxed, cart.problems) == (("standard",), ())
    assert await notices(shop) == []
    await place(shop, cart)
    assert await notices(shop) == [("CH", "standard")]
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    page = (await api.get("/office")).text
    assert "Orders were shipped to places without a tax rate" in page
    assert "Switzerland: standard goods" in page
    clock.move(minutes=1)
    export = TaxRate(country="CH", rate=0, tax_class="", category="G", reason="Export", title="Export")
    await shop.pricing.add_tax_rates([export], "Ada")
    assert await notices(shop) == []
    assert "Orders went where" not in (await api.get("/office")).text
    assert (await cart_to_zurich(shop)).untaxed == ()


async def test_a_place_with_a_rate_is_not_reported(shop: Shop) -> None:
    kettle = await sell(shop)
    cart = await shop.carts.create()
    await shop.carts.add(cart.id, kettle.variants[0].id, 1)
    change = CartChange(email="ada@example.com", shipping_address=BERLIN, shipping_option_id="shr_standard")
    await place(shop, await shop.carts.change(cart.id, change))
    assert await notices(shop) == []


async def test_a_shop_without_any_rates_is_notified_once_where_rates_are_set(
    shop: Shop, api: httpx.AsyncClient
) -> None:
    async with shop.databases["pricing"].begin() as tx:
        await tx.run("DELETE FROM dated_tax_rates")
    await place(shop, await cart_to_zurich(shop))
    assert await notices(shop) == []
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    assert "This shop has no tax rates" in (await api.get("/office/pricing")).text


@pytest.fixture
async def strict(data: tuple[Path, str], clock: HandClock, post: Post) -> AsyncIterator[Shop]:
    """A shop that sells nowhere without a rate."""
    async with running_shop(data, clock, post, untaxed_places="stop") as made:
        yield made


async def test_a_shop_may_be_configured_to_sell_nowhere_without_a_rate(strict: Shop) -> None:
    cart = await cart_to_zurich(strict)
    assert [one.code for one in cart.problems] == ["untaxed_place"]
    assert "cannot sell to Switzerland yet" in cart.problems[0].detail
    with pytest.raises(CartNotReady):
        await place(strict, cart)
    assert await notices(strict) == []
    await strict.pricing.add_tax_rates([TaxRate(country="CH", rate=810)], "Ada")
    cart = await strict.carts.get(cart.id)
    assert cart.problems == ()
    await place(strict, cart)


async def test_a_cart_without_an_address_is_not_blocked(strict: Shop) -> None:
    await strict.pricing.delete_tax_rate("DE", "", "standard")
    kettle = await sell(strict)
    cart = await strict.carts.create()
    assert (await strict.carts.add(cart.id, kettle.variants[0].id, 1)).problems == ()


async def test_a_shop_that_requires_rates_and_has_none_sells_nothing(strict: Shop) -> None:
    async with strict.databases["pricing"].begin() as tx:
        await tx.run("DELETE FROM dated_tax_rates")
    assert [one.code for one in (await cart_to_zurich(strict)).problems] == ["untaxed_place"]
