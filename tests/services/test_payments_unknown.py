"""A restored shop does not know payments made since: they are read from its providers, listed and imported."""

import pytest

from shopwright.app import Shop
from shopwright.cli import payments as command
from shopwright.cli import repairing
from shopwright.kit.errors import Conflict, Missing, Refused
from shopwright.kit.money import Money
from shopwright.operations.doctor import examine
from shopwright.operations.payment_checks import payments_are_known
from shopwright.services.orders.contract import Order
from tests.builders.goods import sell
from tests.builders.health import healthy
from tests.builders.orders import place, reference
from tests.builders.refunds import gives_in, held, later


async def forgotten(shop: Shop, *orders: Order) -> None:
    """The shop was restored to before these orders, and its provider was not."""
    await shop.bus.settle()
    for order in orders:
        async with shop.databases["payments"].begin() as tx:
            await tx.run("DELETE FROM ledger WHERE payment_id = :id", id=order.payment.id)
            await tx.run("DELETE FROM payments WHERE id = :id", id=order.payment.id)
        async with shop.databases["orders"].begin() as tx:
            await tx.run("DELETE FROM orders WHERE id = :id", id=order.id)


@pytest.mark.parametrize("token", ["pretend_ok", "pretend_refund_refused"])
async def test_a_payment_known_only_to_the_provider_is_listed_imported_and_refunded(
    shop: Shop, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kettle = await sell(shop, on_hand=9)
    known = await place(shop, kettle)
    lost = await place(shop, kettle, 2, token=token, email="b@example.com")
    await place(shop, kettle, token="pretend_declined", email="c@example.com")
    name = await reference(shop, lost)
    assert await shop.payments.unknown_payments() == []
    assert await payments_are_known(shop) == []
    await forgotten(shop, lost)
    [one] = await shop.payments.unknown_payments()
    assert (one.provider, one.reference, one.amount) == ("pretend", name, lost.totals.total)
    assert "payments import" in (await payments_are_known(shop))[0]
    assert await command.list_unknown(shop) == 0
    assert name in capsys.readouterr().out
    await shop.pretend.own_page.refund(name, Money(800, "EUR"))
    with pytest.raises(Refused, match="Nothing was changed"):
        await command.import_payments(shop, [name, "pi_other"])
    assert await shop.payments.unknown_payments() == [one]
    assert await command.import_payments(shop, [name]) == 0
    assert await shop.payments.unknown_payments() == []
    output = capsys.readouterr().out
    assert lost.payment.id in output
    assert "€120.00 of it not refunded" in output
    paid = await shop.payments.import_payment("pretend", name)  # once
    assert (paid.id, paid.refunded.amount, paid.status) == (lost.payment.id, 800, "part_refunded")
    assert await shop.payments.check_consistency() == []
    await shop.bus.settle()
    wrong = [sentence for found in await examine(shop) for sentence in found.wrong if lost.payment.id in sentence]
    assert [sentence.partition("is for an order that is not known")[1] != "" for sentence in wrong] == [True]
    if token != "pretend_ok":
        assert await repairing.refund(shop, [lost.payment.id]) == 1
        assert "could not be refunded: This payment is too old" in capsys.readouterr().out
        await gives_in(shop)
    assert await repairing.refund(shop, [lost.payment.id]) == 0
    assert await held(shop) == known.totals.total.amount
    await later(shop, 7200, 2)
    assert await shop.payments.check_consistency() == []
    assert await shop.payments.compare() == []


async def test_an_unreceived_payment_is_not_imported(shop: Shop) -> None:
    order = await place(shop, await sell(shop), token="pretend_3ds")
    name = await reference(shop, order)
    await forgotten(shop, order)
    assert await shop.payments.unknown_payments() == []
    with pytest.raises(Conflict, match="has received no money"):
        await shop.payments.import_payment("pretend", name)
    with pytest.raises(Missing):
        await shop.payments.import_payment("pretend", "pi_nothing")


async def test_a_known_payment_is_not_imported_again(shop: Shop) -> None:
    order = await place(shop, await sell(shop))
    again = await shop.payments.import_payment("pretend", await reference(shop, order))
    assert again.id == order.payment.id
    await healthy(shop)
