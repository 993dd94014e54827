"""Gift cards are bought like goods: untaxed and a liability when sold, e-mailed on their day, refunded while unused."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.clock import HandClock
from shopwright.kit.days import day_of, start_of
from shopwright.kit.errors import Conflict, Invalid, Missing
from shopwright.kit.money import Money
from shopwright.services.carts.contract import Cart, CartChange
from shopwright.services.catalog.contract import Product
from shopwright.services.giftcards.contract import (
    BoughtGiftCard,
    BoughtUnits,
    GiftCardRefused,
    GiftCardShare,
    GiftDelivery,
    NewPurchase,
)
from shopwright.services.giftcards.purchases import MORNING
from shopwright.services.notifications.outgoing_message import MASK
from shopwright.services.orders.contract import (
    LineQuantity,
    NewRefund,
    NewShipment,
    Order,
    RefundNotPossible,
)
from shopwright.services.pricing.contract import Coupon, TaxRate, TaxRule
from shopwright.web.privacy.gather import everything
from tests.builders.customers import BERLIN
from tests.builders.gift_cards import hundred, issue, place_with_cards
from tests.builders.goods import sell
from tests.builders.health import healthy
from tests.builders.ledger import balances
from tests.builders.messages import email_text, send_all
from tests.builders.orders import place_cart
from tests.builders.storage import everything_on_disk

GRACE = "grace@example.com"


async def cards_for_sale(shop: Shop, price: int = 5000) -> Product:
    return await sell(shop, "Gift card", price=price, on_hand=None, tax_class="gift_card")


async def cart_of(shop: Shop, *wanted: tuple[Product, int], customer: str | None = None, **delivery) -> Cart:
    cart = await shop.carts.create(customer)
    for product, quantity in wanted:
        cart = await shop.carts.add(cart.id, product.variants[0].id, quantity)
    cart = await shop.carts.change(cart.id, CartChange(email="ada@example.com", shipping_address=BERLIN))
    options = await shop.carts.shipping_options(cart.id)
    change = CartChange(shipping_option_id=options[0].id)
    if delivery:
        change = CartChange(shipping_option_id=options[0].id, gift_delivery=GiftDelivery(**delivery))
    return await shop.carts.change(cart.id, change)


async def bought(shop: Shop, *wanted: tuple[Product, int], **delivery) -> tuple[Order, list[BoughtGiftCard]]:
    placed = await place_cart(shop, await cart_of(shop, *wanted, **delivery))
    await shop.bus.settle()
    return await shop.orders.get(placed.id), await shop.orders.bought_gift_cards(placed.id)


async def spend(shop: Shop, card: BoughtGiftCard, amount: int) -> None:
    share = GiftCardShare(card_id=card.id, last4=card.last4, amount=Money(amount, "EUR"))
    await shop.giftcards.hold("ord_other", [share], shop.clock.now() + timedelta(minutes=9))
    await shop.giftcards.redeem("ord_other")


async def refund_lines(shop: Shop, order: Order, units: int = 1, line: int = 0, **more) -> Order:
    wanted = NewRefund(reason="Changed my mind", lines=(LineQuantity(order.lines[line].id, units),), **more)
    return await shop.orders.refund(order.id, wanted, f"r{order.version}-{units}-{line}", SYSTEM)


async def test_a_bought_gift_card_is_untaxed_and_owed(shop: Shop) -> None:
    """On paper: two cards of 50.00 are 100.00 without tax and without shipping, and no revenue."""
    product = await cards_for_sale(shop)
    cart = await cart_of(shop, (product, 2))
    assert (cart.totals.total.amount, cart.totals.included_tax.amount, cart.totals.shipping.amount) == (10000, 0, 0)
    assert cart.problems == ()
    assert [part.category for line in cart.quoted for part in line.tax_parts] == ["O"]
    order, cards = await bought(shop, (product, 2))
    assert order.status == "delivered"
    assert [one.amount for one in cards] == [Money(5000, "EUR")] * 2
    found = await balances(shop)
    assert (found["vouchers"], found["clearing:pretend"]) == (-10000, 10000)
    assert set(found) <= {"vouchers", "clearing:pretend"}
    await healthy(shop)


async def test_no_rate_taxes_a_gift_card_and_none_can_be_set_for_it(shop: Shop) -> None:
    """Whether a rate is for all goods or included in prices; a place without rates reports no gift card."""
    await shop.pricing.put_tax_rate(TaxRate(country="DE", tax_class="", rate=700))
    await shop.pricing.add_tax_rules([TaxRule(country="DE", rule="prices", value="net")])
    cart = await cart_of(shop, (await cards_for_sale(shop), 1))
    assert (cart.totals.total.amount, cart.totals.tax.amount, cart.totals.included_tax.amount) == (5000, 0, 0)
    assert cart.untaxed == ()
    with pytest.raises(Invalid, match="A tax class is one of"):
        await shop.pricing.put_tax_rate(TaxRate(country="DE", tax_class="gift_card", rate=700))


async def test_the_code_of_a_bought_card_reaches_the_recipient_alone_and_pays(shop: Shop) -> None:
    product = await cards_for_sale(shop)
    order, [card] = await bought(shop, (product, 1), recipient=GRACE, message="Happy birthday!\nAda")
    await send_all(shop)
    text = await email_text(shop, "A gift card for €50.00", GRACE)
    assert "Ada Lovelace sends you a gift card for €50.00." in text
    assert "Happy birthday!" in text
    assert f"Its code is {MASK}." in text
    code = await shop.giftcards.code_for_email(card.id)
    assert card.last4 == code[-4:]
    assert code not in await everything_on_disk(shop)
    cart = await shop.carts.add_gift_card((await hundred(shop)).id, code)
    paid = await place_with_cards(shop, cart)
    assert (paid.status, [one.amount.amount for one in paid.gift_cards]) == ("paid", [5000])
    [card] = await shop.orders.bought_gift_cards(order.id)
    assert (card.unused, card.recipient, card.sent) == (False, GRACE, 1)
    await healthy(shop)


async def test_without_a_recipient_the_buyer_gets_the_card(shop: Shop) -> None:
    await bought(shop, (await cards_for_sale(shop), 1))
    await send_all(shop)
    assert "Here is your gift card for €50.00." in await email_text(shop, "A gift card for €50.00")


async def test_a_card_is_sent_once_at_8_in_the_morning_of_its_day(shop: Shop, clock: HandClock) -> None:
    """The shop is in Berlin: 8 o'clock in summer is 6 UTC."""
    today = day_of(clock.now(), shop.settings.zone)
    day = today + timedelta(days=30)
    order, [card] = await bought(shop, (await cards_for_sale(shop), 1), recipient=GRACE, send_on=day)
    assert (order.status, card.sent, card.send_at) == ("delivered", 0, start_of(day, shop.settings.zone) + MORNING)
    with pytest.raises(Conflict, match="sent on its day"):
        await shop.orders.send_gift_card(order.id, card.id, SYSTEM)
    clock.move(seconds=int((card.send_at - clock.now()).total_seconds()) - 60)
    await shop.giftcards.send()
    assert [one.sent for one in await shop.orders.bought_gift_cards(order.id)] == [0]
    clock.move(seconds=120)
    await asyncio.gather(*(shop.giftcards.send() for _ in range(4)))
    assert [one.sent for one in await shop.orders.bought_gift_cards(order.id)] == [1]
    await send_all(shop)
    assert MASK in await email_text(shop, "A gift card for €50.00", GRACE)
    due = [one for one in await shop.databases["giftcards"].events_after("", 99) if one.type == "GiftCardDue"]
    assert len(due) == 1
    await healthy(shop)


@pytest.mark.parametrize("days", [-1, 400])
async def test_a_day_that_is_over_or_far_away_is_refused(shop: Shop, days: int) -> None:
    cart = await cart_of(shop, (await cards_for_sale(shop), 1))
    day = day_of(shop.clock.now(), shop.settings.zone) + timedelta(days=days)
    with pytest.raises(Invalid, match="Choose a day from today") as refused:
        await shop.carts.change(cart.id, CartChange(gift_delivery=GiftDelivery(send_on=day)))
    assert refused.value.problems[0].pointer == "/gift_delivery/send_on"
    with pytest.raises(Invalid, match="is not an e-mail address"):
        await shop.carts.change(cart.id, CartChange(gift_delivery=GiftDelivery(recipient="grace")))


async def test_goods_in_the_same_order_are_taxed_reduced_and_shipped_and_the_card_is_not(shop: Shop) -> None:
    """On paper: 10 % off 100.00, not off the card; 90.00 hold 90 × 19/119 = 14.37; goods of 90.00 are sent for 4.90."""
    await shop.pricing.put_coupon(Coupon(code="SPRING", kind="percentage", value=1000))
    lamp = await sell(shop, "Lamp", price=4500)
    cart = await cart_of(shop, (await cards_for_sale(shop), 1), (lamp, 1))
    cart = await shop.carts.set_coupons(cart.id, ("SPRING",))
    assert [line.discount.amount for line in cart.quoted] == [0, 450]
    assert cart.totals.included_tax == Money(4050 + 490, "EUR") - Money(4540, "EUR").share(100, 119)
    assert cart.totals.total.amount == 5000 + 4050 + 490
    placed = await place_cart(shop, cart)
    await shop.bus.settle()
    order = await shop.orders.get(placed.id)
    assert (order.status, [line.to_ship for line in order.lines]) == ("paid", [0, 1])
    order = await shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)
    assert order.status == "shipped"
    assert [one.line_id for one in order.shipments[0].lines] == [order.lines[1].id]
    await healthy(shop)


async def test_a_code_gives_nothing_off_gift_cards(shop: Shop) -> None:
    await shop.pricing.put_coupon(Coupon(code="TEN", kind="fixed", value=1000, currency="EUR"))
    cart = await cart_of(shop, (await cards_for_sale(shop), 1))
    cart = await shop.carts.set_coupons(cart.id, ("TEN",))
    assert (cart.totals.total.amount, cart.totals.discount.amount) == (5000, 0)


async def test_gift_cards_are_not_paid_with_gift_cards(shop: Shop) -> None:
    """Otherwise an expiring or stolen one is exchanged for a new one."""
    own = await issue(shop, 20000)
    cart = await cart_of(shop, (await cards_for_sale(shop), 1), (await sell(shop, "Lamp", price=10000), 1))
    cart = await shop.carts.add_gift_card(cart.id, own.code)
    assert cart.to_pay == Money(5000, "EUR")
    order = await place_with_cards(shop, cart)
    await shop.bus.settle()
    assert [one.amount.amount for one in order.gift_cards] == [cart.totals.total.amount - 5000]
    await healthy(shop)


async def test_a_payment_that_is_reported_again_and_again_makes_each_card_once(shop: Shop) -> None:
    placed = await place_cart(shop, await cart_of(shop, (await cards_for_sale(shop), 3)))
    assert placed.payment is not None
    await asyncio.gather(
        *(shop.orders.payment_returned(placed.id) for _ in range(3)),
        *(shop.giftcards.issue_purchase(placed.id) for _ in range(5)),
        shop.bus.settle(),
        return_exceptions=True,
    )
    await shop.bus.settle()
    assert len(await shop.orders.bought_gift_cards(placed.id)) == 3
    await healthy(shop)


async def test_an_unpaid_order_makes_no_card(shop: Shop, clock: HandClock) -> None:
    cart = await cart_of(shop, (await cards_for_sale(shop), 1), recipient=GRACE)
    order = await place_with_cards(shop, cart, "pretend_declined")
    await shop.orders.cancel(order.id, "x", SYSTEM)
    await shop.giftcards.issue_purchase(order.id)
    assert await shop.orders.bought_gift_cards(order.id) == []
    assert await shop.giftcards.cards() == []
    await healthy(shop)


# --- refunds


async def test_an_unused_card_is_refunded_and_no_longer_valid(shop: Shop) -> None:
    order, _cards = await bought(shop, (await cards_for_sale(shop), 2), recipient=GRACE)
    await send_all(shop)
    order = await refund_lines(shop, order)
    assert order.refund is not None
    assert (order.refund.status, order.refund.amount.amount, order.lines[0].refunded) == ("settled", 5000, 1)
    cards = await shop.orders.bought_gift_cards(order.id)
    assert sorted((one.cancelled, one.unused) for one in cards) == [(False, True), (True, False)]
    off = next(one for one in cards if one.cancelled)
    assert (await shop.giftcards.card(off.id)).balance.amount == 0
    with pytest.raises(Conflict, match="disabled"):
        await shop.orders.send_gift_card(order.id, off.id, SYSTEM)
    assert (await balances(shop))["vouchers"] == -5000
    await healthy(shop)


async def test_a_used_card_is_not_refunded_and_the_refusal_says_so(shop: Shop) -> None:
    order, [card] = await bought(shop, (await cards_for_sale(shop), 1))
    await spend(shop, card, 100)
    with pytest.raises(RefundNotPossible, match="0 unused gift cards are left"):
        await refund_lines(shop, order)
    with pytest.raises(Conflict, match=r"was used: €49\.00 of €50\.00 is left"):
        await shop.giftcards.withdraw_purchase(order.id, "x", {card.variant_id: 1})
    with pytest.raises(Invalid, match="refunded whole"):
        await refund_lines(shop, order, amount=1000, deduction="used")
    assert (await shop.orders.get(order.id)).refunds == ()


async def test_a_gift_of_money_on_the_order_leaves_its_card(shop: Shop) -> None:
    """On paper: 10.00 are given away; then the card of 50.00 goes back for the 40.00 that are left of its price."""
    order, [card] = await bought(shop, (await cards_for_sale(shop), 1))
    await shop.orders.refund(order.id, NewRefund(reason="Sorry", amount=1000), "gift", SYSTEM)
    assert (await shop.giftcards.card(card.id)).balance.amount == 5000
    await healthy(shop)
    order = await refund_lines(shop, await shop.orders.get(order.id))
    assert order.refund is not None
    assert order.refund.amount.amount == 4000
    assert "vouchers" not in await balances(shop)
    await healthy(shop)


async def test_a_refused_refund_makes_the_card_valid_again(shop: Shop) -> None:
    cart = await cart_of(shop, (await cards_for_sale(shop), 1))
    placed = await place_with_cards(shop, cart, "pretend_refund_refused")
    await shop.bus.settle()
    order = await shop.orders.get(placed.id)
    with pytest.raises(RefundNotPossible):
        await refund_lines(shop, order)
    [card] = await shop.orders.bought_gift_cards(order.id)
    assert (card.cancelled, card.unused) == (False, True)
    assert (await shop.giftcards.card(card.id)).state == "active"
    await healthy(shop)


async def test_a_mixed_order_is_cancelled_with_its_card_unless_that_was_used(shop: Shop) -> None:
    gift, lamp = await cards_for_sale(shop), await sell(shop, "Lamp", price=4500)
    for used in (True, False):
        order, [card] = await bought(shop, (gift, 1), (lamp, 1))
        if used:
            await spend(shop, card, 5000)
            with pytest.raises(RefundNotPossible, match=r"is not cancelled\. Gift card"):
                await shop.orders.cancel(order.id, "x", SYSTEM)
            assert (await shop.orders.get(order.id)).status == "paid"
            continue
        order = await shop.orders.cancel(order.id, "x", SYSTEM)
        assert order.status == "cancelled"
        [card] = await shop.orders.bought_gift_cards(order.id)
        assert card.cancelled
        await shop.bus.settle()
        assert (await balances(shop)).get("vouchers", 0) == -5000


async def test_a_replaced_card_is_refunded_too(shop: Shop) -> None:
    order, [card] = await bought(shop, (await cards_for_sale(shop), 1))
    new = await shop.giftcards.replace(card.id, SYSTEM)
    order = await refund_lines(shop, order)
    assert order.refund is not None
    assert (await shop.giftcards.card(new.id)).state == "disabled"
    await healthy(shop)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["withdraw", "hold", "redeem", "release", "restore"]), min_size=2, max_size=9))
async def test_no_race_of_refund_and_purchase_spends_a_bought_card_twice(shop: Shop, acts: list[str]) -> None:
    """The last euro of a card is either spent or refunded, whatever happens at the same time."""
    name = shop.ids.new("ord")
    units = (BoughtUnits(variant_id="var_1", quantity=1, amount=Money(100, "EUR")),)
    await shop.giftcards.plan_purchase(NewPurchase(order_id=name, units=units, buyer="ada@example.com"))
    await shop.giftcards.issue_purchase(name)
    [card] = await shop.giftcards.purchased(name)
    share = GiftCardShare(card_id=card.id, last4=card.last4, amount=Money(100, "EUR"))
    until = shop.clock.now() + timedelta(minutes=30)

    def act(number: int, kind: str):
        target = f"{name}-{number % 2}"
        return {
            "withdraw": lambda: shop.giftcards.withdraw_purchase(name, f"r{number % 2}"),
            "restore": lambda: shop.giftcards.restore_purchase(name, f"r{number % 2}"),
            "hold": lambda: shop.giftcards.hold(target, [share], until),
            "redeem": lambda: shop.giftcards.redeem(target),
            "release": lambda: shop.giftcards.release_hold(target),
        }[kind]()

    found = await asyncio.gather(*(act(*one) for one in enumerate(acts)), return_exceptions=True)
    assert all(one is None or isinstance(one, str | Conflict | GiftCardRefused) for one in found)
    now, [bought_card] = await shop.giftcards.card(card.id), await shop.giftcards.purchased(name)
    assert now.balance.amount in {0, 100}
    assert 0 <= now.held.amount <= now.balance.amount
    spent = sum([(await shop.giftcards.of_order(f"{name}-{number}")).taken for number in (0, 1)])
    assert now.balance.amount + spent + 100 * bought_card.cancelled == 100
    assert await shop.giftcards.check_consistency() == []


# --- people


async def test_a_code_is_sent_again_five_times_at_most(shop: Shop, clock: HandClock) -> None:
    order, [card] = await bought(shop, (await cards_for_sale(shop), 1), recipient=GRACE)
    for count in (2, 3, 4, 5):
        [card] = await shop.orders.send_gift_card(order.id, card.id, SYSTEM)
        assert card.sent == count
    with pytest.raises(Conflict, match="sent 5 times already"):
        await shop.orders.send_gift_card(order.id, card.id, SYSTEM)
    with pytest.raises(Missing):
        await shop.orders.send_gift_card(order.id, "gft_1", SYSTEM)
    other, [card] = await bought(shop, (await cards_for_sale(shop), 1))
    clock.move(days=8)
    await shop.giftcards.forget()
    with pytest.raises(Conflict, match="no longer stored"):
        await shop.orders.send_gift_card(other.id, card.id, SYSTEM)


@pytest.mark.parametrize("who", [GRACE, "ada@example.com"])
async def test_buyer_and_recipient_are_erased_and_the_card_stays(shop: Shop, clock: HandClock, who: str) -> None:
    order, [card] = await bought(shop, (await cards_for_sale(shop), 1), recipient=GRACE, message="Dear Grace Hopper")
    await send_all(shop)
    clock.move(days=100)
    await shop.bus.settle()
    await shop.users.erase_address(who)
    for _ in range(3):
        clock.move(seconds=90)
        await shop.bus.settle()
    rows = await shop.databases["giftcards"].fetch("SELECT * FROM purchases")
    assert [(row["message"], row["sender"]) for row in rows] == [("", "")]
    kept = str([dict(row) for row in rows]) + str(
        [dict(row) for row in await shop.databases["giftcards"].fetch("SELECT * FROM cards")]
    )
    assert who not in kept
    events = await shop.databases["giftcards"].events_after("", 99)
    assert "Hopper" not in str([one.data for one in events])
    assert (await shop.giftcards.card(card.id)).balance.amount == 5000
    assert [one.id for one in await shop.orders.bought_gift_cards(order.id)] == [card.id]


@pytest.mark.parametrize("recipient", [GRACE, ""])
async def test_an_account_is_erased_with_what_it_bought_under_another_address(shop: Shop, recipient: str) -> None:
    user = await shop.users.register("ada.home@example.com", "a-long-password-1", "Ada")
    gift = (await cards_for_sale(shop), 1)
    cart = await cart_of(shop, gift, customer=user.id, recipient=recipient, message="Dear Grace Hopper")
    order = await place_cart(shop, cart, Caller(user_id=user.id))
    await shop.bus.settle()
    [card] = (await everything(shop, user.id))["bought_gift_cards"]
    assert (card.recipient, card.message) == (recipient or "ada@example.com", "Dear Grace Hopper")
    await shop.users.erase(user.id)
    await shop.bus.settle()
    [row] = await shop.databases["giftcards"].fetch("SELECT * FROM purchases")
    kept = (row["message"], row["sender"], row["buyer"], row["customer_id"], row["recipient"])
    assert kept == ("", "", "", "", recipient)
    assert [one.recipient for one in await shop.giftcards.purchased(order.id)] == [recipient]
