"""One order, start to end; and everything that can happen on the way."""

import asyncio
from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.kit.auth import GUEST, SYSTEM
from shopwright.kit.errors import Conflict, IdempotencyConflict, Invalid, Missing, Refused, Unavailable
from shopwright.kit.money import Money
from shopwright.kit.states import IllegalMove
from shopwright.services.inventory.contract import SoldOut, StockChanged
from shopwright.services.orders import model
from shopwright.services.orders.contract import (
    CartNotReady,
    LineQuantity,
    NewRefund,
    NewShipment,
    Order,
    PaymentChoice,
    PlaceOrder,
    PriceMoved,
)
from shopwright.services.payments.contract import RefundTooLarge
from shopwright.services.pricing.contract import Coupon, Price
from shopwright.services.pricing.service import PricingService
from tests.builders.environment import APART
from tests.builders.goods import sell, stock
from tests.builders.health import healthy
from tests.builders.orders import fill_cart, place
from tests.builders.shops import QUICK, Post, make_settings


async def cart_of(shop: Shop, order: Order) -> str:
    """The id of the cart of an order, which no contract contains."""
    [row] = await shop.databases["orders"].fetch("SELECT cart_id FROM orders WHERE id = :id", id=order.id)
    return row["cart_id"]


async def test_a_paid_order_commits_its_reservation_and_closes_its_cart(shop: Shop) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, 2)
    assert (order.status, order.number, order.payment.status) == ("paid", "1001", "captured")
    assert order.totals.total == Money(12800, "EUR")
    assert await stock(shop, kettle) == (3, 0)
    assert (await shop.carts.get(await cart_of(shop, order))).closed
    assert [moment.what for moment in order.timeline] == ["Order placed", "Payment received"]
    await healthy(shop)


async def test_one_idempotency_key_places_one_order(shop: Shop) -> None:
    kettle = await sell(shop)
    cart = await fill_cart(shop, (kettle, 1))
    request = PlaceOrder(
        cart_id=cart.id, expected_total=cart.totals.total, payment=PaymentChoice(provider="pretend", token="pretend_ok")
    )
    orders = await asyncio.gather(
        *(shop.orders.place(request, "one-key", GUEST) for _ in range(40 if APART else 200)), return_exceptions=True
    )
    placed = {order.id for order in orders if isinstance(order, Order)}
    assert len(placed) == 1
    assert all(isinstance(order, Order | Conflict) for order in orders)
    other = PlaceOrder(cart_id=cart.id, expected_total=1, payment=request.payment)
    with pytest.raises(IdempotencyConflict):
        await shop.orders.place(other, "one-key", GUEST)
    assert await stock(shop, kettle) == (4, 0)
    await healthy(shop)


async def test_the_total_shown_to_the_buyer_is_charged(shop: Shop) -> None:
    kettle = await sell(shop)
    cart = await fill_cart(shop, (kettle, 1))
    await shop.pricing.set_prices([Price(kettle.variants[0].id, Money(7000, "EUR"))])
    with pytest.raises(PriceMoved) as moved:
        await shop.orders.place(
            PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=PaymentChoice(provider="pretend")),
            "k",
            GUEST,
        )
    assert moved.value.data["total"] == {"amount": 7490, "currency": "EUR"}
    assert await stock(shop, kettle) == (5, 0)
    assert await shop.orders.search() == []


async def test_an_incomplete_cart_names_what_it_needs(shop: Shop) -> None:
    kettle = await sell(shop)
    bare = await shop.carts.create()
    choice = PaymentChoice(provider="pretend", token="pretend_ok")
    with pytest.raises(Invalid, match="empty"):
        await shop.orders.place(PlaceOrder(cart_id=bare.id, expected_total=0, payment=choice), "a", GUEST)
    filled = await shop.carts.add(bare.id, kettle.variants[0].sku, 1)
    with pytest.raises(CartNotReady, match="email, shipping address, shipping option"):
        await shop.orders.place(
            PlaceOrder(cart_id=bare.id, expected_total=filled.totals.total, payment=choice), "b", GUEST
        )
    many = await fill_cart(shop, (kettle, 6))
    with pytest.raises(CartNotReady) as blocked:
        await shop.orders.place(
            PlaceOrder(cart_id=many.id, expected_total=many.totals.total, payment=choice), "c", GUEST
        )
    assert blocked.value.data["problems"][0]["code"] == "fewer_left"


async def test_two_tabs_paying_one_cart_buy_it_once(shop: Shop) -> None:
    kettle = await sell(shop)
    cart = await fill_cart(shop, (kettle, 1))
    request = PlaceOrder(
        cart_id=cart.id, expected_total=cart.totals.total, payment=PaymentChoice(provider="pretend", token="pretend_ok")
    )
    results = await asyncio.gather(
        shop.orders.place(request, "tab-1", GUEST), shop.orders.place(request, "tab-2", GUEST), return_exceptions=True
    )
    await shop.bus.settle()
    paid = [order for order in await shop.orders.search() if order.status == "paid"]
    assert len(paid) == 1
    assert all(isinstance(result, Order | Conflict | Refused) for result in results)
    assert await stock(shop, kettle) == (4, 0)
    await healthy(shop)


async def test_cancelling_and_paying_at_once_ends_in_one_of_the_two(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=50)
    for n in range(8):
        order = await place(shop, kettle, token="pretend_declined", email=f"c{n}@example.com")
        await asyncio.gather(
            shop.orders.pay(order.id, PaymentChoice(provider="pretend", token="pretend_ok")),
            shop.orders.cancel(order.id, "changed my mind", GUEST),
            return_exceptions=True,
        )
        shop.clock.move(seconds=30)
        await shop.bus.settle()
        after = await shop.orders.get(order.id)
        standing = [one for one in await shop.payments.of_order(order.id) if one.status == "captured"]
        assert (after.status, len(standing)) in {("paid", 1), ("cancelled", 0)}
    paid = [order for order in await shop.orders.search(limit=50) if order.status == "paid"]
    assert await stock(shop, kettle) == (50 - len(paid), 0)
    await healthy(shop)


async def test_ordering_again_from_a_changed_cart_replaces_the_unpaid_order(shop: Shop) -> None:
    kettle = await sell(shop)
    first = await place(shop, kettle, token="pretend_declined")
    cart = await shop.carts.get(await cart_of(shop, first))
    cart = await shop.carts.set_quantity(cart.id, cart.lines[0].id, 2)
    request = PlaceOrder(
        cart_id=cart.id, expected_total=cart.totals.total, payment=PaymentChoice(provider="pretend", token="pretend_ok")
    )
    second = await shop.orders.place(request, "again", GUEST)
    assert ((await shop.orders.get(first.id)).status, second.status) == ("cancelled", "paid")
    assert await stock(shop, kettle) == (3, 0)
    await healthy(shop)


async def test_an_order_ships_in_several_parcels_with_tracking_links(shop: Shop) -> None:
    order = await place(shop, await sell(shop), 3)
    line = order.lines[0].id
    part = await shop.orders.ship(
        order.id, NewShipment(carrier="DHL", tracking_number="00340", lines=(LineQuantity(line, 1),)), SYSTEM
    )
    assert (part.status, part.lines[0].shipped) == ("part_shipped", 1)
    assert part.shipments[0].tracking_url.endswith("tracking-id=00340")
    with pytest.raises(Invalid, match="Only 2 of “Harbour Kettle” can still"):
        await shop.orders.ship(order.id, NewShipment(carrier="DHL", lines=(LineQuantity(line, 3),)), SYSTEM)
    shipped = await shop.orders.ship(order.id, NewShipment(carrier="Our bicycle"), SYSTEM)
    assert (shipped.status, shipped.shipments[1].tracking_url) == ("shipped", "")
    done = await shop.orders.deliver(order.id, SYSTEM)
    assert (done.status, {one.status for one in done.shipments}) == ("delivered", {"delivered"})
    with pytest.raises(IllegalMove):
        await shop.orders.cancel(order.id, "too late", SYSTEM)
    await healthy(shop)


async def test_an_unpaid_order_is_not_shipped(shop: Shop) -> None:
    order = await place(shop, await sell(shop), token="pretend_declined")
    with pytest.raises(Conflict, match="Only paid orders can be shipped"):
        await shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)


async def test_cancelling_a_paid_order_refunds_and_restocks(shop: Shop) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, 2)
    off = await shop.orders.cancel(order.id, "changed my mind", GUEST)
    assert (off.status, off.payment.status, await stock(shop, kettle)) == ("cancelled", "refunded", (5, 0))
    assert (await shop.orders.cancel(order.id, "again", GUEST)).status == "cancelled"
    assert await stock(shop, kettle) == (5, 0)
    await healthy(shop)


async def test_refunds_by_line_return_exactly_its_price(shop: Shop) -> None:
    kettle = await sell(shop, price=2003)
    cart = await fill_cart(shop, (kettle, 3))
    await shop.carts.set_coupons(cart.id, ("WELCOME10",))
    cart = await shop.carts.get(cart.id)
    request = PlaceOrder(
        cart_id=cart.id, expected_total=cart.totals.total, payment=PaymentChoice(provider="pretend", token="pretend_ok")
    )
    order = await shop.orders.place(request, "k", GUEST)
    line = order.lines[0].id
    for n in range(3):
        refund = NewRefund(reason="broken", lines=(LineQuantity(line, 1),), restock=n == 0)
        order = await shop.orders.refund(order.id, refund, f"r{n}", SYSTEM)
    goods = order.totals.subtotal - order.totals.discount
    assert sum(one.amount.amount for one in order.refunds) == goods.amount
    assert (order.lines[0].refunded, order.payment.status) == (3, "part_refunded")
    rest = await shop.orders.refund(
        order.id, NewRefund(reason="shipping too", amount=order.totals.shipping), "r9", SYSTEM
    )
    assert rest.payment.status == "refunded"
    assert (await stock(shop, kettle))[0] == 3
    with pytest.raises(Invalid):
        await shop.orders.refund(order.id, NewRefund(reason="more", amount=1), "r10", SYSTEM)
    await healthy(shop)


async def test_a_refund_requested_a_hundred_times_with_one_key_is_paid_once(shop: Shop) -> None:
    order = await place(shop, await sell(shop))
    refund = NewRefund(reason="broken", amount=1000)
    await asyncio.gather(*(shop.orders.refund(order.id, refund, "one", SYSTEM) for _ in range(30 if APART else 100)))
    after = await shop.orders.get(order.id)
    assert (len(after.refunds), after.payment.refunded.amount) == (1, 1000)
    with pytest.raises(IdempotencyConflict):
        await shop.orders.refund(order.id, NewRefund(reason="broken", amount=2000), "one", SYSTEM)
    with pytest.raises(RefundTooLarge):
        await shop.payments.refund(key="x", payment_id=after.payment.id, amount=Money(999_999, "EUR"))
    await healthy(shop)


async def test_the_last_use_of_a_coupon_goes_to_one_order(shop: Shop) -> None:
    await shop.pricing.put_coupon(Coupon(code="LAST", kind="percentage", value=1000, limit_total=1))
    kettle = await sell(shop, on_hand=50)

    async def buy(n: int) -> Order:
        cart = await fill_cart(shop, (kettle, 1), email=f"c{n}@example.com")
        cart = await shop.carts.set_coupons(cart.id, ("LAST",))
        return await shop.orders.place(
            PlaceOrder(
                cart_id=cart.id,
                expected_total=cart.totals.total,
                payment=PaymentChoice(provider="pretend", token="pretend_ok"),
            ),
            f"c{n}",
            GUEST,
        )

    results = await asyncio.gather(*(buy(n) for n in range(12)), return_exceptions=True)
    with_coupon = [one for one in results if isinstance(one, Order) and one.totals.discount.amount]
    assert len(with_coupon) == 1
    assert (await shop.pricing.coupons())[0].used == 1
    await healthy(shop)


async def test_the_last_unit_is_sold_to_one_of_many(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=1)
    results = await asyncio.gather(
        *(place(shop, kettle, email=f"b{n}@example.com") for n in range(20 if APART else 50)), return_exceptions=True
    )
    assert sum(isinstance(one, Order) and one.status == "paid" for one in results) == 1
    assert all(isinstance(one, Order | SoldOut | CartNotReady) for one in results)
    assert await stock(shop, kettle) == (0, 0)
    await healthy(shop)


async def test_numbers_have_no_gaps_even_when_orders_fail(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=2)
    await asyncio.gather(*(place(shop, kettle, email=f"b{n}@example.com") for n in range(6)), return_exceptions=True)
    numbers = sorted(int(order.number) for order in await shop.orders.search())
    assert numbers == [1001, 1002]


async def test_an_order_is_found_by_number_and_not_by_nonsense(shop: Shop) -> None:
    order = await place(shop, await sell(shop))
    assert (await shop.orders.get("1001")).id == order.id
    assert [one.id for one in await shop.orders.search(text="lovelace")] == [order.id]
    for nonsense in ("9999", "ord_none", "", "1' OR 1=1 --"):
        with pytest.raises(Missing):
            await shop.orders.get(nonsense)


@pytest.mark.parametrize(
    ("before", "after"), [(before, after) for before in model.STATES.table for after in model.STATES.table]
)
def test_every_transition_is_in_the_table_or_refused(before, after) -> None:
    if after in model.STATES.table[before]:
        assert model.STATES.move(before, after) == after
    else:
        with pytest.raises(IllegalMove):
            model.STATES.move(before, after)


async def test_refunded_goods_are_not_restocked_again_by_cancelling(shop: Shop) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, 3)
    new_refund = NewRefund(reason="one was cracked", lines=(LineQuantity(order.lines[0].id, 1),), restock=True)
    await shop.orders.refund(order.id, new_refund, "r1", SYSTEM)
    assert await stock(shop, kettle) == (3, 0)
    await shop.orders.cancel(order.id, "changed my mind", SYSTEM)
    assert await stock(shop, kettle) == (5, 0)
    payment = (await shop.orders.get(order.id)).payment
    assert payment.refunded == payment.amount
    await healthy(shop)


async def test_the_coupon_of_an_order_that_failed_can_be_used_again(shop: Shop, clock) -> None:
    await shop.pricing.redeem("ord_00000000000000000000000000", ("WELCOME10",), "ada@example.com")
    async with shop.databases["orders"].begin() as tx:  # as it is when the process dies before the order is written
        await tx.run(
            "INSERT INTO placements (key, fingerprint, order_id) VALUES ('k', 'f', 'ord_00000000000000000000000000')"
        )
    clock.move(minutes=11)
    await shop.bus.settle()
    assert {coupon.code: coupon.used for coupon in await shop.pricing.coupons()}["WELCOME10"] == 0
    assert await shop.databases["orders"].one("SELECT 1 AS found FROM placements") is None


class SlowThenDown(PricingService):
    """The first redemption is slow to return; the second, after it, finds the service down."""

    calls = 0

    async def redeem(self, order_id: str, codes, customer: str, customer_also=()) -> None:
        type(self).calls += 1
        if type(self).calls == 2:
            await asyncio.sleep(0.2)
            raise Unavailable("Pricing is down.")
        await super().redeem(order_id, codes, customer, customer_also)
        await asyncio.sleep(0.5)


async def test_a_failed_request_releases_nothing_of_an_earlier_one(data: tuple[Path, str], clock, post: Post) -> None:
    shop = Shop(
        make_settings(*data), clock=clock, hasher=QUICK, send_webhook=post, overrides={PricingService: SlowThenDown}
    )
    async with shop.running(deliver=False):
        await shop.pricing.put_coupon(Coupon(code="TEN", kind="percentage", value=1000))
        kettle = await sell(shop)
        cart = await shop.carts.set_coupons((await fill_cart(shop, (kettle, 1))).id, ("TEN",))
        choice = PaymentChoice(provider="pretend", token="pretend_delayed")
        request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
        clicks = [asyncio.create_task(shop.orders.place(request, "twice", GUEST)) for _ in range(2)]
        done = await asyncio.gather(*clicks, return_exceptions=True)
        placed = [one for one in done if isinstance(one, Order)]
        used = {coupon.code: coupon.used for coupon in await shop.pricing.coupons()}["TEN"]
        assert (used, await stock(shop, kettle)) == (len(placed), (5, len(placed)))
        again = await shop.orders.place(request, "twice", GUEST)
        assert {coupon.code: coupon.used for coupon in await shop.pricing.coupons()}["TEN"] == 1
        assert await stock(shop, kettle) == (5, 1)
        assert again.status == "placed"
        clock.move(minutes=11)
        await healthy(shop)
        rows = await shop.databases["orders"].fetch("SELECT order_id FROM placements")
        assert [row["order_id"] for row in rows] == [again.id]


async def test_a_handler_receives_events_of_a_subject_in_order_even_after_a_failed_delivery(shop: Shop, clock) -> None:
    kettle = await sell(shop)
    variant = kettle.variants[0].id
    async with shop.databases["inventory"].begin() as tx:  # as another process would, which then dies
        await tx.emit(StockChanged(variant_id=variant, available=1))
        tx.deliveries.clear()
    async with shop.databases["inventory"].begin() as tx:
        await tx.emit(StockChanged(variant_id=variant, available=2))
    await shop.bus.settle()
    clock.move(minutes=1)
    await shop.bus.settle()
    row = await shop.databases["search"].one("SELECT available FROM offers WHERE variant_id = :id", id=variant)
    assert row["available"] == 2


async def test_staff_find_an_order_by_its_number_or_email_and_parts_of_either(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=20)
    ada = await place(shop, kettle, email="ada@example.com")
    grace = await place(shop, kettle, email="grace12@example.org")

    async def found(text: str) -> list[str]:
        return [one.id for one in await shop.orders.search(text=text)]

    assert await found(ada.number) == await found(f"#{ada.number}") == [ada.id]
    assert await found("ada@example.com") == await found("ADA@example.com") == [ada.id]
    assert await found("grace") == await found("12@") == await found("12") == [grace.id]
    assert await found("lovelace") == [grace.id, ada.id]
    assert await found("9" * 30) == await found("nobody@example.com") == []
