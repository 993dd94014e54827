"""The parts of a refund and their tax: by line, of shipping, as goodwill, in any order."""

from contextlib import suppress

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.auth import SYSTEM
from shopwright.kit.errors import Invalid, ShopError, Unavailable
from shopwright.kit.money import Money, add_up
from shopwright.services.carts.contract import CartChange
from shopwright.services.orders import refund_parts, refund_rules
from shopwright.services.orders.contract import LineQuantity, NewRefund, Order, Refund
from shopwright.services.orders.contract.events import OrderRefunded
from shopwright.services.payments.contract import Payment, Payments
from shopwright.services.pricing.contract import TaxPart, TaxRate, TaxRule
from tests.builders.goods import sell, sell_book
from tests.builders.health import wrong
from tests.builders.orders import fill_cart, place_cart, two_rates
from tests.builders.refunds import ACTIONS, paid_with, refunded, with_refund
from tests.builders.taxes import order_of, sold

Shown = list[tuple[str, int, int, list[tuple[int, int, int]]]]


def summary(refund: Refund) -> Shown:
    return [
        (
            part.of,
            part.quantity,
            part.amount.amount,
            [(one.rate_ppm, one.net.amount, one.tax.amount) for one in part.tax_parts],
        )
        for part in refund.parts
    ]


async def test_a_line_refunds_its_own_tax(shop: Shop) -> None:
    """On paper: 62.90 at 19 % hold 10.04, of which 58.00 are 10.04 × 58.00/62.90 = 9.26; one of two kettles: 4.63."""
    order = await two_rates(shop)
    refund = await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1),))
    assert summary(refund) == [("line", 1, 2900, [(190_000, 2437, 463)])]
    other = await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1), LineQuantity(order.lines[1].id, 1)))
    assert summary(other) == [("line", 1, 2900, [(190_000, 2437, 463)]), ("line", 1, 1000, [(70_000, 935, 65)])]


async def test_shipping_is_refunded_separately_and_once(shop: Shop) -> None:
    order = await two_rates(shop)
    refund = await refunded(shop, order, shipping=True)
    assert summary(refund) == [("shipping", 0, 490, [(190_000, 412, 78)])]
    with pytest.raises(Invalid, match="already refunded"):
        await refunded(shop, order, shipping=True)


async def test_goodwill_is_spread_over_the_rates_by_value(shop: Shop) -> None:
    """On paper: 7.29 are a tenth: 5.80 of the kettles, 1.00 of the novel, 0.49 of shipping."""
    order = await two_rates(shop)
    refund = await refunded(shop, order, amount=729)
    assert summary(refund) == [
        ("goodwill", 0, 580, [(190_000, 487, 93)]),
        ("goodwill", 0, 100, [(70_000, 93, 7)]),
        ("goodwill", 0, 49, [(190_000, 41, 8)]),
    ]


async def test_after_goodwill_the_rest_is_refunded_by_lines(shop: Shop) -> None:
    """On paper: of the kettles 58.00 − 5.80 = 52.20 are left, 26.10 each; of their tax 9.26 − 0.93 = 8.33."""
    order = await two_rates(shop)
    await refunded(shop, order, amount=729)
    first = await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1),))
    assert summary(first) == [("line", 1, 2610, [(190_000, 2193, 417)])]
    rest = await refunded(
        shop, order, lines=(LineQuantity(order.lines[0].id, 1), LineQuantity(order.lines[1].id, 1)), shipping=True
    )
    assert [(part.of, part.amount.amount) for part in rest.parts] == [("line", 2610), ("line", 900), ("shipping", 441)]
    after = await shop.orders.get(order.id)
    assert add_up((one.amount for one in after.refunds), "EUR") == order.totals.total
    assert by_rate(after) == {190_000: 1004, 70_000: 65}


def by_rate(order: Order) -> dict[int, int]:
    """The refunded tax by rate."""
    parts = refund_parts.by_rate([part for one in order.refunds for part in one.parts])
    return {one.rate_ppm: one.tax.amount for one in parts}


@pytest.mark.parametrize(
    ("wanted", "pointer", "expected"),
    [
        ({"amount": 1}, "/deduction", "€29.00"),
        ({"amount": 3000}, "/amount", "separate amount"),
        ({"amount": 0, "deduction": "worn"}, "/amount", "€29.00"),
        ({"amount": Money(100, "USD")}, "/amount/currency", "EUR"),
    ],
)
async def test_an_amount_that_differs_from_the_value_of_its_lines_is_refused_with_the_value(
    shop: Shop, wanted: dict[str, object], pointer: str, expected: str
) -> None:
    order = await two_rates(shop)
    with pytest.raises(Invalid, match=expected) as refused:
        await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1),), **wanted)
    assert [problem.pointer for problem in refused.value.problems] == [pointer]
    assert (await shop.orders.get(order.id)).refunds == ()


async def test_worn_goods_are_refunded_with_a_deduction_and_its_reason(shop: Shop) -> None:
    order = await two_rates(shop)
    refund = await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1),), amount=1450, deduction="worn")
    assert summary(refund) == [("line", 1, 1450, [(190_000, 1218, 232)])]  # 14.50 × 19/119 = 2.32
    assert refund.deduction == "worn"
    other = await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1),))
    assert other.amount == Money(2900, "EUR")
    assert (await refunded(shop, order, amount=1450 + 1000 + 490)).parts[0].amount == Money(1450, "EUR")


async def test_a_cancellation_refunds_everything_that_was_left(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    order = await two_rates(shop)
    await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1),))
    cancelled = await shop.orders.cancel(order.id, "changed my mind", SYSTEM)
    assert [summary(one) for one in cancelled.refunds][1:] == [
        [
            ("all", 1, 2900, [(190_000, 2437, 463)]),
            ("all", 1, 1000, [(70_000, 935, 65)]),
            ("all", 0, 490, [(190_000, 412, 78)]),
        ]
    ]
    assert by_rate(cancelled) == {190_000: 1004, 70_000: 65}
    shown = (await api.get(f"/v1/orders/{order.id}", headers=staff)).json()["refunds"]
    assert [one["status"] for one in shown] == ["settled", "settled"]
    assert [(one["rate_ppm"], one["tax"]["amount"]) for one in shown[1]["tax_parts"]] == [(190_000, 541), (70_000, 65)]
    await shop.bus.settle()
    assert sum(one.revenue.amount for one in await shop.insights.days()) == 0


async def test_the_event_of_a_refund_lists_its_parts(shop: Shop) -> None:
    order = await two_rates(shop)
    refund = await refunded(shop, order, shipping=True)
    await shop.bus.settle()
    events = [event for event in await shop.insights.events() if event.type == "OrderRefunded"]
    assert msgspec.json.decode(events[0].data, type=OrderRefunded).parts == refund.parts


@pytest.mark.parametrize("was", ['"amount":{"amount":490,', '"tax":{"amount":78,'])
async def test_an_inconsistent_refund_is_found(local_shop: Shop, was: str) -> None:
    order = await two_rates(local_shop)
    refund = await refunded(local_shop, order, shipping=True)
    async with local_shop.databases["orders"].begin() as tx:
        row = await tx.one("SELECT body FROM order_refunds")
        assert row is not None
        body = msgspec.json.encode(msgspec.json.decode(row["body"])).decode()  # PostgreSQL writes blanks
        start, _, parts = body.rpartition('"parts":')
        assert was in parts
        parts = parts.replace(was, was.replace("490", "491").replace("78", "79"), 1)
        await tx.run("UPDATE order_refunds SET body = :body", body=f'{start}"parts":{parts}')
    found = await wrong(local_shop)
    assert any(refund.id in sentence for sentence in found)


async def test_goods_of_two_authorities_and_shipping_of_two_kinds_are_refunded_completely(shop: Shop) -> None:
    """On paper: in Québec GST 5 % and QST 9.975 % of one net; 100.00 hold 4.35 and 8.68, half of it 2.18 and 4.34.

    Shipping is taxed as the goods it carries, 100.00 standard and 50.00 reduced (5 % alone): 3.27 and 1.63 of its 4.90.
    """
    for authority, ppm, kind in (("GST", 50_000, ""), ("QST", 99_750, "standard")):
        await shop.pricing.put_tax_rate(
            TaxRate(country="CA", region="QC", tax_class=kind, authority=authority, rate=ppm // 100, rate_ppm=ppm)
        )
    await shop.pricing.add_tax_rules([TaxRule(country="CA", rule="shipping", value="pro_rata")])
    kettle, novel = await sell(shop, price=10_000), await sell_book(shop, "Novel", 5000)
    await shop.bus.settle()
    cart = await fill_cart(shop, (kettle, 1), (novel, 1))
    montreal = Address(
        name="Ada", line1="1 Rue Saint-Paul", city="Montréal", region="QC", postal_code="H2Y 1G7", country="CA"
    )
    cart = await shop.carts.change(cart.id, CartChange(shipping_address=montreal))
    option = (await shop.carts.shipping_options(cart.id))[0]
    order = await place_cart(shop, await shop.carts.change(cart.id, CartChange(shipping_option_id=option.id)))
    assert [(one.authority, one.tax.amount) for one in order.lines[0].tax_parts] == [("GST", 435), ("QST", 868)]
    assert order.shipping is not None
    assert {one.tax_class for one in order.shipping.tax_parts} == {"standard", "reduced"}
    half = await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1),), amount=5000, deduction="worn")
    assert [(one.authority, one.net.amount, one.tax.amount) for one in half.parts[0].tax_parts] == [
        ("GST", 4348, 218),
        ("QST", 4348, 434),
    ]
    await refunded(shop, order, amount=777)
    rest = order.totals.total - Money(5777, "EUR")
    await refunded(shop, order, amount=rest)
    after = await shop.orders.get(order.id)
    back = refund_parts.by_rate([part for one in after.refunds for part in one.parts])
    assert add(list(back)) == add(list(order.tax_parts))
    assert await wrong(shop) == []


async def test_a_deduction_goodwill_and_the_other_unit(shop: Shop) -> None:
    """On paper: one kettle was returned worn, at 14.50; 29.20 of what is left, 58.40, are half: the other is worth 14.50."""
    order = await two_rates(shop)
    kettle = (LineQuantity(order.lines[0].id, 1),)
    await refunded(shop, order, lines=kettle, amount=1450, deduction="worn")
    await refunded(shop, order, amount=2920)
    other = await refunded(shop, order, lines=kettle)
    assert other.amount == Money(1450, "EUR")
    rest = await refunded(shop, order, amount=7290 - 1450 - 2920 - 1450)
    assert (rest.amount.amount, by_rate(await shop.orders.get(order.id))) == (1470, {190_000: 1004, 70_000: 65})
    assert await wrong(shop) == []


async def test_refunded_goods_are_restocked_on_request(shop: Shop) -> None:
    order = await two_rates(shop)
    novel = (LineQuantity(order.lines[1].id, 1),)
    await refunded(shop, order, amount=7290)
    with pytest.raises(Invalid, match="Set `amount` to 0"):
        await refunded(shop, order, lines=novel)
    back = await refunded(shop, order, lines=novel, amount=0, restock=True)
    assert (back.amount.amount, (await shop.orders.get(order.id)).lines[1].refunded) == (0, 1)


@pytest.mark.parametrize("name", ["returned", "restock"])
async def test_restocking_names_its_lines(shop: Shop, name: str) -> None:
    order = await two_rates(shop)
    with pytest.raises(Invalid, match="name them in `lines`"):
        await refunded(shop, order, amount=100, **{name: True})


async def test_an_order_with_ambiguous_lines_refunds_exactly_its_tax(local_shop: Shop) -> None:
    """Two products of 10.01, one at 19 % and one at 7 %, of a version that stored only sentences."""
    await local_shop.pricing.put_tax_rate(TaxRate(country="DE", tax_class="reduced", rate=700))
    lamp, novel = await sell(local_shop, price=1001), await sell_book(local_shop, "Novel", 1001)
    await local_shop.bus.settle()
    order = await place_cart(local_shop, await fill_cart(local_shop, (lamp, 1), (novel, 1)))
    async with local_shop.databases["orders"].begin() as tx:
        await tx.run("UPDATE orders SET taxes = NULL")
    await local_shop.orders.write_taxes()
    order = await local_shop.orders.get(order.id)
    assert order.taxes_unknown
    for line in order.lines:
        await refunded(local_shop, order, lines=(LineQuantity(line.id, 1),))
    await refunded(local_shop, order, shipping=True)
    after = await local_shop.orders.get(order.id)
    assert by_rate(after) == {one.rate_ppm: one.tax.amount for one in order.tax_parts}
    assert await wrong(local_shop) == []


class Away:
    """Payments whose refunds are unavailable."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    def __getattr__(self, name: str) -> object:
        return getattr(self._payments, name)

    async def refund(self, **_arguments: object) -> Payment:
        raise Unavailable("Payments do not answer.")


async def test_a_refund_not_yet_sent_to_payments_goes_first_when_its_order_is_cancelled(
    local_shop: Shop,
) -> None:
    order = await two_rates(local_shop)
    payments, local_shop.orders._context.payments = local_shop.orders._context.payments, Away(local_shop.payments)
    waits = await refunded(local_shop, order, lines=(LineQuantity(order.lines[0].id, 1),))
    assert waits.status == "asked"
    local_shop.orders._context.payments = payments
    cancelled = await local_shop.orders.cancel(order.id, "no", SYSTEM)
    assert [one.amount.amount for one in cancelled.refunds] == [2900, 4390]
    assert by_rate(cancelled) == {190_000: 1004, 70_000: 65}
    await local_shop.bus.settle()
    assert {one.status for one in (await local_shop.orders.get(order.id)).refunds} == {"settled"}
    assert await wrong(local_shop) == []


@given(st.integers(1, 400), st.integers(0, 200), st.integers(0, 200), st.lists(st.integers(1, 30), max_size=12))
def test_two_authorities_never_leave_a_negative_net_amount(net: int, gst: int, qst: int, amounts: list[int]) -> None:
    parts = [part(net, min(net, tax), authority) for authority, tax in (("GST", gst), ("QST", qst))]
    total_tax = sum((one.tax for one in parts), Money(net, "EUR"))
    left = refund_parts.RefundableLot(
        line_id="a", units=1, amount=total_tax, kept=Money(0, "EUR"), tax_parts=tuple(parts)
    )
    for amount in amounts:
        if amount > left.amount.amount:
            continue
        [back] = refund_parts.goodwill({"a": left}, Money(amount, "EUR"))
        left = left.without(back)
        for one in (*back.tax_parts, *left.tax_parts):
            assert one.net.amount >= 0
            assert one.tax.amount >= 0


def part(net: int, tax: int, authority: str) -> TaxPart:
    return TaxPart(
        net=Money(net, "EUR"), tax=Money(tax, "EUR"), gross=Money(net + tax, "EUR"), category="S", rate_ppm=1, country="CA",
        tax_class="standard", authority=authority,
    )  # fmt: skip


def test_a_refund_made_at_the_provider_is_split_too() -> None:
    """Two of three units are refunded here, and then the whole was refunded at the provider: ours will be refused."""
    order = msgspec.structs.replace(paid_with(1000, 0), status="paid")
    order = with_refund(order, 1, NewRefund(reason="x", lines=(LineQuantity(order.lines[0].id, 3),)))
    parts = refund_parts.of_provider(order, Money(1000, "EUR"))
    assert refund_parts.sum_of(parts, "EUR") == Money(1000, "EUR")


# --- any sequence


def add(parts: list[TaxPart]) -> dict[int, tuple[int, int]]:
    sums: dict[int, tuple[int, int]] = {}
    for part in parts:
        net, tax = sums.get(part.rate_ppm, (0, 0))
        sums[part.rate_ppm] = (net + part.net.amount, tax + part.tax.amount)
    return {rate: both for rate, both in sums.items() if any(both)}


@given(sold(quantities=True), ACTIONS)
def test_refunds_in_any_order_add_up_to_the_payment_and_its_tax(sale, steps) -> None:
    quote, _, _ = sale
    order = order_of(quote, taxed=True)
    order = msgspec.structs.replace(order, status="paid")
    for number, (name, amount, place) in enumerate(steps):
        line = order.lines[place % len(order.lines)]
        one = (LineQuantity(line.id, 1),)
        with suppress(ShopError):
            match name:
                case "lines":
                    order = with_refund(order, number, NewRefund(reason="x", lines=one))
                case "amount":
                    order = with_refund(order, number, NewRefund(reason="x", amount=amount))
                case "shipping":
                    order = with_refund(order, number, NewRefund(reason="x", shipping=True))
                case "worn":
                    order = with_refund(
                        order, number, NewRefund(reason="x", lines=one, amount=amount, deduction="worn")
                    )
                case _ if order.refunds:
                    gone = order.refunds[place % len(order.refunds)]
                    order = refund_rules.not_refunded(order, gone)
                    order = msgspec.structs.replace(order, refunds=tuple(o for o in order.refunds if o is not gone))
        for refund in order.refunds:
            assert refund_parts.sum_of(refund.parts, order.currency) == refund.amount
            for part in refund.parts:
                assert all(tax.net + tax.tax == tax.gross == part.amount for tax in part.tax_parts)
                assert all(tax.net.amount >= 0 and tax.tax.amount >= 0 for tax in part.tax_parts)
    rest = refund_parts.everything(refund_parts.left_of(order))
    every = [part for refund in order.refunds for part in refund.parts] + list(rest)
    assert refund_parts.sum_of(every, order.currency) == order.totals.total
    assert add([tax for part in every for tax in part.tax_parts]) == add(list(order.tax_parts))
