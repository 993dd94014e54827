"""Taxes of an order by rate, from the files of earlier shops.

Shopify: `Tax 1 Name` (“DE MwSt 19%”) to `Tax 5 Value` in the first row. WooCommerce: one cell, either
`rate_id:1|title:VAT|rate_percent:19|total:15.97; …` or its API's JSON. Magento: rate and tax in each item's row, or its
API's `applied_taxes`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec

from shopwright.importers.draft import Row, RowError
from shopwright.importers.numbers import NumberFormats
from shopwright.kit.money import Money, add_up, write, zero
from shopwright.services.orders.contract import PastTax

SLOTS = range(1, 6)
TOGETHER = ("tax_items", "tax_lines", "tax_details", "applied_taxes")
OF_ITEM = (("item_tax_percent", "item_tax_amount"), ("tax_percent", "tax_amount"))
NAMES = ("title", "label", "name", "code", "rate_code")
RATES = ("rate_percent", "tax_rate_percent", "percent", "rate")
TAXES = ("total", "tax_total", "amount", "tax_amount")
OF_SHIPPING = ("shipping_tax_total", "shipping_tax_amount")
PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d{1,4})?)\s*%")
BARE = re.compile(r"\d{1,3}(\.\d{1,6})?")
LONGEST_NAME = 60
HIGHEST_PPM = 1_000_000
UNKEPT = "what it says of them is in its rows alone"


def past_taxes(group: Sequence[Row], numbers: NumberFormats, tax: Money) -> tuple[tuple[PastTax, ...], str]:
    """The taxes by rate, and what to report if they are unusable (then there are none). `tax`: the order's."""
    sums: dict[tuple[str, int], Money] = {}
    try:
        for name, percent, amount in _named(group, numbers):
            if not amount.amount:
                continue
            rate = _ppm(percent) or _ppm(name)
            if not rate:
                return (), f"its tax “{name[:40]}” names no rate: {UNKEPT}"
            key = PERCENT.sub("", name).strip(" ()-–,")[:LONGEST_NAME], rate
            sums[key] = sums[key] + amount if key in sums else amount
    except (RowError, msgspec.DecodeError, msgspec.ValidationError) as error:
        return (), f"its taxes by rate cannot be read ({error}): {UNKEPT}"
    total = add_up(sums.values(), tax.currency)
    if sums and total != tax:
        return (), f"its taxes by rate add up to {write(total)}, its tax says {write(tax)}: {UNKEPT}"
    return tuple(PastTax(name, rate, amount) for (name, rate), amount in sums.items()), ""


def _named(group: Sequence[Row], numbers: NumberFormats) -> Iterator[tuple[str, str, Money]]:
    """Name, rate and tax of each. Raises RowError."""
    head = group[0][1]
    for slot in SLOTS:
        yield head.get(f"Tax {slot} Name", ""), "", _money(head.get(f"Tax {slot} Value", ""), numbers)
    cell = next((head[one] for one in TOGETHER if head.get(one, "").strip()), "").strip()
    if cell.startswith("["):
        for found in msgspec.json.decode(cell, type=list[dict[str, object]]):
            yield _of_fields({name: f"{value}" for name, value in found.items()}, NumberFormats(numbers.currency, "."))
    elif cell:
        for part in cell.split(";"):
            yield _of_fields(dict(_pair(one) for one in part.split("|")), numbers)
    for _, row in group:
        for rate, tax in OF_ITEM:
            if row.get(rate, "").strip() and row.get(tax, "").strip():
                yield "", f"{row[rate]}", _money(row[tax], numbers)
                break


def _of_fields(fields: Mapping[str, str], numbers: NumberFormats) -> tuple[str, str, Money]:
    """Return the tax of a row with one tax; WooCommerce's API lists the tax of shipping separately."""
    total = _money(_first(fields, TAXES), numbers) + _money(_first(fields, OF_SHIPPING), numbers)
    return _first(fields, NAMES), _first(fields, RATES), total


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name.strip(), value.strip()


def _first(fields: Mapping[str, str], names: Sequence[str]) -> str:
    return next((fields[name] for name in names if fields.get(name, "").strip()), "")


def _money(text: str, numbers: NumberFormats) -> Money:
    """Parse an amount. Raises RowError."""
    return numbers.price(text) or zero(numbers.currency)


def _ppm(text: str) -> int:
    """Parse “19”, “19 %” or “DE MwSt 19%” into parts per million; 0 without a rate."""
    found = PERCENT.search(text)
    bare = (found[1] if found else text.strip()).replace(",", ".")
    if not BARE.fullmatch(bare):
        return 0
    ppm = int(Decimal(bare) * 10_000)
    return ppm if ppm <= HIGHEST_PPM else 0
