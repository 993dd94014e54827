"""Sellers and their periods, and checks of buyers' tax ids."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, Protocol

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.personal import Personal
from shopwright.kit.rpc.operations import idempotent

Scheme = Literal["domestic", "oss", "export", "intra_community", "small_business", "abroad"]
BuyerKind = Literal["person", "business"]


class TaxId(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A seller's tax number (VAT id, EIN, ABN …); `scheme`: if it is a number of the One-Stop-Shop."""

    country: str
    id: Personal[str]
    scheme: Literal["", "oss", "ioss"] = ""


class TaxIdCheck(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The check of a buyer's tax id; `valid` is None if no register could be asked.

    `format`: form and check digits only. `vies`: the answer of the EU register, with its `reference` and the holder's
    name.
    """

    valid: bool | None
    by: Literal["format", "vies"]
    at: datetime
    name: Personal[str] = ""
    reference: Personal[str] = ""


class Seller(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The seller as named on invoices, from `valid_from` until the next one; rows are never changed.

    `small_business`: the invoice sentence if no tax is charged at all. `oss`: sales to consumers in other EU countries
    are declared in the One-Stop-Shop. `ship_from`: the country goods are shipped from, "" for the address's.
    `register`: the company's register entry. `bank`: the IBAN for invoices. `contact`, `phone`: for questions about
    invoices (XRechnung).
    """

    id: str = ""
    legal_name: str
    address: Address
    tax_ids: tuple[TaxId, ...] = ()
    filing_currency: str
    small_business: str = ""
    oss: bool = False
    email: str = ""
    contact: str = ""
    phone: str = ""
    ship_from: str = ""
    register: str = ""
    bank: str = ""
    valid_from: datetime | None = None
    who: str = ""
    why: str = ""
    created: datetime | None = None

    @property
    def sends_from(self) -> str:
        """The country goods are shipped from."""
        return self.ship_from or self.address.country


class ExchangeRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The value of one unit of a currency in another on a day: a decimal, and the `source` that published it."""

    from_: str = msgspec.field(name="from")
    to: str
    rate: str
    day: date
    source: str
    who: str = ""


class SaleTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The sale context of a quote; `filing_rate` as in `SaleContext` of orders."""

    seller_id: str = ""
    ship_from: str
    ship_to: str
    buyer: BuyerKind
    scheme: Scheme
    prices: Literal["gross", "net"]
    filing_currency: str = ""
    filing_rate: str = ""
    filing_rate_of: str = ""
    time_zone: str


class Sellers(Protocol):
    """Operations for sellers, buyers' tax ids and exchange rates."""

    async def set_seller(self, seller: Seller, who: str = "") -> Seller:
        """Set the seller from `valid_from` (default: now); former ones are kept. Raises Invalid."""
        ...

    @idempotent
    async def seller(self, at: datetime | None = None) -> Seller | None:
        """Return the seller now or at a moment, or None."""
        ...

    @idempotent
    async def seller_named(self, seller_id: str) -> Seller | None:
        """Return a seller by id."""
        ...

    @idempotent
    async def sellers(self) -> list[Seller]:
        """Return all past, current and future sellers, oldest first."""
        ...

    @idempotent
    async def check_tax_id(self, tax_id: str, country: str = "") -> TaxIdCheck:
        """Check a buyer's tax id of `country` or the EU, with the register if there is one. Raises Invalid."""
        ...

    async def add_exchange_rates(self, rates: Sequence[ExchangeRate], who: str = "") -> list[ExchangeRate]:
        """Add rates, all or none; the last one of a day applies. Raises Invalid."""
        ...

    @idempotent
    async def exchange_rates(self, to: str = "") -> list[ExchangeRate]:
        """Return rates, newest first, for one currency or all; at most a thousand."""
        ...
