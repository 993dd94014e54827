"""The tax of a sale is stored with it in parts that add up, and read from the receipts of earlier versions."""

import httpx
import msgspec
import pytest
from hypothesis import given

from shopwright.app import Shop
from shopwright.kit.money import Money, add_up
from shopwright.operations.doctor import examine
from shopwright.services.orders import taxes
from shopwright.services.orders.contract import OrderLine, tax_texts
from shopwright.services.pricing.contract import (
    Promotion,
    Step,
    TaxRate,
    nothing,
)
from tests.builders.goods import sell, sell_book
from tests.builders.orders import fill_cart, place_cart
from tests.builders.taxes import order_of, sold, summary


async def test_each_line_and_the_shipping_keep_their_tax_in_parts(shop: Shop, api: httpx.AsyncClient, staff) -> None:
    """On paper: 29.00 at 19 % and 10.00 at 7 %, with 4.90 for shipping at 19 %.

    33.90 × 19/119 = 5.41, of which 29.00 is 5.41 × 29.00/33.90 = 4.63 and shipping 0.78; 10.00 × 7/107 = 0.65.
    """
    await shop.pricing.put_tax_rate(TaxRate(country="DE", tax_class="reduced", rate=700))
    kettle, novel = await sell(shop, price=2900), await sell_book(shop, "Novel", 1000)
    await shop.bus.settle()
    order = await place_cart(shop, await fill_cart(shop, (kettle, 1), (novel, 1)))
    assert [summary(line.tax_parts) for line in order.lines] == [
        [(190_000, 2437, 463, 2900, "S", "standard")],
        [(70_000, 935, 65, 1000, "S", "reduced")],
    ]
    assert order.shipping is not None
    assert summary(order.shipping.tax_parts) == [(190_000, 412, 78, 490, "S", "standard")]
    assert summary(order.tax_parts) == [
        (190_000, 2849, 541, 3390, "S", "standard"),
        (70_000, 935, 65, 1000, "S", "reduced"),
    ]
    body = (await api.get(f"/v1/orders/{order.id}", headers=staff)).json()
    assert body["lines"][0]["tax_parts"] == [
        {
            "net": {"amount": 2437, "currency": "EUR"},
            "tax": {"amount": 463, "currency": "EUR"},
            "gross": {"amount": 2900, "currency": "EUR"},
            "category": "S",
            "rate_ppm": 190_000,
            "country": "DE",
            "region": "",
            "class": "standard",
            "authority": "",
            "reason": "",
            "rate_id": body["lines"][0]["tax_parts"][0]["rate_id"],
            "lot": 0,
        }
    ]
    assert body["shipping"]["tax_parts"][0]["tax"] == {"amount": 78, "currency": "EUR"}
    assert not any(finding.wrong for finding in await examine(shop))


async def test_each_line_stores_its_discounts(local_shop: Shop) -> None:
    """On paper: 10 % of 29.00 and of 10.00."""
    await local_shop.pricing.put_promotion(
        Promotion(id="pmo_1", title="Books", kind="fixed", value=100, currency="EUR")
    )
    kettle, novel = await sell(local_shop, price=2900), await sell_book(local_shop, "Novel", 1000)
    await local_shop.bus.settle()
    cart = await fill_cart(local_shop, (kettle, 1), (novel, 1))
    order = await place_cart(local_shop, await local_shop.carts.set_coupons(cart.id, ("WELCOME10",)))
    lines = (await local_shop.orders.get(order.id)).lines
    assert [[(one.title, one.code, one.amount.amount) for one in line.discounts] for line in lines] == [
        [("Code WELCOME10", "WELCOME10", 290), ("Books", "", 74)],
        [("Code WELCOME10", "WELCOME10", 100), ("Books", "", 26)],
    ]
    async with local_shop.databases["orders"].begin() as tx:
        row = await tx.one("SELECT id, body FROM order_lines WHERE position = 0")
        assert row is not None
        body = msgspec.json.decode(row["body"])
        body["discounts"][0]["amount"]["amount"] = 291
        await tx.run(
            "UPDATE order_lines SET body = :body WHERE id = :id", id=row["id"], body=msgspec.json.encode(body).decode()
        )
    assert any("its discounts add up to 365" in wrong for one in await examine(local_shop) for wrong in one.wrong)


async def test_without_a_rate_the_parts_say_so(shop: Shop) -> None:
    await shop.pricing.delete_tax_rate("DE", "", "standard")
    order = await place_cart(shop, await fill_cart(shop, (await sell(shop), 1)))
    ((part,),) = [line.tax_parts for line in order.lines]
    assert (part.tax.amount, part.rate_ppm, part.category) == (0, 0, "O")
    assert "No tax rate" in part.reason
    assert part.net == part.gross == order.lines[0].total


async def test_a_later_rate_changes_no_order(shop: Shop) -> None:
    order = await place_cart(shop, await fill_cart(shop, (await sell(shop), 1)))
    await shop.pricing.put_tax_rate(TaxRate(country="DE", rate=2100))
    assert (await shop.orders.get(order.id)).lines[0].tax_parts == order.lines[0].tax_parts


async def test_orders_of_the_previous_version_are_read_from_their_receipts(local_shop: Shop) -> None:
    await local_shop.pricing.put_tax_rate(TaxRate(country="DE", tax_class="reduced", rate=700))
    kettle, novel = await sell(local_shop, price=2900), await sell_book(local_shop, "Novel", 1000)
    await local_shop.bus.settle()
    order = await place_cart(local_shop, await fill_cart(local_shop, (kettle, 1), (novel, 2)))
    work = local_shop.databases["orders"]
    async with work.begin() as tx:
        await tx.run("UPDATE orders SET taxes = NULL")
    before = await local_shop.orders.get(order.id)
    assert not before.tax_parts
    assert [line.tax_parts for line in before.lines] == [(), ()]
    await local_shop.orders.write_taxes()
    after = await local_shop.orders.get(order.id)
    assert [summary(line.tax_parts) for line in after.lines] == [
        [(190_000, 2437, 463, 2900, "S", "")],
        [(70_000, 1869, 131, 2000, "S", "")],
    ]
    assert summary(after.tax_parts) == [(190_000, 2849, 541, 3390, "S", ""), (70_000, 1869, 131, 2000, "S", "")]
    assert after.taxes_unknown == ""


async def test_taxes_missing_from_a_receipt_are_listed_by_the_doctor(local_shop: Shop) -> None:
    order = await place_cart(local_shop, await fill_cart(local_shop, (await sell(local_shop), 1)))
    async with local_shop.databases["orders"].begin() as tx:
        row = await tx.one("SELECT body FROM orders")
        assert row is not None
        body = str(row["body"]).replace(" % of ", " per cent of ")
        await tx.run("UPDATE orders SET taxes = NULL, body = :body", body=body)
    await local_shop.orders.write_taxes()
    read = await local_shop.orders.get(order.id)
    assert read.taxes_unknown == tax_texts.UNREADABLE
    findings = await examine(local_shop)
    assert not any(finding.wrong for finding in findings)
    assert any(order.number in note and "tax" in note for finding in findings for note in finding.notes)


@pytest.mark.parametrize("damage", ["[[0,2437,462]]", "[[0,2436,463]]", "[]"])
async def test_inconsistent_tax_parts_are_found(local_shop: Shop, damage: str) -> None:
    order = await place_cart(local_shop, await fill_cart(local_shop, (await sell(local_shop, price=2900), 1)))
    async with local_shop.databases["orders"].begin() as tx:
        row = await tx.one("SELECT taxes FROM orders")
        assert row is not None
        stored = msgspec.json.decode(row["taxes"])
        stored[1][0] = msgspec.json.decode(damage)
        await tx.run("UPDATE orders SET taxes = :taxes", taxes=msgspec.json.encode(stored).decode())
    assert any(
        f"Order {order.number}" in wrong and "tax" in wrong for one in await examine(local_shop) for wrong in one.wrong
    )


# --- receipts, with every possible sum of a quote


@given(sold())
def test_parts_read_from_a_receipt_are_those_of_the_quote_or_their_sums(sale) -> None:
    quote, _, _ = sale
    currency = quote.totals.total.currency
    read = taxes.TaxDecoder(found := taxes.of_receipt(order_of(quote)), currency)
    assert found.unknown in {"", tax_texts.UNSHARED}
    assert add_up((part.gross for part in read.whole), currency) == quote.totals.total
    assert add_up((part.tax for part in read.whole), currency) == quote.totals.tax + quote.totals.included_tax
    if not found.unknown:
        of_lines = [[(part.net, part.tax) for part in read.line(n)] for n in range(len(quote.lines))]
        assert of_lines == [[(part.net, part.tax) for part in line.tax_parts] for line in quote.lines]


@given(sold())
def test_parts_are_read_back_as_they_were_written(sale) -> None:
    quote, _, _ = sale
    written = msgspec.json.encode(taxes.kept([line.tax_parts for line in quote.lines], quote.shipping_tax_parts))
    read = taxes.TaxDecoder(msgspec.json.decode(written, type=taxes.CurrentTaxes), quote.totals.total.currency)
    assert [read.line(n) for n in range(len(quote.lines))] == [line.tax_parts for line in quote.lines]
    assert read.shipping == quote.shipping_tax_parts


@pytest.mark.parametrize(
    ("detail", "amount"),
    [
        ("VAT 19 % of €33.90, in it", 540),  # not the tax of it
        ("VAT 19 % of nothing, in it", 541),
        ("As the earlier shop asked", 541),
        ("VAT of €33.90, in it", 541),
    ],
)
def test_another_receipt_step_is_not_read_as_tax(detail: str, amount: int) -> None:
    assert taxes.read_receipt_tax(Step("tax", detail, Money(amount, "EUR"))) is None


def test_lines_of_the_same_price_are_not_split_by_guessing() -> None:
    """Two lines of 10.00, one at 19 % and one at 7 %: which is which is ambiguous."""
    lines = tuple(
        OrderLine(
            id=name, product_id="", slug="", variant_id=name, sku="", title="", variant_title="", image="", quantity=1,
            unit_price=Money(1000, "EUR"), total=Money(1000, "EUR"), discount=Money(0, "EUR"), tax=Money(0, "EUR"),
        )
        for name in ("a", "b")
    )  # fmt: skip
    steps = (
        Step("tax", "VAT 19 % of €10.00, in it", Money(160, "EUR")),
        Step("tax", "VAT 7 % of €10.00, in it", Money(65, "EUR")),
    )
    quote = nothing("EUR")
    totals = msgspec.structs.replace(quote.totals, total=Money(2000, "EUR"), included_tax=Money(225, "EUR"))
    order = msgspec.structs.replace(order_of(quote), lines=lines, receipt=steps, totals=totals)
    found = taxes.of_receipt(order)
    assert found.unknown == tax_texts.UNSHARED
    assert [(part.rate_ppm, part.tax.amount) for part in taxes.TaxDecoder(found, "EUR").whole] == [
        (190_000, 160),
        (70_000, 65),
    ]
