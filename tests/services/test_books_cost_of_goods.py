"""Goods in the books: received, sold, returned and counted, to the cent; and the margin."""

import csv

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.data.events import Delivery
from shopwright.kit.errors import Refused, Unavailable
from shopwright.kit.money import Money
from shopwright.operations.doctor import examine
from shopwright.services.books.contract import Correction, CorrectionLine
from shopwright.services.books.contract.margin import margins
from shopwright.services.inventory.contract import Adjustment, Location, Receipt, VariantQuantity
from shopwright.services.orders.contract import LineQuantity, NewShipment
from tests.builders.goods import sell
from tests.builders.ledger import MONTH, balances, entries
from tests.builders.orders import fill_cart, place, place_cart
from tests.builders.pages import send
from tests.builders.refunds import later, refunded

WORDS = "three words will do"
GOODS = ("stock", "payables", "opening", "cost_of_goods", "stock_differences")


async def booked(shop: Shop) -> dict[str, int]:
    """The accounts of goods; the doctor finds nothing."""
    found = await balances(shop)
    assert [sentence for one in await examine(shop) for sentence in (*one.wrong, *one.under_way)] == []
    return {name: found[name] for name in GOODS if name in found}


async def test_goods_are_booked_from_their_receipt_to_what_was_counted(shop: Shop) -> None:
    """On paper: 10 at 4.00 and 10 at 5.00 are 90.00. 5 sold at 4.50 cost 22.50; 2 come back with 9.00; one of 17 for
    76.50 is missing: 4.50. Stock is 72.00.
    """
    product = await sell(shop, price=2900, on_hand=0)
    variant = product.variants[0].id
    for each in (400, 500):
        one = Receipt(variant_id=variant, quantity=10, unit_cost=Money(each, "EUR"), reference="LS-9")
        await shop.inventory.receive([one])
    assert await booked(shop) == {"stock": 9000, "payables": -9000}
    order = await place_cart(shop, await fill_cart(shop, (product, 5)))
    assert await booked(shop) == {"stock": 6750, "payables": -9000, "cost_of_goods": 2250}
    await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 2),), restock=True)
    await shop.inventory.adjust([Adjustment(variant_id=variant, on_hand=16, reason="counted")])
    assert await booked(shop) == {"stock": 7200, "payables": -9000, "cost_of_goods": 1350, "stock_differences": 450}
    bookings = [(one.text, one.number) for one in await entries(shop) if one.kind == "stock"]
    assert sorted(bookings) == sorted([
        ("Goods received: LS-9", ""),
        ("Goods received: LS-9", ""),
        (f"Order {order.number}: cost of goods", order.number),
        (f"Order {order.number}: goods back in stock", order.number),
        ("Stock counted", ""),
    ])  # fmt: skip


async def test_a_cancelled_order_leaves_stock_as_it_was(shop: Shop) -> None:
    product = await sell(shop, price=2900, on_hand=3)
    await shop.inventory.set_cost(product.variants[0].id, Money(333, "EUR"))
    order = await place_cart(shop, await fill_cart(shop, (product, 2)))
    await shop.orders.cancel(order.id, "changed my mind", SYSTEM)
    assert await booked(shop) == {"stock": 999, "opening": -999}


async def test_goods_of_a_reversed_refund_leave_again_as_sold(shop: Shop) -> None:
    """On paper: one of two at 40.00 is sold, comes back with its refund and leaves again when the bank returns the money:
    40.00 is what was sold. When it is refunded once more and comes back, stock is worth 80.00 again.
    """
    product = await sell(shop, price=10000, on_hand=2)
    await shop.inventory.set_cost(product.variants[0].id, Money(4000, "EUR"))
    order = await place(shop, product, 1, token="pretend_refund_returned")
    line = (LineQuantity(order.lines[0].id, 1),)
    await refunded(shop, order, lines=line, restock=True)
    assert await booked(shop) == {"stock": 8000, "opening": -8000}
    await later(shop, 5)
    await later(shop, 7200, 2)
    assert (await shop.orders.get(order.id)).refunds == ()
    assert await booked(shop) == {"stock": 4000, "opening": -8000, "cost_of_goods": 4000}
    await shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)
    await shop.inventory.restock(order.id, [VariantQuantity(product.variants[0].id, 1)], key="it came back")
    assert await booked(shop) == {"stock": 8000, "opening": -8000}


class Away:
    """An inventory service that is away."""

    async def take_again(self, *_arguments: object, **_named: object) -> None:
        raise Unavailable("Inventory does not answer.")


async def test_goods_leave_again_when_inventory_is_back(local_shop: Shop) -> None:
    product = await sell(local_shop, price=10000, on_hand=2)
    await local_shop.inventory.set_cost(product.variants[0].id, Money(4000, "EUR"))
    order = await place(local_shop, product, 1, token="pretend_refund_returned")
    await refunded(local_shop, order, lines=(LineQuantity(order.lines[0].id, 1),), restock=True)
    context = local_shop.orders._context
    inventory, context.inventory = context.inventory, Away()
    await later(local_shop, 5)
    assert (await local_shop.orders.get(order.id)).refunds == ()
    context.inventory = inventory
    await later(local_shop, 7200, 2)
    assert await booked(local_shop) == {"stock": 4000, "opening": -8000, "cost_of_goods": 4000}


async def test_goods_leave_again_completely_or_not_at_all(shop: Shop) -> None:
    await shop.inventory.put_location(Location("annex", "Annex", 1))
    lamps = [Receipt(variant_id="var_lamp", quantity=1, location=one) for one in ("main", "annex")]
    await shop.inventory.receive([*lamps, Receipt(variant_id="var_cup", quantity=1)])
    with pytest.raises(Refused, match="var_lamp has 2 free, not 3"):
        await shop.inventory.recommit("ord_1", [VariantQuantity("var_cup", 1), VariantQuantity("var_lamp", 3)], key="k")
    for _ in range(2):
        await shop.inventory.recommit("ord_1", [VariantQuantity("var_cup", 1), VariantQuantity("var_lamp", 2)], key="k")
    there = await shop.inventory.stock(["var_cup", "var_lamp"])
    assert [one.on_hand for one in there.values()] == [0, 0]
    assert await shop.inventory.check_consistency() == []


@pytest.mark.parametrize(
    ("service", "broken"),
    [
        ("inventory", "UPDATE order_costs SET value = value - 1"),
        ("books", "UPDATE postings SET account = 'stock_differences' WHERE account = 'cost_of_goods'"),
    ],
)
async def test_an_order_booked_at_another_cost_is_found(shop: Shop, service: str, broken: str) -> None:
    product = await sell(shop, price=2900, on_hand=4)
    await shop.inventory.set_cost(product.variants[0].id, Money(250, "EUR"))
    order = await place_cart(shop, await fill_cart(shop, (product, 2)))
    await booked(shop)
    async with shop.databases[service].begin() as tx:
        await tx.run(broken)
    findings = [sentence for one in await examine(shop) for sentence in one.wrong]
    assert any(one.startswith(f"The cost of goods of order {order.number} is ") for one in findings), findings


async def test_costs_that_inventory_has_deleted_are_not_compared(shop: Shop, clock: HandClock) -> None:
    product = await sell(shop, price=2900, on_hand=4)
    await shop.inventory.set_cost(product.variants[0].id, Money(250, "EUR"))
    await place_cart(shop, await fill_cart(shop, (product, 2)))
    by_hand = [
        CorrectionLine(account=name, amount=Money(sum_, "EUR")) for name, sum_ in (("cost_of_goods", 7), ("bank", -7))
    ]
    await shop.books.correct(Correction(text="Freight", lines=tuple(by_hand)), SYSTEM)
    await booked(shop)
    clock.move(days=1095)
    async with shop.databases["inventory"].begin() as tx:
        await tx.run("DELETE FROM order_costs")
    findings = [sentence for one in await examine(shop) for sentence in one.wrong]
    assert not [one for one in findings if one.startswith("The cost of goods of order")]


async def test_the_margin_includes_only_goods_with_a_cost(shop: Shop, office: httpx.AsyncClient) -> None:
    """On paper: two kettles at 29.00 with 19 % are 48.74 without tax; they cost 20.00: the margin is 28.74."""
    product = await sell(shop, price=2900, on_hand=5)
    await place_cart(shop, await fill_cart(shop, (product, 2)))
    await shop.bus.settle()
    assert margins(await shop.books.trial_balance(MONTH, MONTH)) == []
    await shop.inventory.set_cost(product.variants[0].id, Money(1000, "EUR"))
    await place_cart(shop, await fill_cart(shop, (product, 2), email="bob@example.com"))
    await shop.bus.settle()
    [found] = margins(await shop.books.trial_balance(MONTH, MONTH))
    assert (found.revenue.amount, found.cost_of_goods.amount, found.margin.amount) == (9748, 2000, 7748)
    page = (await office.get("/office/books")).text
    assert "Gross margin" in page
    assert "€77.48" in page


async def test_an_event_handled_twice_is_booked_once(local_shop: Shop) -> None:
    await local_shop.inventory.receive([Receipt(variant_id="var_lamp", quantity=3, total_cost=Money(1000, "EUR"))])
    [event] = [
        one for one in await local_shop.databases["inventory"].events_after("", 100) if one.type == "StockValued"
    ]
    for _ in range(2):
        await local_shop.books.on_stock(Delivery(event, "books.StockValued"))
    assert await booked(local_shop) == {"stock": 1000, "payables": -1000}


async def test_exports_contain_the_bookings_of_goods(shop: Shop) -> None:
    product = await sell(shop, price=2900, on_hand=4)
    await shop.inventory.set_cost(product.variants[0].id, Money(250, "EUR"))
    await shop.bus.settle()
    rows = [
        row
        for row in csv.DictReader(
            (await shop.books.export("csv", MONTH, MONTH)).content.decode("utf-8-sig").splitlines()
        )
        if row["kind"] == "stock"
    ]
    assert [(row["account"], row["debit"], row["credit"]) for row in rows] == [
        ("stock", "10.00", ""),
        ("opening", "", "10.00"),
    ]
    datev = (await shop.books.export("datev", MONTH, MONTH)).content.decode("cp1252")
    assert "10,00;H;EUR;;;;9000;3980;" in datev.replace('"', "")
    fec = (await shop.books.export("fec", MONTH, MONTH)).content.decode()
    assert "ST\tStocks" in fec
    assert "\t370000\tStocks de marchandises\t" in fec
    assert "<AccountID>opening</AccountID>" in (await shop.books.export("saft", MONTH, MONTH)).content.decode()


@pytest.mark.parametrize("service", ["inventory", "books"])
async def test_stock_booked_at_another_value_is_found(shop: Shop, service: str) -> None:
    product = await sell(shop, price=2900, on_hand=4)
    await shop.inventory.set_cost(product.variants[0].id, Money(250, "EUR"))
    await shop.bus.settle()
    async with shop.databases[service].begin() as tx:
        if service == "inventory":
            await tx.run("UPDATE stock_values SET value = 999")
        else:
            await tx.run("UPDATE postings SET amount = 999 WHERE account = 'stock'")
    findings = [sentence for one in await examine(shop) for sentence in one.wrong]
    assert any(one.startswith("Stock is worth") and "the books have it at" in one for one in findings)


async def test_goods_are_received_in_the_office_with_their_cost(shop: Shop, office: httpx.AsyncClient) -> None:
    product = await sell(shop, price=2900, on_hand=2)
    here = f"/office/stock/{product.variants[0].id}"
    came = {"quantity": "3", "unit_cost": "3.33", "reference": "LS-12", "key": "one"}
    for _ in range(2):
        assert (await send(office, here, f"{here}/receipts", **came)).status_code == 303
    page = (await office.get(here)).text
    assert "received LS-12" in page
    assert "€9.99" in page
    assert product.title in (await office.get("/office/stock?cost=missing")).text
    for wrong in ({"quantity": "0"}, {"quantity": "1", "unit_cost": "x"}, {"quantity": "1", "reference": "x" * 101}):
        assert (await send(office, here, f"{here}/receipts", **wrong)).status_code == 422
    assert (await send(office, here, f"{here}/cost", opening_cost="x")).status_code == 422
    assert (await send(office, here, f"{here}/cost", opening_cost="2")).status_code == 303
    assert product.title not in (await office.get("/office/stock?cost=missing")).text
    assert await booked(shop) == {"stock": 1399, "payables": -999, "opening": -400}


async def test_staff_without_permission_for_costs_receive_goods_without(shop: Shop, api: httpx.AsyncClient) -> None:
    product = await sell(shop, price=2900, on_hand=2)
    await shop.inventory.set_cost(product.variants[0].id, Money(777, "EUR"))
    await shop.users.register("packer@example.com", WORDS, "Pat", role="orders")
    api.cookies.set("session", await shop.users.open_session("packer@example.com", WORDS))
    here = f"/office/stock/{product.variants[0].id}"
    page = (await api.get(here)).text
    assert "Receive stock" in page
    assert not {found for found in ("7.77", "15.54", "unit_cost", "opening_cost") if found in page}
    assert (await send(api, here, f"{here}/receipts", quantity="1", unit_cost="1")).status_code == 403
    assert (await send(api, here, f"{here}/receipts", quantity="1")).status_code == 303
    assert (await send(api, here, f"{here}/cost", opening_cost="1")).status_code == 403
    assert "cost=missing" not in (await api.get("/office/stock")).text
    assert product.title in (await api.get("/office/stock?cost=missing")).text
