"""A guest who has an account is one customer, and loses nothing by signing in."""

import pytest

from shopwright.app import Shop
from shopwright.kit.auth import Caller
from shopwright.services.carts.contract import CartChange
from shopwright.services.orders.contract import Order, PaymentChoice, PlaceOrder
from shopwright.services.pricing.contract import Coupon, CouponRefused
from tests.builders.customers import BERLIN
from tests.builders.goods import sell
from tests.builders.orders import fill_cart

ADA = "ada@example.com"


async def order_with(shop: Shop, code: str, email: str, who: Caller) -> Order:
    kettle = await sell(shop, on_hand=9)
    cart = await fill_cart(shop, (kettle, 1), email=email, customer=who.user_id)
    cart = await shop.carts.set_coupons(cart.id, (code,))
    if cart.coupons != (code,):
        raise CouponRefused(cart.problems[0].detail)
    choice = PaymentChoice(provider="pretend", token="pretend_ok", return_url="http://shop.test/back/{order_id}")
    wanted = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
    return await shop.orders.place(wanted, f"key-{cart.id}", who)


@pytest.mark.parametrize("typed", ["Ada@Example.com", "ada@example.com ", "other@example.com"])
@pytest.mark.parametrize("guest_first", [True, False])
async def test_a_limit_counts_guest_and_account_of_one_address_once(shop: Shop, typed: str, guest_first: bool) -> None:
    coupon = Coupon(code="ONCE", kind="percentage", value=1000, limit_per_customer=1)
    await shop.pricing.put_coupon(coupon)
    user = await shop.users.register(ADA, "harbour at seven", "Ada")
    account, guest = Caller(user_id=user.id, email=ADA, name="Ada"), Caller()
    # The account may give another address with its order; the guest has the one of the account.
    buyers = [(ADA, guest), (typed.strip(), account)]
    first, second = buyers if guest_first else reversed(buyers)
    assert (await order_with(shop, "ONCE", *first)).coupons == ("ONCE",)
    with pytest.raises(CouponRefused):
        await order_with(shop, "ONCE", *second)


async def test_the_checkout_data_of_a_guest_survives_signing_in(shop: Shop) -> None:
    kettle, cup = await sell(shop, "Kettle", on_hand=9), await sell(shop, "Cup", on_hand=9)
    for code in ("ONE", "TWO"):
        await shop.pricing.put_coupon(Coupon(code=code, kind="percentage", value=1000))
    user = await shop.users.register(ADA, "harbour at seven", "Ada")
    own = await shop.carts.create(user.id)
    await shop.carts.add(own.id, kettle.variants[0].id, 1)
    await shop.carts.set_coupons(own.id, ("ONE",))
    guest = await shop.carts.create()
    await shop.carts.add(guest.id, cup.variants[0].id, 2)
    await shop.carts.set_coupons(guest.id, ("TWO",))
    details = CartChange(
        email="a@example.com", shipping_address=BERLIN, shipping_option_id="shr_express", note="Ring twice"
    )
    await shop.carts.change(guest.id, details)
    joined = await shop.carts.get(await shop.carts.merge(guest.id, user.id))
    assert joined.id == own.id
    assert set(joined.coupons) == {"ONE", "TWO"}
    assert {line.title: line.quantity for line in joined.lines} == {"Kettle": 1, "Cup": 2}
    assert (joined.email, joined.shipping_address, joined.shipping_option_id) == (
        "a@example.com",
        BERLIN,
        "shr_express",
    )
    assert joined.note == "Ring twice"
    again = await shop.carts.create()
    await shop.carts.add(again.id, cup.variants[0].id, 1)
    merged = await shop.carts.get(await shop.carts.merge(again.id, user.id))
    assert set(merged.coupons) == {"ONE", "TWO"}
    assert (merged.shipping_address, merged.note) == (BERLIN, "Ring twice")
