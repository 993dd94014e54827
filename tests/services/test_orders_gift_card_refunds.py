"""Refunds to gift cards: what goes back to the payment, to the card that paid, and to a new one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.data.events import Delivery
from shopwright.kit.errors import Conflict, Unavailable
from shopwright.kit.money import Money
from shopwright.operations.doctor import examine
from shopwright.services.notifications.gift_card_texts import refund_heading, went
from shopwright.services.orders.contract import (
    Order,
    RefundNotPossible,
)
from shopwright.services.orders.contract.events import OrderRefunded
from shopwright.simulation.faults import FaultyEngines
from tests.builders.gift_cards import GiftCardsAway, has, hundred, issue, place_with_cards, refund
from tests.builders.health import healthy
from tests.builders.ledger import balances
from tests.builders.shops import QUICK, Post, make_settings


async def test_refunds_go_to_the_payment_first(shop: Shop) -> None:
    """On paper: of 100.00 a card pays 60.00 and the provider 40.00. Refunds of 30.00, 30.00 and 40.00: 30 + 10 + 0 by the
    provider, 0 + 20 + 40 to the card.
    """
    card = await issue(shop, 6000)
    order = await place_with_cards(shop, await hundred(shop, card))
    for amount, to_card in ((3000, None), (3000, 2000), (4000, 4000)):
        order = await refund(shop, order, amount=amount)
        assert order.refund is not None
        assert order.refund.to_gift_cards == (None if to_card is None else Money(to_card, "EUR"))
        assert order.refund.status == "settled"
        await healthy(shop)
    assert order.payment is not None
    assert order.payment.refunded.amount == 4000
    assert await has(shop, card) == (6000, 0)
    assert (await balances(shop))["vouchers"] == -6000
    refunds = await refunded_events(shop)
    assert [(one.amount.amount, one.to_gift_cards and one.to_gift_cards.amount, one.whole) for one in refunds] == [
        (3000, None, False),
        (3000, 2000, False),
        (4000, 4000, True),
    ]


async def test_staff_may_refund_everything_as_credit(shop: Shop) -> None:
    """On paper: 50.00 of 100.00, of which the card paid 20.00, go to the card; 50.00 of the 80.00 paid by the provider are left."""
    card = await issue(shop, 2000)
    order = await refund(shop, await place_with_cards(shop, await hundred(shop, card)), amount=5000, to="gift_card")
    assert await has(shop, card) == (5000, 0)
    await healthy(shop)
    order = await shop.orders.cancel(order.id, "Not wanted", SYSTEM)
    assert order.payment is not None
    assert (order.status, order.payment.refunded.amount) == ("cancelled", 5000)
    assert await has(shop, card) == (5000, 0)
    assert (await balances(shop))["vouchers"] == -5000
    await healthy(shop)


async def test_credit_for_an_order_without_a_card_issues_one_for_its_buyer(shop: Shop) -> None:
    order = await refund(shop, await place_with_cards(shop, await hundred(shop)), amount=1234, to="gift_card")
    [card] = await shop.giftcards.cards()
    assert (card.balance.amount, card.why, card.recipient, card.order_id) == (1234, "refund", order.email, order.id)
    assert order.payment is not None
    assert order.payment.refunded.amount == 0
    found = await balances(shop)
    assert (found["vouchers"], found["clearing:pretend"]) == (-1234, 10000)
    await healthy(shop)


async def test_a_refund_refused_by_the_provider_credits_no_card(shop: Shop) -> None:
    card = await issue(shop, 2000)
    order = await place_with_cards(shop, await hundred(shop, card), "pretend_refund_refused")
    with pytest.raises(RefundNotPossible):
        await refund(shop, order, amount=9000)
    assert await has(shop, card) == (0, 0)
    order = await refund(shop, await shop.orders.get(order.id), amount=2000, to="gift_card")
    assert await has(shop, card) == (2000, 0)
    await healthy(shop)


async def test_a_pending_refund_of_a_cancelled_order_is_credited_once(shop: Shop, clock: HandClock) -> None:
    """On paper: of 90.00 pending, 80.00 belong to the provider and 10.00 to the card, which paid 20.00. It refuses in the end."""
    card = await issue(shop, 2000)
    order = await place_with_cards(shop, await hundred(shop, card), "pretend_refund_refused_later")
    order = await refund(shop, order, amount=9000)
    assert order.refund is not None
    assert (order.refund.status, await has(shop, card)) == ("asked", (0, 0))
    await shop.orders.cancel(order.id, "x", SYSTEM)
    for _ in range(4):
        clock.move(seconds=20)
        await shop.bus.settle()
    order = await shop.orders.get(order.id)
    assert (order.status, order.owed, await has(shop, card)) == ("cancelled", Money(8000, "EUR"), (2000, 0))
    assert [one.to_gift_cards for one in order.refunds] == [Money(1000, "EUR")] * 2
    found = [sentence for one in await examine(shop) for sentence in one.wrong]
    assert [sentence.partition(" of its payment")[0] for sentence in found] == [
        f"Order {order.id} is cancelled, but €80.00"
    ]


async def returned(shop: Shop, clock: HandClock, order: Order) -> Order:
    """Advance the clock to when the bank has returned the money."""
    for _ in range(4):
        clock.move(hours=7)
        await shop.bus.settle()
    return await shop.orders.get(order.id)


async def test_an_amount_left_on_the_card_is_not_credited_again_by_cancelling(shop: Shop, clock: HandClock) -> None:
    """On paper: 10.00 of the 20.00 of the card stayed there when the 80.00 of the provider were returned; 10.00 are left to refund to it."""
    card = await issue(shop, 2000)
    order = await place_with_cards(shop, await hundred(shop, card), "pretend_refund_returned")
    await returned(shop, clock, await refund(shop, order, amount=9000))
    async with shop.databases["pretend"].begin() as tx:
        await tx.run("UPDATE intents SET token = 'pretend_ok'")
    order = await shop.orders.cancel(order.id, "x", SYSTEM)
    await shop.bus.settle()
    assert (order.status, await has(shop, card)) == ("cancelled", (2000, 0))
    assert order.payment is not None
    assert order.payment.refunded.amount == 8000
    await healthy(shop)


async def test_a_repeated_cancellation_event_credits_nothing_again(local_shop: Shop, clock: HandClock) -> None:
    card = await issue(local_shop, 2000)
    order = await place_with_cards(local_shop, await hundred(local_shop, card), "pretend_refund_refused_later")
    await refund(local_shop, order, amount=9000)
    await local_shop.orders.cancel(order.id, "x", SYSTEM)
    order = await returned(local_shop, clock, order)
    assert [one.to_gift_cards for one in order.refunds] == [Money(1000, "EUR")] * 2
    [cancelled] = [
        one for one in await local_shop.databases["orders"].events_after("", 99) if one.type == "OrderCancelled"
    ]
    await local_shop.orders.on_order_closed(Delivery(cancelled, "orders.cancelled"))
    assert await has(local_shop, card) == (2000, 0)


async def refunded_events(shop: Shop) -> list[OrderRefunded]:
    return [
        event.data for event in await shop.databases["orders"].events_after("", 99) if event.type == "OrderRefunded"
    ]


async def test_a_refund_to_a_replaced_card_is_on_the_newest(shop: Shop) -> None:
    """On paper: a card of 110.00 pays 100.00; its 10.00 move to another and on to a third, and 5.00 + 95.00 are refunded to that."""
    old = await issue(shop, 11000)
    order = await place_with_cards(shop, await hundred(shop, old))
    second = await shop.giftcards.replace(old.id, SYSTEM)
    third = await shop.giftcards.replace(second.id, SYSTEM)
    order = await refund(shop, order, amount=500)
    assert [(await has(shop, one))[0] for one in (old, second, third)] == [0, 0, 1500]
    await shop.orders.cancel(order.id, "x", SYSTEM)
    assert [(await has(shop, one))[0] for one in (old, second, third)] == [0, 0, 11000]
    [refunded] = await refunded_events(shop)
    assert refunded.on_disabled_cards is None
    await healthy(shop)


async def test_money_on_a_disabled_card_is_not_called_spendable(shop: Shop) -> None:
    card = await issue(shop, 10000)
    order = await place_with_cards(shop, await hundred(shop, card))
    await shop.giftcards.set_disabled(card.id, disabled=True)
    order = await refund(shop, order, amount=500)
    [refunded] = await refunded_events(shop)
    assert refunded.on_disabled_cards == Money(500, "EUR")
    assert went(refunded) == ("€5.00 is on a gift card that is disabled. Write to us, and we send you another one.",)
    assert refund_heading(refunded) == "Your refund is on a gift card that is disabled"
    free = msgspec.structs.replace(refunded, on_disabled_cards=None)
    assert refund_heading(free) == "Your refund is on your gift card"
    await shop.orders.cancel(order.id, "x", SYSTEM)
    await shop.bus.settle()
    order = await shop.orders.get(order.id)
    note = f"Money went back to gift card ••••{card.last4}, which is disabled"
    assert [one.what for one in order.timeline].count(note) == 1
    assert await has(shop, card) == (10000, 0)
    await healthy(shop)


async def test_a_later_reversal_by_the_provider_keeps_the_card_part(shop: Shop, clock: HandClock) -> None:
    """On paper: 90.00 are refunded, 80.00 by the provider and 10.00 to the card. The 80.00 are returned: the card keeps its 10.00,
    and 90.00 of the order are left to be refunded, 80.00 of them by the provider.
    """
    card = await issue(shop, 2000)
    order = await place_with_cards(shop, await hundred(shop, card), "pretend_refund_returned")
    order = await refund(shop, order, amount=9000)
    assert await has(shop, card) == (1000, 0)
    order = await returned(shop, clock, order)
    assert [(one.amount.amount, one.to_gift_cards) for one in order.refunds] == [(1000, Money(1000, "EUR"))]
    assert [one.amount.amount for one in order.refused] == [9000]
    assert (await balances(shop))["clearing:pretend"] == 8000
    await healthy(shop)
    async with shop.databases["pretend"].begin() as tx:  # the provider makes the refund it had not made
        await tx.run("UPDATE intents SET token = 'pretend_ok'")
    order = await refund(shop, order, amount=9000)
    assert order.payment is not None
    assert (order.payment.refunded.amount, await has(shop, card)) == (8000, (2000, 0))
    await healthy(shop)


@asynccontextmanager
async def promised(data: tuple[Path, str], clock: HandClock, post: Post) -> AsyncIterator[tuple[Shop, Order, str]]:
    """A refund of 12.34 as a new gift card was recorded; the process died before the card was issued."""
    faults = GiftCardsAway()
    shop = Shop(make_settings(*data), clock=clock, hasher=QUICK, send_webhook=post, around=FaultyEngines(faults))
    post.shop = shop
    async with shop.running(deliver=False):
        order = await place_with_cards(shop, await hundred(shop))
        faults.away = True
        with pytest.raises(Unavailable):
            await refund(shop, order, amount=1234, to="gift_card")
        faults.away = False
        [waits] = (await shop.orders.get(order.id)).refunds
        assert waits.status == "asked"
        yield shop, order, waits.id
        await healthy(shop)


async def test_credit_for_an_erased_buyer_is_refused(data: tuple[Path, str], clock: HandClock, post: Post) -> None:
    async with promised(data, clock, post) as (shop, bought, refund_id):
        async with shop.databases["orders"].begin() as tx:
            await tx.run("UPDATE orders SET email = '' WHERE id = :id", id=bought.id)
        clock.move(minutes=1)
        await shop.bus.settle()
        order = await shop.orders.get(bought.id)
        assert [(one.id, "no e-mail address" in one.why) for one in order.refused] == [(refund_id, True)]
        assert "Refund of €12.34 was refused" in order.timeline[-1].what
        order = await refund(shop, order, amount=10000)
        assert order.payment is not None
        assert order.payment.refunded.amount == 10000


async def test_a_pending_credit_can_be_cancelled(data: tuple[Path, str], clock: HandClock, post: Post) -> None:
    async with promised(data, clock, post) as (shop, bought, refund_id):
        order = await shop.orders.cancel_refund(bought.id, refund_id, "A mistake", SYSTEM)
        assert [one.id for one in order.refused] == [refund_id]
        clock.move(minutes=1)
        await shop.bus.settle()
        assert await shop.giftcards.cards() == []
        order = await refund(shop, order, amount=1000, to="gift_card")
        assert order.refund is not None
        with pytest.raises(Conflict, match="already on a gift card"):
            await shop.orders.cancel_refund(order.id, order.refund.id, "A mistake", SYSTEM)


async def test_a_credit_cancelled_while_it_is_issued_exists_once(
    data: tuple[Path, str], clock: HandClock, post: Post
) -> None:
    async with promised(data, clock, post) as (shop, bought, refund_id):
        clock.move(minutes=1)
        await asyncio.gather(
            shop.orders.finish_refunds(),
            shop.orders.cancel_refund(bought.id, refund_id, "A mistake", SYSTEM),
            return_exceptions=True,
        )
        await shop.bus.settle()
        issued = sum(one.balance.amount for one in await shop.giftcards.cards())
        refunds = (await shop.orders.get(bought.id)).refunds
        assert issued == sum(one.amount.amount for one in refunds if one.status == "settled")
