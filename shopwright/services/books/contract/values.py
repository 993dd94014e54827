"""The values of books: what operations take and return, and errors."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

import msgspec

from shopwright.kit.bounds import Reason
from shopwright.kit.days import day_number
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext_noop
from shopwright.services.pricing.contract import TaxCategory

Account = Literal[
    "receivables", "clearing", "bank", "revenue", "shipping", "discounts", "returns", "tax", "vouchers", "fees", "disputes",
    "rounding", "exchange", "stock", "cost_of_goods", "payables", "opening", "stock_differences",
]  # fmt: skip

EntryKind = Literal["sale", "return", "payment", "payout", "correction", "stock"]

ExportForm = Literal["csv", "datev", "fec", "saft"]

# Account titles on pages and in files.
TITLES: Mapping[Account, str] = {
    "receivables": gettext_noop("Receivables"), "clearing": gettext_noop("Payment provider"), "bank": gettext_noop("Bank"), "revenue": gettext_noop("Goods sold"),
    "shipping": gettext_noop("Shipping"), "discounts": gettext_noop("Discounts"), "returns": gettext_noop("Returns and refunds"), "tax": gettext_noop("Tax owed"),
    "vouchers": gettext_noop("Vouchers not redeemed"), "fees": gettext_noop("Fees of payment providers"), "disputes": gettext_noop("Disputed payments"),
    "rounding": gettext_noop("Rounding"), "exchange": gettext_noop("Differences of exchange"), "stock": gettext_noop("Stock"), "cost_of_goods": gettext_noop("Cost of goods sold"),
    "payables": gettext_noop("Goods received, to be invoiced"), "opening": gettext_noop("Opening balances"), "stock_differences": gettext_noop("Stock differences"),
}  # fmt: skip


class TaxKind(msgspec.Struct, frozen=True, kw_only=True):
    """The tax that postings belong to; without `country` the rate of the sale is unknown."""

    country: str = ""
    region: str = ""
    authority: str = ""
    rate_ppm: int = 0
    category: TaxCategory = "S"
    tax_class: str = msgspec.field(name="class", default="")
    reason: str = ""


class Posting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A posting: debit above 0, credit below. `base`: the taxable amount of a tax posting.

    `provider`: of a clearing account. `tax`: the rate.
    """

    account: Account
    amount: Money
    provider: str = ""
    tax: TaxKind | None = None
    base: Money | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger entry; its postings sum to 0. `day`: of the event; `period`: the month it counts in (2026-11).

    `before`: the previous entry's hash. `number`: of the order. `document`: the id of its document.
    """

    seq: int
    kind: EntryKind
    text: str
    order_id: str = ""
    number: str = ""
    booked: datetime
    day: date
    period: str
    postings: tuple[Posting, ...]
    who: str = ""
    document: str = ""
    sha256: str
    before: str

    @property
    def place(self) -> str:
        """The cursor of a list that ends with this entry."""
        return f"{day_number(self.day)}-{self.seq}"


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """An account over a time span: opening balance, debits, credits and closing balance (debits less credits)."""

    account: Account
    provider: str = ""
    opening: Money
    debit: Money
    credit: Money
    closing: Money


class TaxLine(msgspec.Struct, frozen=True, kw_only=True):
    """Sales at one rate in a month, less refunds; `sales`: the number of orders."""

    period: str
    kind: TaxKind
    base: Money
    tax: Money
    gross: Money
    sales: int


class RegionLine(msgspec.Struct, frozen=True, kw_only=True):
    """Sales in a US state: gross, exempt (with reasons), taxable, and tax."""

    region: str
    gross: Money
    exempt: Money
    reasons: tuple[str, ...] = ()
    taxable: Money
    tax: Money
    sales: int


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """A year's net sales to consumers in other EU countries, against the threshold of 10,000 euros.

    Article 59c of Directive 2006/112/EC. `counted`: by currency; an adviser must convert amounts in other currencies.
    """

    year: int
    counted: tuple[Money, ...]
    limit: Money
    passed: bool


class TaxStatement(msgspec.Struct, frozen=True, kw_only=True):
    """Taxes of a range of months: `lines` by rate and month, `regions` of the United States, `threshold`."""

    lines: tuple[TaxLine, ...]
    regions: tuple[RegionLine, ...] = ()
    threshold: Threshold | None = None


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A month of the books. Entries for a closed month count in the first open one."""

    period: str
    closed: datetime | None = None
    who: str = ""


class SalesDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day in the ledger: gross = net + tax; net = goods − discounts − returned + shipping, all without tax."""

    day: date
    goods: Money
    discounts: Money
    returned: Money
    shipping: Money
    net: Money
    tax: Money
    gross: Money


class Payout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payout of a provider: the amount received and the fee deducted."""

    provider: str
    amount: Money
    fee: Money | None = None
    day: date | None = None
    text: Reason = ""


class CorrectionLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A manual posting: debit above 0, credit below. Taxes cannot be corrected here."""

    account: Account
    amount: Money
    provider: str = ""


class Correction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A manual entry. Its lines sum to 0; `text` gives the reason."""

    text: Reason
    lines: tuple[CorrectionLine, ...]
    day: date | None = None


class ExportedFile(msgspec.Struct, frozen=True, kw_only=True):
    """An exported file: name, media type and content."""

    name: str
    media_type: str
    content: bytes
