"""Receipts of earlier versions: the tax of each line is read where it is unambiguous, and unknown elsewhere."""

import asyncio
import itertools
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.money import Money, add_up
from shopwright.services.orders import tax_store, taxes
from shopwright.services.orders.contract import Order, OrderLine, tax_texts
from shopwright.services.pricing.contract import Step, nothing
from shopwright.services.pricing.contract.taxes import gross_of
from tests.builders.goods import sell
from tests.builders.orders import fill_cart, place_cart
from tests.builders.taxes import order_of, sold, summary


def receipt_of(
    rows: list[tuple[int, int]], *steps: tuple[str, int, int], included: bool = True, shipping: int = 0
) -> Order:
    """An order of lines (amount, tax beside it), with steps of (per cent, base, tax)."""
    lines = tuple(
        OrderLine(
            id=f"l{n:02}", product_id="", slug="", variant_id=f"v{n:02}", sku="", title="", variant_title="", image="",
            quantity=1, unit_price=Money(amount, "EUR"), total=Money(amount, "EUR"), discount=Money(0, "EUR"),
            tax=Money(tax, "EUR"),
        )
        for n, (amount, tax) in enumerate(rows)
    )  # fmt: skip
    quote, how = nothing("EUR"), "in it" if included else "added"
    receipt = tuple(
        Step("tax", f"VAT {rate} % of €{base / 100:.2f}, {how}", Money(tax, "EUR")) for rate, base, tax in steps
    )
    tax = Money(sum(tax for _, _, tax in steps), "EUR")
    goods = sum(amount for amount, _ in rows) + shipping
    totals = msgspec.structs.replace(
        quote.totals,
        shipping=Money(shipping, "EUR"),
        total=Money(goods, "EUR") if included else tax + Money(goods, "EUR"),
        **{"included_tax" if included else "tax": tax},
    )
    return msgspec.structs.replace(order_of(quote), lines=lines, receipt=receipt, totals=totals)


def test_steps_of_one_rate_are_one_rate() -> None:
    """On paper: 10.00 and 20.01 at 19 % in two rows; 10.00 × 19/119 = 1.60, 20.01 × 19/119 = 3.19, of 30.01 so 4.79."""
    found = taxes.of_receipt(receipt_of([(1000, 0), (2001, 0)], ("19", 1000, 160), ("19", 2001, 319)))
    read = taxes.TaxDecoder(found, "EUR")
    assert found.unknown == ""
    assert summary(read.whole) == [(190_000, 2522, 479, 3001, "S", "")]
    assert gross_of(read.whole, "EUR") == Money(3001, "EUR")
    assert [summary(read.line(n)) for n in range(2)] == [
        [(190_000, 840, 160, 1000, "S", "")],
        [(190_000, 1682, 319, 2001, "S", "")],
    ]


def test_steps_of_one_rate_with_ambiguous_lines_are_one_sum() -> None:
    """Two lines of 10.00 at 19 % in two rows and 7 %: which line is at 7 % is ambiguous, the sum at 19 % is not."""
    found = taxes.of_receipt(
        receipt_of([(1000, 0), (1000, 0), (1000, 0)], ("19", 1000, 160), ("19", 1000, 160), ("7", 1000, 65))
    )
    read = taxes.TaxDecoder(found, "EUR")
    assert found.unknown == tax_texts.UNSHARED
    assert summary(read.whole) == [(190_000, 1680, 320, 2000, "S", ""), (70_000, 935, 65, 1000, "S", "")]
    assert gross_of(read.whole, "EUR") == Money(3000, "EUR")


def test_of_steps_of_one_rate_each_line_keeps_the_tax_beside_it() -> None:
    """Rounded by step: 0.03 × 19 % is 0.01 and 0.05 × 19 % is 0.01; of 0.08 it would be 0.02, and 0.01 of shipping."""
    found = taxes.of_receipt(
        receipt_of([(3, 1), (8, 0), (8, 2)], ("19", 11, 2), ("19", 8, 2), included=False, shipping=0)
    )
    assert found.unknown == tax_texts.UNSHARED  # 0.08 at 19 % is not nothing: what the order says does not agree
    found = taxes.of_receipt(
        receipt_of([(3, 1), (505, 96), (8, 2)], ("19", 508, 97), ("19", 498, 95), included=False, shipping=490)
    )
    read = taxes.TaxDecoder(found, "EUR")
    assert found.unknown == ""
    assert [part.tax.amount for n in range(3) for part in read.line(n)] == [1, 96, 2]
    assert [part.tax.amount for part in read.shipping] == [93]
    assert summary(read.whole) == [(190_000, 1006, 192, 1198, "S", "")]


@given(sold(reduced=1900))
def test_parts_of_steps_of_one_rate_add_up_to_the_payment(sale) -> None:
    quote, _, included = sale
    currency = quote.totals.total.currency
    order = order_of(quote)
    read = taxes.TaxDecoder(found := taxes.of_receipt(order), currency)
    assert found.unknown in {"", tax_texts.UNSHARED}
    assert gross_of(read.whole, currency) == order.totals.total
    assert add_up((part.tax for part in read.whole), currency) == order.totals.tax + order.totals.included_tax
    assert len({(part.tax_class, part.rate_ppm) for part in read.whole}) == len(read.whole)
    for number, line in enumerate(order.lines if not found.unknown else ()):
        assert add_up((part.gross for part in read.line(number)), currency) == line.total - line.discount + line.tax
        assert included or add_up((part.tax for part in read.line(number)), currency) == line.tax


def test_a_receipt_of_many_lines_is_read_where_it_is_unambiguous() -> None:
    """Twelve lines at two rates, to the cent: only one sum of them is the base."""
    amounts = [4219, 1897, 3541, 2763, 1129, 8467, 5903, 977, 6101, 2383, 7717, 3251]
    reduced = sum(amounts[n] for n in (1, 4, 6, 9))
    standard = sum(amounts) - reduced
    rows = [(amount, 0) for amount in amounts]
    steps = (("19", standard, round(standard * 19 / 119)), ("7", reduced, round(reduced * 7 / 107)))
    found = taxes.of_receipt(receipt_of(rows, *steps))
    assert found.unknown == ""
    read = taxes.TaxDecoder(found, "EUR")
    assert [n for n in range(12) if read.line(n)[0].rate_ppm == 70_000] == [1, 4, 6, 9]


@pytest.mark.parametrize("cents", [100, 1])
def test_a_receipt_of_any_length_is_read_in_bounded_time(cents: int) -> None:
    """If lines can be divided in many ways, or in too many to be tried, the sums by rate are known."""
    amounts = [(1000 + 37 * n * n) * cents + n % 7 for n in range(24)]
    reduced = sum(amounts[8:16])
    standard = sum(amounts[16:])
    steps = (("19", standard, round(standard * 19 / 119)), ("7", reduced, round(reduced * 7 / 107)))
    order = receipt_of([(amount, 0) for amount in amounts], *steps)
    durations = []
    for _ in range(5):  # memory may be tidied up during one
        began = time.thread_time()
        found = taxes.of_receipt(order)
        durations.append(time.thread_time() - began)
    assert min(durations) < 0.015
    assert found.unknown == tax_texts.UNSHARED
    assert [part.gross.amount for part in taxes.TaxDecoder(found, "EUR").whole] == [standard, reduced, sum(amounts[:8])]


def test_prices_without_tax_are_read_by_the_tax_beside_each_line() -> None:
    """Forty lines at one price, each second one at 7 %: their taxes say which."""
    rows = [(1000, 190 if n % 2 else 70) for n in range(40)]
    found = taxes.of_receipt(receipt_of(rows, ("19", 20_000, 3800), ("7", 20_000, 1400), included=False))
    read = taxes.TaxDecoder(found, "EUR")
    assert found.unknown == ""
    assert [read.line(n)[0].rate_ppm for n in range(4)] == [70_000, 190_000, 70_000, 190_000]


def test_a_receipt_without_taxes_has_unknown_tax() -> None:
    """The category has to be one; that it is not known is its reason."""
    found = taxes.of_receipt(receipt_of([(1000, 0), (700, 0)], ("19", 1000, 160)))
    ((part,), (other,)) = (taxes.TaxDecoder(found, "EUR").line(n) for n in range(2))
    assert (part.category, other.category) == ("S", "O")
    assert other.reason == "The receipt tells no tax: whether it was exempt, zero-rated or outside tax is not known."


@given(st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["19", "7", ""])), min_size=1, max_size=6))
def test_an_ambiguous_receipt_is_not_read(lines: list[tuple[int, str]]) -> None:
    """All combinations are tried here; lines at one price at one rate are one combination, at two rates they are two."""
    amounts = [amount * 100 for amount, _ in lines]

    def bases(chosen) -> dict[str, int]:
        return {
            rate: sum(amount for amount, one in zip(amounts, chosen, strict=True) if one == rate)
            for rate in ("19", "7", "")
        }

    wanted = bases([rate for _, rate in lines])
    matches = sum(bases(chosen) == wanted for chosen in itertools.product(("19", "7", ""), repeat=len(lines)))
    steps = [
        (rate, base, round(base * int(rate) / (100 + int(rate)))) for rate, base in wanted.items() if rate and base
    ]
    found = taxes.of_receipt(receipt_of([(amount, 0) for amount in amounts], *steps))
    assert found.unknown == ("" if matches == 1 else tax_texts.UNSHARED)
    if matches == 1:
        read = taxes.TaxDecoder(found, "EUR")
        assert [read.line(n)[0].rate_ppm for n in range(len(lines))] == [int(rate or 0) * 10_000 for _, rate in lines]


async def test_old_orders_are_read_while_others_write(local_shop: Shop) -> None:
    """Reading receipts holds no lock: concurrent writes succeed and remain."""
    order = await place_cart(local_shop, await fill_cart(local_shop, (await sell(local_shop), 1)))
    work = local_shop.databases["orders"]
    async with work.begin() as tx:
        await tx.run("UPDATE orders SET taxes = NULL")
    read = await tax_store.read_missing(work, 20)
    assert [one for one, _ in read] == [order.id]
    async with work.begin() as tx:
        current = taxes.CurrentTaxes(unknown=tax_texts.EARLIER_SHOP)
        await tx.run("UPDATE orders SET taxes = :taxes", taxes=msgspec.json.encode(current).decode())
        await tax_store.write(tx, read)
    assert (await local_shop.orders.get(order.id)).taxes_unknown == tax_texts.EARLIER_SHOP


async def test_no_transaction_is_open_while_receipts_are_read(local_shop: Shop) -> None:
    for _ in range(3):
        await place_cart(local_shop, await fill_cart(local_shop, (await sell(local_shop), 1)))
    async with local_shop.databases["orders"].begin() as tx:
        await tx.run("UPDATE orders SET taxes = NULL")
        await asyncio.wait_for(tax_store.read_missing(local_shop.databases["orders"], 20), 5)
    await local_shop.orders.write_taxes()
    assert not await local_shop.databases["orders"].fetch("SELECT id FROM orders WHERE taxes IS NULL")
