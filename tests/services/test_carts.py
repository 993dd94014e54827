"""Carts: lines, checkout details, and changes since the last visit."""

from pathlib import Path

import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money
from shopwright.services.carts.contract import CartChange, CartClosed
from shopwright.services.pricing.contract import Price, Quote, QuoteRequest
from shopwright.services.pricing.service import PricingService
from tests.builders.customers import BERLIN, ada
from tests.builders.goods import sell
from tests.builders.orders import fill_cart
from tests.builders.shops import QUICK, make_settings


async def test_a_guest_cart_is_merged_into_the_customers_at_sign_in(shop: Shop) -> None:
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


async def test_a_cart_reports_its_changes(shop: Shop) -> None:
    lamp = await sell(shop, on_hand=2)
    cart = await shop.carts.create()
    cart = await shop.carts.add(cart.id, lamp.variants[0].sku, 3)
    assert [one.code for one in cart.problems] == ["fewer_left"]
    await shop.pricing.set_prices([Price(lamp.variants[0].id, Money(9900, "EUR"))])
    cart = await shop.carts.set_quantity(cart.id, cart.lines[0].id, 2)
    assert [one.code for one in cart.problems] == ["price_changed"]
    assert (await shop.carts.accept_prices(cart.id)).problems == ()


@pytest.mark.parametrize("quantity", [0, -1, 1000, 10**12])
async def test_quantities_have_limits(shop: Shop, quantity: int) -> None:
    lamp = await sell(shop)
    cart = await shop.carts.create()
    with pytest.raises(Invalid):
        await shop.carts.add(cart.id, lamp.variants[0].id, quantity)
    assert (await shop.carts.get(cart.id)).lines == ()


async def test_checkout_details_are_validated_field_by_field(shop: Shop) -> None:
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


async def test_a_shipping_option_is_chosen_once_the_destination_is_known(shop: Shop) -> None:
    cart = await shop.carts.create()
    with pytest.raises(Invalid, match="address first"):
        await shop.carts.change(cart.id, CartChange(email="ada@example.com", shipping_option_id="shr_standard"))
    assert (await shop.carts.get(cart.id)).email == ""
    empty = await shop.carts.change(cart.id, CartChange(shipping_address=BERLIN, shipping_option_id="shr_standard"))
    assert (empty.shipping_option_id, empty.totals.total.amount) == (None, 0)  # nothing is shipped yet
    filled = await shop.carts.add(cart.id, (await sell(shop)).variants[0].id, 1)
    assert filled.shipping_option_id == "shr_standard"
    assert filled.totals.shipping == filled.shipping_option.price


async def test_a_pricing_service_of_0_1_0_is_asked_for_the_shipping_option(data: tuple[Path, str]) -> None:
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
