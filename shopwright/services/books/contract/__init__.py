"""What others may know of the books: the ledger, its periods and statements. Documents are in `documents`."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, Protocol

import msgspec

from shopwright.kit.auth import Caller
from shopwright.kit.bounds import Reason
from shopwright.kit.days import day_number
from shopwright.kit.money import Money
from shopwright.kit.rpc.operations import idempotent
from shopwright.services.books.contract.documents import Documents
from shopwright.services.pricing.contract import TaxCategory

Account = Literal[
    "receivables", "clearing", "bank", "revenue", "shipping", "discounts", "returns", "tax", "vouchers", "fees", "disputes",
    "rounding", "exchange", "stock", "cost_of_goods", "payables", "opening", "stock_differences",
]  # fmt: skip
EntryKind = Literal["sale", "return", "payment", "payout", "correction", "stock"]
ExportForm = Literal["csv", "datev", "fec", "saft"]
# What accounts are called on pages and in files.
TITLES: Mapping[Account, str] = {
    "receivables": "Receivables", "clearing": "Payment provider", "bank": "Bank", "revenue": "Goods sold",
    "shipping": "Shipping", "discounts": "Discounts", "returns": "Returns and refunds", "tax": "Tax owed",
    "vouchers": "Vouchers not redeemed", "fees": "Fees of payment providers", "disputes": "Disputed payments",
    "rounding": "Rounding", "exchange": "Differences of exchange", "stock": "Stock", "cost_of_goods": "Cost of goods sold",
    "payables": "Goods received, to be invoiced", "opening": "Opening balances", "stock_differences": "Stock differences",
}  # fmt: skip


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

    @property
    def place(self) -> str:
        """Where a list goes on that ends with this one."""
        return f"{day_number(self.day)}-{self.seq}"


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """An account over some time: what it began with, what was debited and credited, what it came to (debits less credits)."""

    account: Account
    provider: str = ""
    opening: Money
    debit: Money
    credit: Money
    closing: Money


class TaxLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was sold at one rate in a month, less what was given back; `sales`: how many orders."""

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


class ExportedFile(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger as a file for another program: what it is called, of which media type, and what is in it."""

    name: str
    media_type: str
    content: bytes


class Books(Documents, Protocol):
    """The verbs of the books."""

    @idempotent
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

    @idempotent
    async def trial_balance(self, start: str, end: str) -> list[Balance]:
        """All accounts from one month through another. Raises Invalid."""
        ...

    @idempotent
    async def tax_statement(self, start: str, end: str, country: str = "") -> TaxStatement:
        """Taxes from one month through another. Raises Invalid."""
        ...

    @idempotent
    async def sales_days(self, count: int = 30) -> list[SalesDay]:
        """The last days, the oldest first, in the currency of the shop."""
        ...

    @idempotent
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

    @idempotent
    async def export(self, form: ExportForm, start: str, end: str) -> ExportedFile:
        """The ledger of these months as a file for another program. Raises Invalid."""
        ...

    @idempotent
    async def account_numbers(self) -> dict[str, str]:
        """Numbers of a chart of accounts that the shop has set, by what they are for."""
        ...

    async def set_account_numbers(self, numbers: Mapping[str, str]) -> dict[str, str]:
        """Set some of them; "" takes one away. Raises Invalid."""
        ...
