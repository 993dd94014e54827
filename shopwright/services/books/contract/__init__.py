"""What others may know of the books: the ledger, its periods and statements. Documents are in `documents`."""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, Protocol

import msgspec

from shopwright.kit.auth import Caller
from shopwright.kit.bounds import Reason
from shopwright.kit.money import Money
from shopwright.kit.verbs import again
from shopwright.services.books.contract.documents import Documents
from shopwright.services.pricing.contract import Seller, TaxCategory

Account = Literal[
    "receivables", "clearing", "bank", "revenue", "shipping", "discounts", "returns", "tax", "vouchers", "fees", "disputes",
    "rounding", "exchange", "stock", "cost_of_goods",
]  # fmt: skip
EntryKind = Literal["sale", "return", "payment", "payout", "correction"]
ExportForm = Literal["csv", "datev", "fec", "saft"]
# What accounts are called on pages and in files.
TITLES: Mapping[Account, str] = {
    "receivables": "Receivables", "clearing": "Payment provider", "bank": "Bank", "revenue": "Goods sold",
    "shipping": "Shipping", "discounts": "Discounts", "returns": "Returns and refunds", "tax": "Tax owed",
    "vouchers": "Vouchers not redeemed", "fees": "Fees of payment providers", "disputes": "Disputed payments",
    "rounding": "Rounding", "exchange": "Differences of exchange", "stock": "Stock", "cost_of_goods": "Cost of goods sold",
}  # fmt: skip
# How each file is sent, and how its name ends.
FILES: dict[ExportForm, tuple[str, str]] = {
    "csv": ("text/csv; charset=utf-8", "csv"),
    "datev": ("text/csv; charset=windows-1252", "csv"),
    "fec": ("text/plain; charset=utf-8", "txt"),
    "saft": ("application/xml", "xml"),
}
FRENCH_ID = re.compile(r"FR\w\w([0-9]{9})")


class TaxKind(msgspec.Struct, frozen=True, kw_only=True):
    """What the postings of one tax have in common; no `country`: the rate of the sale is not known."""

    country: str = ""
    region: str = ""
    authority: str = ""
    rate_ppm: int = 0
    category: TaxCategory = "S"
    tax_class: str = msgspec.field(name="class", default="")
    reason: str = ""


class Posting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an entry adds to an account: a debit above 0, a credit below. `base`, of a tax: what it is of.

    `provider`: whose clearing account. `tax`: at which rate.
    """

    account: Account
    amount: Money
    provider: str = ""
    tax: TaxKind | None = None
    base: Money | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the ledger; its postings add up to 0. `day`: of the event; `period`: the month it counts in, 2026-11.

    `before`: the hash of the entry before it. `number`: of the order. `document`: the id of the document issued for it.
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


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """An account over some time: what it began with, what was debited and credited, what it came to (debits less credits)."""

    account: Account
    provider: str = ""
    opening: Money
    debit: Money
    credit: Money
    closing: Money


class TaxLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was sold at one rate in a month, less what was given back; `sales`: how many orders. `abroad`: declared as OSS."""

    period: str
    kind: TaxKind
    base: Money
    tax: Money
    gross: Money
    sales: int


class RegionLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was sold in a state: all of it, what of it was exempt and why, what was taxed, and the tax."""

    region: str
    gross: Money
    exempt: Money
    reasons: tuple[str, ...] = ()
    taxable: Money
    tax: Money
    sales: int


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """Sales to consumers of other countries of the EU in a year, net, beside the 10,000 euros from which these tax them.

    Article 59c of Directive 2006/112/EC. `counted`: by currency; amounts in others than the euro are for the adviser.
    """

    year: int
    counted: tuple[Money, ...]
    limit: Money
    passed: bool


class TaxStatement(msgspec.Struct, frozen=True, kw_only=True):
    """Taxes from one month through another: `lines` by rate and month, `regions` of the United States, `threshold`."""

    lines: tuple[TaxLine, ...]
    regions: tuple[RegionLine, ...] = ()
    threshold: Threshold | None = None


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A month of the books. What would count in a closed one counts in the first that is open."""

    period: str
    closed: datetime | None = None
    who: str = ""


class SalesDay(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of a day: gross = net + tax; net = goods − discounts − returned + shipping, all without tax."""

    day: date
    goods: Money
    discounts: Money
    returned: Money
    shipping: Money
    net: Money
    tax: Money
    gross: Money


class Payout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money a provider has paid out: what came to the bank, and what it kept as its fee."""

    provider: str
    amount: Money
    fee: Money | None = None
    day: date | None = None
    text: Reason = ""


class CorrectionLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A posting by hand: a debit above 0, a credit below. Taxes are corrected by what they are of, not here."""

    account: Account
    amount: Money
    provider: str = ""


class Correction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry by hand. Its lines add up to 0; `text` says why."""

    text: Reason
    lines: tuple[CorrectionLine, ...]
    day: date | None = None


def file_name(form: ExportForm, start: str, end: str, seller: Seller | None) -> str:
    """As programs expect it: EXTF_2026-11_2026-11.csv, and 303265045FEC20261130.txt of this seller. Both months have been read."""
    start, end = start.strip(), end.strip()
    if form == "fec":
        year, month = (int(one) for one in end.split("-"))
        return f"{_siren(seller)}FEC{year:04d}{month:02d}{monthrange(year, month)[1]}.{FILES[form][1]}"
    return f"{'EXTF' if form == 'datev' else form}_{start}_{end}.{FILES[form][1]}"


def _siren(seller: Seller | None) -> str:
    """By what number France knows a company: the last nine digits of its VAT id; zeros where it has none."""
    found = (FRENCH_ID.fullmatch(one.id) for one in (seller.tax_ids if seller else ()) if not one.scheme)
    return next((one[1] for one in found if one), "0" * 9)


class Books(Documents, Protocol):
    """The verbs of the books."""

    @again
    async def ledger(
        self,
        *,
        start: date | None = None,
        end: date | None = None,
        account: str = "",
        after: str = "",
        limit: int = 100,
    ) -> list[Entry]:
        """Entries by the day of their event, `end` included, then by number. Raises Invalid."""
        ...

    @again
    async def trial_balance(self, start: str, end: str) -> list[Balance]:
        """All accounts from one month through another. Raises Invalid."""
        ...

    @again
    async def tax_statement(self, start: str, end: str, country: str = "") -> TaxStatement:
        """Taxes from one month through another. Raises Invalid."""
        ...

    @again
    async def sales_days(self, count: int = 30) -> list[SalesDay]:
        """The last days, the oldest first, in the currency of the shop."""
        ...

    @again
    async def periods(self) -> list[Period]:
        """The months there are entries of, and this one; the newest first."""
        ...

    async def close_period(self, period: str, who: Caller) -> Period:
        """Nothing is written into this month any more. Raises Invalid, Conflict where one before it is open or it has not ended."""
        ...

    async def add_payout(self, payout: Payout, who: Caller, key: str = "") -> Entry:
        """Write down what a provider has paid out, once for each `key`. Raises Invalid, Conflict."""
        ...

    async def correct(self, correction: Correction, who: Caller) -> Entry:
        """Write an entry by hand. Raises Invalid."""
        ...

    @again
    async def export(self, form: ExportForm, start: str, end: str) -> bytes:
        """The ledger of these months as a file for another program. Raises Invalid."""
        ...

    @again
    async def account_numbers(self) -> dict[str, str]:
        """Numbers of a chart of accounts that the shop has set, by what they are for."""
        ...

    async def set_account_numbers(self, numbers: Mapping[str, str]) -> dict[str, str]:
        """Set some of them; "" takes one away. Raises Invalid."""
        ...
