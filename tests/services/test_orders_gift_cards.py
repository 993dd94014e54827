"""A gift card is payment, not a discount: taxes stay the same, the rest is charged, and refunds go back to their source."""

import asyncio
import random
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.demo.load import SELLER
from shopwright.kit.auth import GUEST, SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Missing, ShopError, Unavailable
from shopwright.kit.money import Money
from shopwright.operations.doctor import examine
from shopwright.services.catalog.contract import Product
from shopwright.services.giftcards.contract import GiftCard, GiftCardRefused
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
from shopwright.services.pricing.contract import TaxRate
from shopwright.simulation.faults import FaultyEngines
from tests.builders.gift_cards import GiftCardsAway, has, hundred, issue, place_with_cards, refund, share
from tests.builders.goods import sell, sell_book
from tests.builders.health import healthy
from tests.builders.ledger import balances
from tests.builders.orders import fill_cart
from tests.builders.shops import QUICK, Post, make_settings


def amount_charged(order: Order) -> int:
    assert order.payment is not None
    return order.payment.amount.amount


async def test_a_gift_card_payment_does_not_change_tax(shop: Shop) -> None:
    """On paper: 100.00 at 19 % hold 100 × 19/119 = 15.97. A discount of 20.00 would leave 80 × 19/119 = 12.77."""
    await shop.pricing.set_seller(SELLER)
    card = await issue(shop, 2000)
    cart = await hundred(shop, card)
    assert (cart.totals.total.amount, cart.totals.included_tax.amount) == (10000, 1597)
    assert [(one.last4, one.amount.amount) for one in cart.gift_cards] == [(card.last4, 2000)]
    assert cart.to_pay == Money(8000, "EUR")
    order = await place_with_cards(shop, cart)
    assert (order.status, order.totals.total.amount, amount_charged(order)) == ("paid", 10000, 8000)
    assert order.totals.included_tax.amount == 1597
    assert await has(shop, card) == (0, 0)
    found = await balances(shop)
    assert (found["tax"], found["clearing:pretend"], found["bank"]) == (-1597, 8000, 2000)
    assert "vouchers" not in found
    assert "receivables" not in found
    assert sum(found.values()) == 0
    [invoice] = await shop.books.issued_for(order.id)
    body = (await shop.books.document(invoice.id)).body
    assert body is not None
    assert (body.gross.amount, body.paid.amount) == (10000, 10000)
    await healthy(shop)


async def test_a_gift_card_is_spent_over_two_orders(shop: Shop) -> None:
    """On paper: 150.00 pay 100.00, and 50.00 of the next 100.00."""
    card = await issue(shop, 15000, why="goodwill")
    first = await place_with_cards(shop, await hundred(shop, card))
    assert (first.status, amount_charged(first)) == ("paid", 0)
    assert await shop.databases["pretend"].fetch("SELECT * FROM intents") == []
    assert await has(shop, card) == (5000, 0)
    found = await balances(shop)
    assert (found["vouchers"], found["discounts"]) == (-5000, 15000)
    second = await place_with_cards(shop, await hundred(shop, card))
    assert (second.status, amount_charged(second)) == ("paid", 5000)
    assert await has(shop, card) == (0, 0)
    await healthy(shop)


async def test_several_cards_pay_in_order(shop: Shop) -> None:
    cards = [await issue(shop, amount) for amount in (3000, 8000, 500)]
    order = await place_with_cards(shop, await hundred(shop, *cards))
    assert [(one.card_id, one.amount.amount) for one in order.gift_cards] == [(cards[0].id, 3000), (cards[1].id, 7000)]
    assert [(await has(shop, one))[0] for one in cards] == [0, 1000, 500]
    await healthy(shop)


async def test_a_cancelled_order_is_refunded_completely(shop: Shop) -> None:
    card = await issue(shop, 2000)
    order = await place_with_cards(shop, await hundred(shop, card))
    order = await shop.orders.cancel(order.id, "Not wanted", SYSTEM)
    assert [(one.amount.amount, one.to_gift_cards) for one in order.refunds] == [(10000, Money(2000, "EUR"))]
    assert await has(shop, card) == (2000, 0)
    assert (await balances(shop))["vouchers"] == -2000
    await healthy(shop)


async def test_a_cancelled_order_paid_only_by_card_is_refunded_completely(shop: Shop) -> None:
    card = await issue(shop, 20000)
    order = await place_with_cards(shop, await hundred(shop, card))
    order = await refund(shop, order, amount=1000)
    order = await shop.orders.cancel(order.id, "Not wanted", SYSTEM)
    assert [(one.amount.amount, one.to_gift_cards) for one in order.refunds] == [
        (1000, Money(1000, "EUR")),
        (9000, Money(9000, "EUR")),
    ]
    assert await has(shop, card) == (20000, 0)
    await healthy(shop)


async def test_an_unpaid_order_that_is_cancelled_releases_its_hold(shop: Shop, clock: HandClock) -> None:
    card = await issue(shop, 2000)
    order = await place_with_cards(shop, await hundred(shop, card), "pretend_declined")
    assert (order.status, await has(shop, card)) == ("placed", (2000, 2000))
    with pytest.raises(GiftCardRefused, match="another order"):
        await hundred(shop, card)
    clock.move(minutes=31)
    await shop.orders.expire_unpaid()
    await shop.bus.settle()
    assert await has(shop, card) == (2000, 0)
    await healthy(shop)


async def test_a_cart_is_ordered_again_with_the_same_card(shop: Shop) -> None:
    card = await issue(shop, 2000)
    cart = await hundred(shop, card)
    first = await place_with_cards(shop, cart, "pretend_declined")
    again = await shop.carts.get(cart.id)
    assert again.to_pay == Money(8000, "EUR")
    second = await place_with_cards(shop, again)
    assert ((await shop.orders.get(first.id)).status, second.status) == ("cancelled", "paid")
    assert await has(shop, card) == (0, 0)
    await healthy(shop)


async def test_paying_again_asks_for_the_rest_again(shop: Shop) -> None:
    card = await issue(shop, 2000)
    order = await place_with_cards(shop, await hundred(shop, card), "pretend_declined")
    order = await shop.orders.pay(order.id, PaymentChoice(provider="pretend", token="pretend_ok"))
    assert (order.status, amount_charged(order)) == ("paid", 8000)
    await healthy(shop)


async def unanswered(shop: Shop, card: GiftCard) -> tuple[Order, str]:
    """An order whose bank waits for the buyer, and the id of its payment there."""
    order = await place_with_cards(shop, await hundred(shop, card), "pretend_3ds")
    assert order.payment is not None
    assert order.payment.next_action is not None
    return order, order.payment.next_action.url.rpartition("/")[2]


async def test_a_late_payment_holds_the_card_again(shop: Shop, clock: HandClock) -> None:
    card = await issue(shop, 2000)
    order, reference = await unanswered(shop, card)
    await shop.giftcards.release_hold(order.id)
    await shop.pretend.answer_challenge(reference, approved=True)
    clock.move(seconds=2)
    await shop.bus.settle()
    assert (await shop.orders.get(order.id)).status == "paid"
    assert await has(shop, card) == (0, 0)
    await healthy(shop)


async def test_a_late_payment_after_the_card_was_spent_is_refunded_and_the_order_cancelled(
    shop: Shop, clock: HandClock
) -> None:
    card = await issue(shop, 2000)
    order, reference = await unanswered(shop, card)
    await shop.giftcards.release_hold(order.id)
    other = await place_with_cards(shop, await hundred(shop, card))
    await shop.pretend.answer_challenge(reference, approved=True)
    clock.move(seconds=2)
    await shop.bus.settle()
    found = await shop.orders.get(order.id)
    assert found.payment is not None
    assert (found.status, found.payment.refunded.amount, other.status) == ("cancelled", 8000, "paid")
    assert "its gift card was spent" in found.timeline[-1].what
    await healthy(shop)


async def test_a_shopper_who_saw_another_amount_confirms_again(shop: Shop) -> None:
    card = await issue(shop, 2000)
    cart, other = await hundred(shop, card), await hundred(shop, card, price=10500)
    await place_with_cards(shop, other)
    with pytest.raises(CartNotReady, match="has nothing left"):
        await place_with_cards(shop, cart)
    await shop.giftcards.refund((await shop.orders.search())[0].id, "some", Money(500, "EUR"))
    with pytest.raises(PriceMoved) as refused:
        await place_with_cards(shop, cart)
    assert refused.value.data["to_pay"] == {"amount": 9500, "currency": "EUR"}
    assert await shop.orders.search(status="placed") == []


async def test_an_expired_card_blocks_the_order_until_it_is_removed(shop: Shop, clock: HandClock) -> None:
    short = await issue(shop, 2000, expires_on=clock.now().date())
    cart = await hundred(shop, short)
    clock.move(days=1, hours=1)
    [problem] = (await shop.carts.get(cart.id)).problems
    assert (problem.code, problem.gift_card) == ("gift_card_refused", short.id)
    with pytest.raises(CartNotReady, match="has expired"):
        await place_with_cards(shop, await shop.carts.get(cart.id))
    cart = await shop.carts.remove_gift_card(cart.id, short.id)
    assert (cart.gift_cards, cart.to_pay) == ((), cart.totals.total)
    for code in (short.code, "7K3M-Q2XV-0D4H-9TRA"):
        with pytest.raises((GiftCardRefused, Missing)):
            await shop.carts.add_gift_card(cart.id, code)


async def test_the_last_euro_pays_for_one_of_many_orders(shop: Shop) -> None:
    card = await issue(shop, 100)
    carts = [await hundred(shop, card, email=f"b{n}@example.com") for n in range(8)]
    found = await asyncio.gather(*(place_with_cards(shop, cart) for cart in carts), return_exceptions=True)
    assert sum(isinstance(one, Order) and one.status == "paid" for one in found) == 1
    assert all(isinstance(one, Order | GiftCardRefused | CartNotReady) for one in found)
    assert await has(shop, card) == (0, 0)
    await shop.bus.settle()
    await healthy(shop)


async def test_a_repeated_request_captures_once(shop: Shop) -> None:
    card = await issue(shop, 5000)
    cart = await hundred(shop, card)
    request = PlaceOrder(
        cart_id=cart.id,
        expected_total=cart.totals.total,
        payment=PaymentChoice(provider="pretend", token="pretend_ok"),
    )
    found = await asyncio.gather(*(shop.orders.place(request, "same", GUEST) for _ in range(8)), return_exceptions=True)
    assert {one.id for one in found if isinstance(one, Order)}
    await shop.bus.settle()
    assert await has(shop, card) == (0, 0)
    await healthy(shop)


async def test_paying_and_cancelling_at_once_leave_the_money_in_one_place(shop: Shop) -> None:
    card = await issue(shop, 2000)
    order = await place_with_cards(shop, await hundred(shop, card), "pretend_declined")
    again = PaymentChoice(provider="pretend", token="pretend_ok")
    await asyncio.gather(
        shop.orders.pay(order.id, again), shop.orders.cancel(order.id, "x", SYSTEM), return_exceptions=True
    )
    await shop.bus.settle()
    status = (await shop.orders.get(order.id)).status
    assert (status, (await has(shop, card))[0]) in {("paid", 0), ("cancelled", 2000)}
    await healthy(shop)


async def test_an_authorised_payment_keeps_the_hold_for_days(careful: Shop, clock: HandClock) -> None:
    card = await issue(careful, 2000)
    order = await place_with_cards(careful, await hundred(careful, card))
    assert (order.status, await has(careful, card)) == ("placed", (2000, 2000))
    clock.move(days=2)
    await careful.bus.settle()
    assert await has(careful, card) == (2000, 2000)
    assert (await careful.orders.capture(order.id, SYSTEM)).status == "paid"
    assert await has(careful, card) == (0, 0)
    await healthy(careful)


@pytest.mark.parametrize(
    ("service", "broken", "expected"),
    [
        ("giftcards", "UPDATE movements SET amount = amount + 1 WHERE kind = 'taken'", "but 1999 were taken from them"),
        ("giftcards", "DELETE FROM movements WHERE kind = 'given_back'", "1500 should be deducted from gift cards for it, but 2000 is"),
        ("giftcards", "UPDATE cards SET balance = balance + 7", "Gift cards are worth 507 EUR, the books owe 500"),
        ("orders", "UPDATE orders SET gift_cards = 0", "lists have 0"),
        ("books", "UPDATE postings SET account = 'bank' WHERE account = 'vouchers'", "the books owe 0"),
    ],
)  # fmt: skip
async def test_the_doctor_finds_disagreements(local_shop: Shop, service: str, broken: str, expected: str) -> None:
    card = await issue(local_shop, 2000)
    order = await place_with_cards(local_shop, await hundred(local_shop, card))
    await refund(local_shop, order, amount=8500)
    await healthy(local_shop)
    async with local_shop.databases[service].begin() as tx:
        await tx.run(broken)
    found = [sentence for one in await examine(local_shop) for sentence in one.wrong]
    assert any(expected in sentence for sentence in found), found


async def live(shop: Shop, chance: random.Random, cards: list[GiftCard], goods: list[Product]) -> None:
    """Place an order with some cards and apply random events to it."""
    wanted = [(one, chance.randint(1, 2)) for one in chance.sample(goods, chance.randint(1, 2))]
    cart = await fill_cart(shop, *wanted)
    for card in chance.sample(cards, chance.randint(0, 2)):
        with suppress(ShopError):
            cart = await shop.carts.add_gift_card(cart.id, card.code)
    token = chance.choice(["pretend_ok"] * 4 + ["pretend_declined", "pretend_refund_refused"])
    order = await place_with_cards(shop, cart, token)
    if chance.random() < 0.3:
        await shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM) if order.status == "paid" else None
    for _ in range(chance.randint(0, 3)):
        wish = chance.choice([
            {"amount": chance.randint(1, 4000)},
            {"lines": (LineQuantity(chance.choice(order.lines).id, 1),), "returned": order.status == "shipped"},
            {"shipping": True},
        ])  # fmt: skip
        with suppress(ShopError):
            order = await refund(shop, order, **wish, to=chance.choice(["payment", "payment", "gift_card"]))
    if chance.random() < 0.3:
        with suppress(ShopError):
            await shop.orders.cancel(order.id, "x", SYSTEM)


@pytest.mark.parametrize("seed", range(3))
async def test_orders_cards_and_books_agree_after_any_actions(shop: Shop, clock: HandClock, seed: int) -> None:
    chance = random.Random(seed)
    await shop.pricing.put_tax_rate(TaxRate(country="DE", tax_class="reduced", rate=700))
    goods = [await sell(shop, f"Kettle {n}", price=1999 + 777 * n, on_hand=99) for n in range(2)]
    goods.append(await sell_book(shop, "Novel", 899, on_hand=99))
    cards = [await issue(shop, amount, why=chance.choice(["sold", "goodwill"])) for amount in (700, 5000, 20000)]
    for _ in range(12):
        await live(shop, chance, cards, goods)
    for _ in range(3):
        clock.move(minutes=20)
        await shop.bus.settle()
    assert all(one.balance.amount >= 0 for one in await shop.giftcards.cards())
    await healthy(shop)


async def test_a_guest_pays_with_a_card_by_the_api(shop: Shop, api: httpx.AsyncClient) -> None:
    card = await issue(shop, 2000)
    cart = await hundred(shop)
    url = f"/v1/carts/{cart.id}/gift-cards"
    wrong = await api.post(url, json={"code": "7K3M-Q2XV-0D4H-9TRA"})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "not_found")
    found = (await api.post(url, json={"code": card.code.lower()})).json()
    assert found["to_pay"] == {"amount": 8000, "currency": "EUR"}
    assert card.code not in str(found)
    body = {
        "cart_id": cart.id,
        "expected_total": 10000,
        "expected_to_pay": 8000,
        "payment": {"provider": "pretend", "token": "pretend_ok"},
    }
    placed = await api.post("/v1/orders", headers={"Idempotency-Key": "k"}, json=body)
    assert placed.status_code == 201, placed.text
    assert placed.json()["gift_cards"] == [
        {"card_id": card.id, "last4": card.last4, "amount": {"amount": 2000, "currency": "EUR"}}
    ]
    other = await hundred(shop)
    assert (await api.delete(f"/v1/carts/{other.id}/gift-cards/{card.id}")).status_code == 200
    spent = await api.post(f"/v1/carts/{other.id}/gift-cards", json={"code": card.code})
    assert (spent.status_code, spent.json()["code"]) == (409, "gift_card_refused")


async def test_a_card_is_charged_for_what_the_order_says(shop: Shop, clock: HandClock) -> None:
    """The process that marked the order as paid died before it captured the cards; another attempt held another card meanwhile."""
    card, other = await issue(shop, 5000), await issue(shop, 5000)
    order, reference = await unanswered(shop, card)
    async with shop.databases["orders"].begin() as tx:
        await tx.run("UPDATE orders SET status = 'paid' WHERE id = :id", id=order.id)
    await shop.giftcards.hold(order.id, [share(other, 1)], clock.now())
    await shop.pretend.answer_challenge(reference, approved=True)
    clock.move(seconds=2)
    await shop.bus.settle()
    assert (await has(shop, card), await has(shop, other)) == ((0, 0), (5000, 0))


async def test_paying_again_is_refused_when_the_card_is_spent(shop: Shop) -> None:
    card = await issue(shop, 2000)
    order = await place_with_cards(shop, await hundred(shop, card), "pretend_declined")
    await shop.giftcards.release_hold(order.id)
    other = await place_with_cards(shop, await hundred(shop, card))
    intents = len(await shop.databases["pretend"].fetch("SELECT * FROM intents"))
    with pytest.raises(GiftCardRefused):
        await shop.orders.pay(order.id, PaymentChoice(provider="pretend", token="pretend_ok"))
    assert len(await shop.databases["pretend"].fetch("SELECT * FROM intents")) == intents
    assert ((await shop.orders.get(order.id)).status, other.status) == ("placed", "paid")
    await healthy(shop)


async def test_paying_again_extends_the_hold(shop: Shop, clock: HandClock) -> None:
    card = await issue(shop, 2000)
    order = await place_with_cards(shop, await hundred(shop, card), "pretend_declined")
    clock.move(minutes=29)
    await shop.orders.pay(order.id, PaymentChoice(provider="pretend", token="pretend_3ds"))
    clock.move(minutes=20)
    await shop.giftcards.expire()
    assert await has(shop, card) == (2000, 2000)


async def test_orders_without_a_card_work_while_gift_cards_are_away(
    data: tuple[Path, str], clock: HandClock, post: Post
) -> None:
    faults = GiftCardsAway()
    shop = Shop(make_settings(*data), clock=clock, hasher=QUICK, send_webhook=post, around=FaultyEngines(faults))
    post.shop = shop
    async with shop.running(deliver=False):
        cart, twice = await hundred(shop), await hundred(shop, email="b@example.com")
        with_card = await hundred(shop, await issue(shop, 2000))
        faults.away = True
        with pytest.raises(Unavailable):
            await shop.carts.get(with_card.id)
        order = await place_with_cards(shop, cart)
        order = await shop.orders.refund(order.id, NewRefund(reason="x", amount=100), "r", SYSTEM)
        assert (await shop.orders.cancel(order.id, "x", SYSTEM)).status == "cancelled"
        placed = await asyncio.gather(*(place_with_cards(shop, twice) for _ in range(3)), return_exceptions=True)
        assert {type(one).__name__ for one in placed} == {"Order", "Conflict"}
        async with shop.databases["orders"].begin() as tx:  # a process that died placed it, some time ago
            await tx.run(f"INSERT INTO placements (key, fingerprint, order_id) VALUES ('k', 'f', 'ord_{'0' * 26}')")
        await shop.orders.forget_unfinished()
        rows = await shop.databases["orders"].fetch("SELECT order_id FROM placements WHERE written = 0")
        assert f"ord_{'0' * 26}" not in {row["order_id"] for row in rows}
        faults.away = False
        await shop.bus.settle()
        await healthy(shop)
