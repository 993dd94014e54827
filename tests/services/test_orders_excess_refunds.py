"""More is refunded than was paid: credit on a gift card, and then a chargeback of everything. The tax is refunded once."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.demo.load import SELLER
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money
from shopwright.services.orders import refund_parts, refund_rules
from shopwright.services.orders.contract import Order, Refund
from tests.builders.gift_cards import hundred, place_with_cards, refund
from tests.builders.health import healthy, wrong
from tests.builders.ledger import balances, statement
from tests.builders.orders import reference
from tests.builders.refunds import later
from tests.builders.taxes import NOW, order_of, sold


async def back_at_the_provider(shop: Shop, order: Order, how: str) -> None:
    """A chargeback of the whole payment without notice."""
    name = await reference(shop, order)
    if how == "dispute":
        await shop.pretend.own_page.dispute(name, "open")
        await later(shop, 4, 2)
        await shop.pretend.own_page.dispute(name, "lost")
    else:
        await shop.pretend.own_page.refund(name, order.totals.total)
    await later(shop, 4, 3)


@pytest.mark.parametrize("how", ["dispute", "page"])
async def test_a_chargeback_beyond_a_credit_is_a_loss_without_tax(shop: Shop, how: str) -> None:
    """On paper: 100.00 at 19 % are 84.03 and 15.97. 60.00 go to a card: 50.42 and 9.58; then 100.00 are charged back: 40.00 of
    them, 33.61 and 6.39, belong to the sale, and 60.00 were never sold. Nothing is left to tax; 160.00 − 100.00 are lost.
    """
    await shop.pricing.set_seller(SELLER)
    order = await place_with_cards(shop, await hundred(shop))
    await refund(shop, order, amount=6000, to="gift_card")
    await back_at_the_provider(shop, order, how)
    found = await balances(shop)
    assert (found["revenue"], found["returns"], found["disputes"], found["vouchers"]) == (-8403, 8403, 6000, -6000)
    assert {"tax", "receivables", "clearing:pretend"}.isdisjoint(found)
    assert (await statement(shop))[190_000][:2] == (0, 0)
    papers = [(await shop.books.document(one.id)) for one in await shop.books.issued_for(order.id)]
    gross = [(one.kind, one.body.gross.amount) for one in papers if one.body is not None]
    assert sorted(gross) == [("credit_note", 4000), ("credit_note", 6000), ("invoice", 10000)]
    after = await shop.orders.get(order.id)
    assert [(part.amount.amount, part.excess) for part in after.refunds[-1].parts] == [(4000, False), (6000, True)]
    assert any("€60.00 more than was paid" in one.what for one in after.timeline)
    assert sum(day.revenue.amount for day in await shop.insights.days()) == 0
    assert sum(day.orders for day in await shop.insights.days()) == 0
    await healthy(shop)


async def test_after_a_lost_dispute_nothing_is_left_to_be_credited(shop: Shop) -> None:
    order = await place_with_cards(shop, await hundred(shop))
    await back_at_the_provider(shop, order, "dispute")
    with pytest.raises(Invalid, match="Nothing of this order is left"):
        await refund(shop, order, amount=6000, to="gift_card")
    assert "disputes" not in await balances(shop)
    await healthy(shop)


async def test_a_loss_beside_a_reversed_refund_belonged_to_the_sale(shop: Shop) -> None:
    """On paper: 30.00 are refunded, 50.00 credited, 70.00 refunded at the provider: 20.00 of the sale, 50.00 lost. The bank
    returns the 30.00: 50.00 of the sale, and 20.00 lost.
    """
    order = await place_with_cards(shop, await hundred(shop), "pretend_refund_returned")
    await refund(shop, order, amount=3000)
    await refund(shop, order, amount=5000, to="gift_card")
    await shop.pretend.own_page.refund(await reference(shop, order), Money(7000, "EUR"))
    await later(shop, 1, 2)
    assert (await balances(shop))["disputes"] == 5000
    await later(shop, 5)
    await later(shop, 7200, 2)
    found = await balances(shop)
    assert (found["disputes"], found["returns"], found["clearing:pretend"]) == (2000, 8403, 3000)
    assert {"tax", "receivables"}.isdisjoint(found)
    assert sum(day.revenue.amount for day in await shop.insights.days()) == 0
    await healthy(shop)


async def test_a_loss_within_the_sale_is_found_by_the_doctor(shop: Shop) -> None:
    order = await place_with_cards(shop, await hundred(shop))
    await refund(shop, order, amount=6000, to="gift_card")
    await back_at_the_provider(shop, order, "page")
    async with shop.databases["orders"].begin() as tx:
        await tx.run("DELETE FROM order_refunds WHERE key NOT LIKE 'provider/%'")
    findings = await wrong(shop)
    assert f"Order {order.number}: 6000 was refunded beyond what was paid, although 6000 of it is left." in findings


def written(order: Order, number: int, parts, *, card: bool, settled: bool) -> Order:
    amount = refund_parts.sum_of(parts, order.currency)
    one = Refund(
        id=f"rfd_{number}", amount=amount, reason="x", lines=(), restock=False, created_at=NOW, parts=parts,
        status="settled" if settled else "asked", to_gift_cards=amount if card else None,
    )  # fmt: skip
    return msgspec.structs.replace(order, refunds=(*order.refunds, one))


@settings(max_examples=50)
@given(
    sold(quantities=True),
    st.lists(st.tuples(st.sampled_from(["credit", "asked", "provider", "refused"]), st.integers(1, 3000)), max_size=9),
)
def test_no_more_tax_is_refunded_than_was_charged(sale, steps) -> None:
    quote, _, _ = sale
    order = msgspec.structs.replace(order_of(quote, taxed=True), status="paid")
    for number, (step, amount) in enumerate(steps):
        there = max(0, refund_parts.whole_of(refund_parts.left_of(order), order.currency).amount)
        amount_asked = Money(min(amount, there), order.currency)
        waiting = [one for one in order.refunds if one.status == "asked"]
        if step in {"credit", "asked"} and amount_asked.amount:
            parts = refund_parts.goodwill(refund_parts.left_of(order), amount_asked)
            order = written(order, number, parts, card=step == "credit", settled=step == "credit")
        elif step == "provider":
            parts = refund_parts.of_provider(order, Money(amount, order.currency))
            assert refund_parts.sum_of(parts, order.currency).amount == amount
            order = written(order, number, parts, card=False, settled=True)
            for one in waiting:  # the provider no longer has the money for them
                order = refund_rules.without(order, one)
        elif step == "refused" and order.refunds:
            order = refund_rules.without(order, order.refunds[amount % len(order.refunds)])
        left = refund_parts.left_of(order).values()
        assert all(one.amount.amount >= 0 and tax.tax.amount >= 0 for one in left for tax in one.tax_parts)
        gone = sum(one.amount.amount for one in order.refunds)
        excess = sum(one.excess.amount for one in order.refunds)
        assert excess == max(0, gone - order.totals.total.amount)
