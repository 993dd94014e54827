"""Orders of an earlier shop, with the rows of their file and their taxes by rate."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.money import Money
from shopwright.kit.personal import Personal
from shopwright.services.carts.contract import BuyerNotes
from shopwright.services.pricing.contract import Step


class PastTax(msgspec.Struct, frozen=True):
    """The tax an earlier shop charged at one rate; `name`: its name in the file, without the rate."""

    name: str
    rate_ppm: int
    tax: Money


class ImportedRow(msgspec.Struct, frozen=True):
    """A row of an imported file: its number and its non-empty cells by column."""

    number: int
    cells: Personal[Mapping[str, str]]


class OrderSource(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of the file an order was imported from, unchanged.

    `rows_left_out`, `cells_cut`: how many were too long to keep.
    """

    rows: tuple[ImportedRow, ...] = ()
    rows_left_out: int = 0
    cells_cut: int = 0


class PastLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an imported order; without `product_id` if the product is not in the catalog."""

    sku: str
    title: str
    quantity: int
    unit_price: Money
    product_id: str = ""
    variant_id: str = ""
    slug: str = ""
    image: str = ""


class PastOrder(BuyerNotes, frozen=True, kw_only=True):
    """An order to import; its sum may differ by one minor unit a line. New order numbers start above `numbers_to`."""

    source: str
    number: str
    status: Literal["paid", "shipped", "delivered", "cancelled"]
    email: str
    customer_id: str | None
    currency: str
    lines: tuple[PastLine, ...]
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    refunded: Money
    shipping_address: Address
    billing_address: Address
    shipping_title: str
    placed_at: datetime
    charges: tuple[Step, ...] = ()
    numbers_to: int = 0
    origin: OrderSource = OrderSource()
    taxes: tuple[PastTax, ...] = ()
