"""After any events exact arithmetic, orders, provider, documents, ledger and dashboard agree to the cent."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.auth import GUEST, SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Conflict, Invalid
from shopwright.kit.money import Money
from shopwright.operations.doctor import examine
from shopwright.services.carts.contract import CartChange
from shopwright.services.catalog.contract import Product
from shopwright.services.orders.contract import (
    LineQuantity,
    NewRefund,
    NewShipment,
    Order,
    PaymentChoice,
    PlaceOrder,
    RefundNotPossible,
)
from shopwright.services.pricing.contract import Coupon, ShippingRate, TaxRate, TaxRule
from tests.builders import order_arithmetic
from tests.builders.goods import sell, sell_book
from tests.builders.orders import keys, reference
from tests.builders.refunds import later
from tests.builders.sellers import NORTHLIGHT

STANDARD, REDUCED, NEW_YORK = Decimal("0.19"), Decimal("0.07"), Decimal("0.08875")
HOMES = {
    "DE": Address(name="Ada", line1="Torstraße 1", city="Berlin", postal_code="10119", country="DE"),
    "US": Address(name="Ada", line1="1 Broadway", city="New York", region="NY", postal_code="10004", country="US"),
    "CH": Address(name="Ada", line1="Bahnhofstrasse 1", city="Zürich", postal_code="8001", country="CH"),
}
# Actions of the pretend provider, and how often they are drawn.
TOKENS = {
    "pretend_ok": 12,
    "pretend_delayed": 1,
    "pretend_declined": 1,
    "pretend_refunded": 2,
    "pretend_dispute_won": 1,
    "pretend_dispute_lost": 1,
    "pretend_refund_refused": 1,
    "pretend_refund_refused_later": 1,
    "pretend_refund_returned": 1,
}


def euros(amount: Money) -> Decimal:
    return Decimal(amount.amount) / 100


def minor(amount: Decimal) -> int:
    return int(amount * 100)


@dataclass
class Goods:
    product: Product
    price: Decimal
    rates: dict[str, Decimal]


@dataclass
class Lives:
    """The orders of one shop, each with its exact arithmetic."""

    shop: Shop
    chance: random.Random
    goods: list[Goods]
    sold: dict[str, order_arithmetic.Sold] = field(default_factory=dict)

    async def one(self) -> None:
        """Place an order and apply random events to it."""
        country = self.chance.choices(list(HOMES), (6, 2, 1))[0]
        wanted = [(one, self.chance.randint(1, 4)) for one in self.chance.sample(self.goods, self.chance.randint(1, 4))]
        off = Decimal("0.1") if self.chance.random() < 0.4 else Decimal(0)
        token = self.chance.choices(list(TOKENS), list(TOKENS.values()))[0]
        order = await self._place(country, wanted, token, coupon=bool(off))
        if token == "pretend_delayed":
            await later(self.shop, 10, 3)
            order = await self.shop.orders.get(order.id)
        if token == "pretend_declined":
            assert order.status == "placed"
            return
        shipping = Decimal("4.90") if country == "DE" else Decimal("14.90")
        rates = {"DE": STANDARD, "US": NEW_YORK, "CH": Decimal(0)}
        written = order_arithmetic.sell(
            country,
            [
                order_arithmetic.Goods(one.price, count, one.rates[country], self.goods.index(one))
                for one, count in wanted
            ],
            (shipping, rates[country]),
            off,
            on_top=country == "US",
        )
        assert euros(order.totals.total) == written.gross_and_tax
        self.sold[order.id] = written
        await self._become(order, written, token)

    async def _place(self, country: str, wanted: list[tuple[Goods, int]], token: str, *, coupon: bool) -> Order:
        cart = await self.shop.carts.create(None)
        for one, count in wanted:
            await self.shop.carts.add(cart.id, one.product.variants[0].id, count)
        rate = "shr_standard" if country == "DE" else "shr_world"
        number = next(keys)
        change = CartChange(email=f"life{number}@example.com", shipping_address=HOMES[country], shipping_option_id=rate)
        cart = await self.shop.carts.change(cart.id, change)
        if coupon:
            cart = await self.shop.carts.set_coupons(cart.id, ("TEN",))
        choice = PaymentChoice(provider="pretend", token=token)
        request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
        return await self.shop.orders.place(request, f"life-{number}", GUEST)

    async def _become(self, order: Order, written: order_arithmetic.Sold, token: str) -> None:
        """The events drawn by the token, and up to four actions of staff."""
        refunds = {
            "pretend_refund_refused": self._refused,
            "pretend_refund_refused_later": self._refused_later,
            "pretend_refund_returned": self._refused_later,
        }
        if token in refunds:
            await refunds[token](order)
            return
        if token != "pretend_ok":
            await self._of_provider(order, written, token)
        if token == "pretend_dispute_lost":
            return
        actions = (self._units, self._units, self._goodwill, self._shipping, self._ship, self._on_the_providers_page)
        for _ in range(self.chance.randint(0, 4)):
            await self.chance.choice(actions)(order, written)
        if self.chance.random() < 0.2:
            await self._cancel(order, written)

    # --- actions of the provider

    async def _of_provider(self, order: Order, written: order_arithmetic.Sold, token: str) -> None:
        await later(self.shop, 4, 3)
        if token == "pretend_refunded":
            written.amount_back(Decimal(order.totals.total.amount // 2) / 100)
        if token == "pretend_dispute_lost":
            written.all_back()

    async def _on_the_providers_page(self, order: Order, written: order_arithmetic.Sold) -> None:
        if written.gross_and_tax < 2:
            return
        amount = Money(self.chance.randint(1, minor(written.gross_and_tax) // 2), "EUR")
        await self.shop.pretend.own_page.refund(await reference(self.shop, order), amount)
        written.amount_back(euros(amount))
        await later(self.shop, 4, 2)

    async def _refused(self, order: Order) -> None:
        with pytest.raises(RefundNotPossible):
            await self._refund(order, NewRefund(reason="x", amount=self.chance.randint(1, 400)))

    async def _refused_later(self, order: Order) -> None:
        await self._refund(order, NewRefund(reason="x", lines=(LineQuantity(order.lines[0].id, 1),)))
        await later(self.shop, 15)
        await later(self.shop, 7200, 2)
        assert (await self.shop.orders.get(order.id)).refunds == ()

    # --- actions of staff

    async def _units(self, order: Order, written: order_arithmetic.Sold) -> None:
        place = self.chance.randrange(len(order.lines))
        if not written.pieces[place].units:
            return
        units = self.chance.randint(1, written.pieces[place].units)
        back = written.units_back(place, units)
        wanted = NewRefund(reason="x", lines=(LineQuantity(order.lines[place].id, units),))
        if back:
            assert euros((await self._refund(order, wanted)).amount) == back
        else:
            await self._refund(order, wanted)

    async def _goodwill(self, order: Order, written: order_arithmetic.Sold) -> None:
        if not written.gross_and_tax:
            return
        amount = self.chance.randint(1, min(900, minor(written.gross_and_tax)))
        written.amount_back(Decimal(amount) / 100)
        await self._refund(order, NewRefund(reason="x", amount=amount))

    async def _shipping(self, order: Order, written: order_arithmetic.Sold) -> None:
        if not written.pieces[-1].paid:
            with pytest.raises((Conflict, Invalid)):
                await self._refund(order, NewRefund(reason="x", shipping=True))
            return
        written.shipping_back()
        await self._refund(order, NewRefund(reason="x", shipping=True))

    async def _ship(self, order: Order, _: order_arithmetic.Sold) -> None:
        now = await self.shop.orders.get(order.id)
        some = tuple(LineQuantity(one.id, self.chance.randint(1, one.to_ship)) for one in now.lines if one.to_ship)
        if some:
            await self.shop.orders.ship(order.id, NewShipment(carrier="DHL", lines=some), SYSTEM)

    async def _cancel(self, order: Order, written: order_arithmetic.Sold) -> None:
        now = await self.shop.orders.get(order.id)
        if now.shipments:
            with pytest.raises(Conflict):
                await self.shop.orders.cancel(order.id, "x", SYSTEM)
            return
        assert (await self.shop.orders.cancel(order.id, "x", SYSTEM)).status == "cancelled"
        written.all_back()

    async def _refund(self, order: Order, wanted: NewRefund):
        return (await self.shop.orders.refund(order.id, wanted, f"life-{next(keys)}", SYSTEM)).refund


@pytest.fixture
async def lives(local_shop: Shop, clock: HandClock) -> AsyncIterator[Lives]:
    """A German shop that sells at two rates, adds the tax of New York, and exports."""
    await local_shop.pricing.set_seller(NORTHLIGHT)
    await local_shop.pricing.put_tax_rate(TaxRate(country="DE", tax_class="reduced", rate=700))
    await local_shop.pricing.add_tax_rates(
        [TaxRate(country="US", region="NY", tax_class="", rate_ppm=88_750, rate=888)]
    )
    await local_shop.pricing.add_tax_rules([TaxRule(country="US", rule="prices", value="net")])
    await local_shop.pricing.put_coupon(Coupon(code="TEN", kind="percentage", value=1000))
    standard = ShippingRate(id="shr_standard", title="Standard", price=Money(490, "EUR"), countries=("DE",))
    await local_shop.pricing.put_shipping_rate(standard)
    goods = []
    for n in range(5):
        price, rates = Decimal(999 + 777 * n) / 100, {"DE": STANDARD, "US": NEW_YORK, "CH": Decimal(0)}
        product = await sell(local_shop, f"Kettle {n}", price=minor(price), on_hand=999_999)
        goods.append(Goods(product, price, rates))
        price = Decimal(299 + 333 * n) / 100
        product = await sell_book(local_shop, f"Novel {n}", minor(price), on_hand=999_999)
        goods.append(Goods(product, price, rates | {"DE": REDUCED}))
    await local_shop.bus.settle()
    return Lives(local_shop, random.Random(20), goods)


@pytest.mark.parametrize("orders", [pytest.param(150, marks=pytest.mark.slow), pytest.param(10_000, marks=pytest.mark.soak)])  # fmt: skip
async def test_all_services_agree_with_the_exact_arithmetic(lives: Lives, clock: HandClock, orders: int) -> None:
    for number in range(orders):
        await lives.one()
        if number % (orders // 20) == 0:  # so that all of them are within the queried year
            await lives.shop.bus.settle()
            clock.move(days=1)
    await later(lives.shop, 7200, 3)
    for order_id, written in lives.sold.items():
        await agrees(lives.shop, order_id, written)
    await agree_together(lives)
    assert not [finding for finding in await examine(lives.shop) if finding.wrong]


async def agrees(shop: Shop, order_id: str, written: order_arithmetic.Sold) -> None:
    """Check that an order, its provider and its documents agree."""
    order = await shop.orders.get(order_id)
    back = sum((euros(one.amount) for one in order.refunds), Decimal(0))
    assert euros(order.totals.total) - back == written.gross_and_tax, order
    tax = sum((euros(one.tax) for one in order.tax_parts), Decimal(0))
    tax -= sum((euros(part.tax) for one in order.refunds for some in one.parts for part in some.tax_parts), Decimal(0))
    assert tax == sum(one.tax for one in written.pieces), order
    [row] = await shop.databases["payments"].fetch("SELECT reference FROM payments WHERE order_id = :id", id=order_id)
    held = await shop.databases["pretend"].one(
        "SELECT amount, refunded, dispute FROM intents WHERE reference = :name", name=row["reference"]
    )
    gone = held["amount"] if held["dispute"] == "lost" else held["refunded"]
    assert held["amount"] - gone == minor(written.gross_and_tax)
    gross = taxes = Decimal(0)
    for head in await shop.books.documents(order_id=order_id):
        document = await shop.books.document(head.id)
        assert document.body is not None
        sign = 1 if document.kind == "invoice" else -1
        gross += sign * euros(document.body.gross)
        taxes += sign * euros(document.body.tax)
    assert (gross, taxes) == (written.gross_and_tax, tax), order


async def agree_together(lives: Lives) -> None:
    """Check that ledger and dashboard agree with all orders, by country and rate."""
    written = order_arithmetic.together(lives.sold.values())
    retained: order_arithmetic.RetainedData = {}
    for line in (await lives.shop.books.tax_statement("2026-01", "2026-12")).lines:
        key = (line.kind.country, Decimal(line.kind.rate_ppm) / 1_000_000)
        sums = retained.setdefault(key, [Decimal(0), Decimal(0)])
        sums[0] += euros(line.gross)
        sums[1] += euros(line.tax)
        assert line.base + line.tax == line.gross
    assert {key: sums for key, sums in retained.items() if any(sums)} == written
    days = await lives.shop.books.sales_days(400)
    assert sum(euros(day.gross) for day in days) == sum(one[0] for one in written.values())
    assert sum(euros(day.tax) for day in days) == sum(one[1] for one in written.values())
    closing = {one.account: euros(one.closing) for one in await lives.shop.books.trial_balance("2026-01", "2026-12")}
    assert (closing.get("receivables", 0), closing["clearing"]) == (0, sum(one[0] for one in written.values()))
