"""After any events of an order each entry balances, and the books agree with the order to the cent."""

import random
from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import ShopError
from shopwright.services.books import model
from shopwright.services.books.contract import EntryKind
from shopwright.services.orders.contract import LineQuantity, NewRefund, Order
from shopwright.services.pricing.contract import TaxRate
from tests.builders.goods import sell, sell_book
from tests.builders.health import wrong
from tests.builders.lives import run_order
from tests.builders.refunds import ACTIONS, with_refund
from tests.builders.taxes import order_of, sold

Booked = dict[EntryKind, dict[model.Key, model.Sum]]


def follow(order: Order, booked: Booked) -> None:
    """Book what is not booked yet; each entry balances."""
    for kind, sums in {"sale": model.sale_sums(order), "return": model.given_back(order)}.items():
        there = booked.setdefault(kind, {})
        postings = sums.less(there)
        assert not model.unbalanced(postings)
        for one in postings:
            key = model.key_of(one)
            base = one.base.amount if one.base else 0
            there[key] = there.get(key, model.Sum()).plus(model.Sum(one.amount.amount, base))
        assert sums.less(there) == ()


def on(booked: Booked, *accounts: str) -> int:
    return sum(one.amount for sums in booked.values() for key, one in sums.items() if key.account in accounts)


@given(sold(quantities=True), ACTIONS, st.booleans())
def test_each_entry_balances_and_nothing_is_booked_twice(sale, steps, cancelled: bool) -> None:
    quote, _, _ = sale
    order = msgspec.structs.replace(order_of(quote, taxed=True), status="paid")
    booked: Booked = {}
    follow(order, booked)
    for number, (name, amount, place) in enumerate(steps):
        one = (LineQuantity(order.lines[place % len(order.lines)].id, 1),)
        wanted = {
            "lines": NewRefund(reason="x", lines=one),
            "amount": NewRefund(reason="x", amount=amount),
            "shipping": NewRefund(reason="x", shipping=True),
            "worn": NewRefund(reason="x", lines=one, amount=amount, deduction="worn"),
        }.get(name)
        with suppress(ShopError):
            if wanted is not None:
                order = with_refund(order, number, wanted)
            elif order.refunds:  # one is refused after all
                order = msgspec.structs.replace(order, refunds=order.refunds[:-1])
        follow(order, booked)
    back = sum(one.amount.amount for one in order.refunds)
    assert on(booked, "receivables") == order.totals.total.amount - back
    if cancelled:
        follow(msgspec.structs.replace(order, status="cancelled"), booked)
        assert on(booked, "receivables") == on(booked, "tax") == on(booked, "revenue", "discounts", "returns") == 0


@given(sold(quantities=True))
def test_goods_discounts_shipping_and_tax_are_those_of_the_order(sale) -> None:
    quote, _, _ = sale
    order = msgspec.structs.replace(order_of(quote, taxed=True), status="paid")
    booked: Booked = {}
    follow(order, booked)
    totals = order.totals
    assert -on(booked, "tax") == totals.tax.amount + totals.included_tax.amount
    assert -on(booked, "revenue", "discounts", "shipping", "tax") == totals.total.amount
    for line in order.lines:
        if line.discount.amount and not line.tax.amount:  # its price contains its tax
            rate = Decimal(sum(part.rate_ppm for part in line.tax_parts)) / 1_000_000
            expected = (line.discount.amount / (1 + rate)).quantize(Decimal(1), ROUND_HALF_UP)
            assert sum(net for _, net in model.discounts_of(line)) == expected


@pytest.mark.parametrize(
    "orders", [pytest.param(300, marks=pytest.mark.slow), pytest.param(10_000, marks=pytest.mark.soak)]
)
async def test_the_dashboard_equals_the_net_payments_of_orders(local_shop: Shop, clock: HandClock, orders: int) -> None:
    await local_shop.pricing.put_tax_rate(TaxRate(country="DE", tax_class="reduced", rate=700))
    goods = [await sell(local_shop, f"Kettle {n}", price=999 + 777 * n, on_hand=99_999) for n in range(4)]
    goods += [await sell_book(local_shop, f"Novel {n}", 899 + 333 * n, on_hand=99_999) for n in range(3)]
    await local_shop.bus.settle()
    chance = random.Random(20)
    total = 0
    for number in range(orders):
        total += await run_order(local_shop, chance, goods)
        if number % 100 == 99:
            await local_shop.bus.settle()
            clock.move(days=1)
    await local_shop.bus.settle()
    days = await local_shop.books.sales_days(200)
    assert sum(day.gross.amount for day in days) == total
    assert all(day.gross == day.net + day.tax for day in days)
    assert all(day.net == day.goods - day.discounts - day.returned + day.shipping for day in days)
    assert sum(one.closing.amount for one in await local_shop.books.trial_balance("2026-01", "2026-12")) == 0
    assert await wrong(local_shop) == []
